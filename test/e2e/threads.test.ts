// Message threads: the account that began one goes on with it, since no other has it.

import { afterEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

const keys = ['alice-key-0123456789', 'bob-key-0123456789'] as const;
const accounts = async (count: number) => {
  const entry = (url: string, key: string) =>
    `  - { api-key: ${key}, base-url: "${url}", models: [{ name: m-claude, alias: claude }] }\n`;
  const all = ['one', 'two', 'three'].slice(0, count);
  gateway = await startGateway(
    (url) => `claude-api-key:\n${all.map((key) => entry(url, key)).join('')}`,
    { strict: false },
    keys,
  );
};

/** Asks within a thread; gives the status, the reply's id and error, and the account that was asked last. */
async function ask(thread: object | null | undefined, stream = false, key: string = keys[0]) {
  const messages = [{ role: 'user', content: '#sim say hi' }];
  const response = await fetch(`${gateway?.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: 'claude',
      max_tokens: 100,
      stream,
      messages,
      ...(thread !== undefined && { thread }),
    }),
  });
  const text = await response.text();
  const id = /"id": ?"(msg_[^"]+)"/.exec(text)?.[1] ?? '';
  const { error } = response.ok ? { error: undefined } : JSON.parse(text);
  return { status: response.status, id, error, account: gateway?.simulator.recorded().at(-1)?.key };
}
const goingOnFrom = (id: string) => ({ type: 'continue', previous_message_id: id });

const lost = { error_code: 'thread_unsupported_request', unsupported: ['thread'] };

describe('of three accounts', () => {
  it.each([false, true])('the one that began a thread goes on with it (stream: %s)', async (stream) => {
    await accounts(3);
    for (let i = 0; i < 4; i++) {
      const begun = await ask({ type: 'create' }, stream);
      const second = await ask(goingOnFrom(begun.id), stream);
      const third = await ask(goingOnFrom(second.id), stream);
      expect([second.status, third.status]).toEqual([200, 200]);
      expect([second.account, third.account]).toEqual([begun.account, begun.account]);
    }
  });

  it('none is asked for a thread that is not known, or is another client’s', async () => {
    await accounts(3);
    const begun = await ask({ type: 'create' });
    const loose = await ask(undefined);
    const before = gateway?.simulator.recorded().length;
    for (const [id, key] of [
      ['msg_unknown', keys[0]],
      [loose.id, keys[0]],
      [begun.id, keys[1]],
    ] as const) {
      const told = await ask(goingOnFrom(id), false, key);
      expect([told.status, told.error]).toMatchObject([400, { type: 'invalid_request_error', details: lost }]);
    }
    expect(gateway?.simulator.recorded().length).toBe(before);
  });
});

it('a thread that is not known goes to the only account there is', async () => {
  await accounts(1);
  expect(await ask(goingOnFrom('msg_unknown'))).toMatchObject({ status: 200, account: 'one' });
});

it('a message of a thread is no stored response', async () => {
  await accounts(2);
  const { id } = await ask({ type: 'create' });
  const response = await fetch(`${gateway?.url}/v1/responses/${id}`, { headers: { 'x-api-key': keys[0] } });
  expect([response.status, ((await response.json()) as any).error.code]).toEqual([404, 'response_not_found']);
});
