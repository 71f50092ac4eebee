// What the log, the trace and the metrics say of an exchange's status is what its client was told.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(
    (url) => `${everyUpstream(url)}
routing: { strategy: weighted }
groq: [{ api-key: never-chosen-key-1, weight: 0, base-url: "${url}/v1", models: [{ name: m-chat, alias: weightless }] }]`,
  );
});
afterAll(() => gateway.close());

const hello = [{ role: 'user', content: 'Hello' }];
const asked = [
  ['/v1/chat/completions', { model: 'nope', messages: hello }, 400],
  ['/v1/responses', { model: 'nope', input: 'Hello' }, 400],
  ['/v1/messages', { model: 'nope', max_tokens: 9, messages: hello }, 404],
  ['/v1beta/models/nope:generateContent', { contents: [{ parts: [{ text: 'Hello' }] }] }, 404],
  [
    '/v1/messages',
    { model: 'to-openai-chat', max_tokens: 9, messages: [{ role: 'user', content: '#sim status 503' }] },
    529,
  ],
] as const;

describe('the status of an exchange', () => {
  it.each(asked)('at %s of %j is %i for the client, the log and the trace', async (path, body, status) => {
    const answer = await call(gateway, path, body);
    const id = answer.headers.get('x-request-id');
    expect(answer.status).toBe(status);
    await answer.text();
    const outcome = gateway.observations.find((one) => one.type === 'exchange-finished' && one.exchange === id);
    expect(outcome).toMatchObject({ status });
    const headers = { authorization: `Bearer ${clientKey}` };
    const trace = await fetch(`${gateway.url}/v1/explain/${id}`, { headers });
    expect(await trace.json()).toMatchObject({ id, status });
  });
});

describe('the catalogue', () => {
  it('says of a model that no policy chooses that it cannot be used', async () => {
    const answer = await fetch(`${gateway.url}/v1/catalogue`, { headers: { authorization: `Bearer ${clientKey}` } });
    const { data } = (await answer.json()) as { data: { id: string; state: string; because?: string }[] };
    expect(data.find(({ id }) => id === 'weightless')).toMatchObject({
      state: 'unusable',
      because: expect.stringContaining('weight is 0'),
    });
    expect(data.find(({ id }) => id === 'to-gemini')?.state).toBe('ready');
  });
});
