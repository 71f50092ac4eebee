// Counting tokens: by the upstream's counter where there is one, else by an estimate that says that it is one.

import { afterEach, describe, expect, it } from 'vitest';
import { call, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { startStub } from '../support/stub.ts';
import { modelFor, upstreams } from '../support/upstreams.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
async function start(configure?: (url: string) => string): Promise<Gateway> {
  const gateway = await startGateway(configure);
  closers.push(() => gateway.close());
  return gateway;
}

const text = 'one two three four five six seven eight nine ten '.repeat(20);
const counters = {
  'anthropic-messages': (model: string, more = {}) => [
    '/v1/messages/count_tokens',
    { model, messages: [{ role: 'user', content: text }], ...more },
  ],
  gemini: (model: string, more = {}) => [
    `/v1beta/models/${model}:countTokens`,
    { contents: [{ role: 'user', parts: [{ text }] }], ...more },
  ],
  'openai-responses': (model: string, more = {}) => ['/v1/responses/input_tokens', { model, input: text, ...more }],
} as const;
const clients = Object.keys(counters) as (keyof typeof counters)[];

async function count(gateway: Gateway, client: keyof typeof counters, model: string) {
  const [path, body] = counters[client](model) as [string, object];
  const response = await call(gateway, path, body);
  const told = (await response.json()) as { input_tokens?: number; totalTokens?: number };
  const tokens = told.input_tokens ?? told.totalTokens ?? 0;
  return { status: response.status, tokens, estimate: response.headers.get('x-cliproxy-estimate') };
}

describe.each(clients)('counting for %s', (client) => {
  it.each(upstreams)('is done by %s where it has a counter, and else estimated', async (upstream) => {
    const gateway = await start();
    const { status, tokens, estimate } = await count(gateway, client, modelFor(upstream));
    expect(status).toBe(200);
    expect(tokens).toBeGreaterThan(100);
    expect(tokens).toBeLessThan(500);
    // A Responses host that is not OpenAI itself, and Chat services, have no counter.
    const own = upstream === 'anthropic-messages' || upstream === 'gemini';
    expect(estimate).toBe(own ? null : 'tokens');
    expect(gateway.simulator.recorded().length).toBe(own ? 1 : 0);
  });

  it.each([404, 405, 501])('is estimated where the counter is not there (%i)', async (status) => {
    const { url, requests, close } = await startStub((_request, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html>not here</html>'),
    );
    closers.push(close);
    const gateway = await start(
      () => `
claude-api-key: [{ api-key: k, base-url: "${url}", models: [{ name: m, alias: by-claude }] }]
gemini-api-key: [{ api-key: k, base-url: "${url}", models: [{ name: m, alias: by-gemini }] }]
openai-api-key: [{ api-key: k, base-url: "${url}", models: [{ name: m, alias: by-openai }] }]
`,
    );
    for (const model of ['by-claude', 'by-gemini', 'by-openai']) {
      const counted = await count(gateway, client, model);
      expect(counted).toMatchObject({ status: 200, estimate: 'tokens' });
      expect(counted.tokens).toBeGreaterThan(100);
    }
    expect(requests.length).toBe(3);
    expect(gateway.observations.filter(({ type }) => type === 'exchange-finished').length).toBe(3);
    const ended = gateway.observations.filter((one) => one.type === 'attempt-ended');
    expect(ended.map((one) => [one.end, one.status])).toEqual(Array(3).fill(['failed', status]));
    expect(gateway.observations.filter(({ type }) => type === 'attempt-failed')).toEqual([]);
  });

  it('tells other failures as they are', async () => {
    const gateway = await start((url) => everyUpstream(url));
    gateway.simulator.script({ say: 'status 429 retry-after=5' });
    const [path, body] = counters[client]('to-anthropic-messages') as [string, object];
    const response = await call(gateway, path, body);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '5']);
  });
});
