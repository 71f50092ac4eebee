// The answers that docs/ shows are those that the gateway gives: the same members, where the documents show a case that is made here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../start/programs.ts';
import { clientKey, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(
    (url) => `
deepseek:
  - api-key: k-deep-seek-a1b2
    base-url: "${url}/v1"
    priority: 1
    models: [{ name: deepseek-chat, alias: fast }]
claude-api-key:
  - { api-key: k-claude-00-c3d4, base-url: "${url}", models: [{ name: claude-haiku-4-5-20251001, alias: fast }] }
`,
  );
  gateway.simulator.script({ say: 'status 429 retry-after=30', match: { key: 'k-deep*' }, times: 'always' });
});
afterAll(() => gateway.close());

/** The only JSON block of a document. */
function shown(path: string): any {
  const blocks = [...readFileSync(join(root, path), 'utf8').matchAll(/^```json\n([\s\S]*?)^```$/gm)];
  expect(blocks.length).toBe(1);
  return JSON.parse(blocks[0]?.[1] ?? '');
}

/** What a value is made of; lists by what their items are made of. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shape(member)]));
}

const headers = {
  authorization: `Bearer ${clientKey}`,
  'content-type': 'application/json',
  'x-request-id': 'my-request-1',
};
const ask = (model: string) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model, reasoning_effort: 'high', seed: 7, messages: [{ role: 'user', content: 'hello' }] }),
  });

it('an exchange in docs/explain.md, and the rest that it led to in docs/failures.md', async () => {
  expect((await ask('fast')).status).toBe(200);
  const told: any = await (await fetch(`${gateway.url}/v1/explain/my-request-1`, { headers })).json();
  const example = shown('docs/explain.md');
  expect(shape(told)).toEqual(shape(example));
  const constant = ({ resolution, order, considered, attempts, ended_by }: any) => ({
    resolution,
    order,
    considered,
    ended_by,
    edits: attempts.map((one: any) => [one.edits, one.losses, one.error]),
  });
  expect(constant(told)).toEqual(constant(example));

  const resting = await ask('deepseek/fast');
  expect([resting.status, resting.headers.get('retry-after')]).toEqual([429, '30']);
  const refused: any = await resting.json();
  const written = shown('docs/failures.md');
  expect(shape(refused)).toEqual(shape(written));
  expect(refused.error).toMatchObject({ code: written.error.code, type: written.error.type, reset_time: '30s' });
});
