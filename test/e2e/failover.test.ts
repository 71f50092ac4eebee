// Several accounts for one model: what can be survived is survived, and a request's own fault is not tried elsewhere.

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { startStub } from '../support/stub.ts';

let gateway: Gateway;
const started: Gateway[] = [];
beforeEach(async () => {
  gateway = await startGateway(
    (url) => `
claude-api-key:
  - { api-key: account-one, base-url: "${url}", models: [{ name: claude-real, alias: shared }] }
gemini-api-key:
  - { api-key: account-two, base-url: "${url}", models: [{ name: gemini-real, alias: shared }] }
`,
  );
  started.push(gateway);
});
afterAll(() => Promise.all(started.map((one) => one.close())));

const chat = (stream: boolean, content = '#sim say survived') => ({
  model: 'shared',
  stream,
  messages: [{ role: 'user', content }],
});

describe.each([false, true])('two accounts of two dialects behind one model (stream: %s)', (stream) => {
  it.each([
    'status 429 retry-after=9',
    'status 401',
    'status 403',
    'status 500',
    'status 529',
    'overload',
    'html 502',
    'empty',
    'cut 0',
  ])('the second answers when the first fails with: %s', async (fault) => {
    gateway.simulator.script({ say: fault, match: { key: 'account-one' } });
    const response = await call(gateway, '/v1/chat/completions', chat(stream));
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain('survived');
    expect(text).not.toContain('error');
    expect(gateway.simulator.recorded().length).toBe(2);
  });

  it('the request’s own fault is told at once', async () => {
    gateway.simulator.script({ say: 'status 400', match: { key: 'account-one' } });
    expect((await call(gateway, '/v1/chat/completions', chat(stream))).status).toBe(400);
    expect(gateway.simulator.recorded().length).toBe(1);
  });

  it('when both fail the client is told in its own dialect', async () => {
    gateway.simulator.script({ say: 'status 503', match: { key: 'account-one' } });
    gateway.simulator.script({ say: 'status 429 retry-after=9', match: { key: 'account-two' } });
    const response = await call(gateway, '/v1/chat/completions', chat(stream));
    // The first failure is the cause. It may pass: when the other account is gone too, the next request may ask this one.
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBeNull();
    expect(await response.json()).toMatchObject({
      error: {
        type: 'server_error',
        candidates: [
          { provider: 'claude', model: 'claude-real', status: 503 },
          { provider: 'gemini', model: 'gemini-real', status: 429 },
        ],
      },
    });
    expect(gateway.observations.filter(({ type }) => type === 'attempt-failed').length).toBe(2);
    expect(gateway.observations.filter(({ type }) => type === 'exchange-finished').length).toBe(1);
  });
});

it('conversations take turns among accounts', async () => {
  for (let i = 0; i < 4; i++) await (await call(gateway, '/v1/chat/completions', chat(false, `Question ${i}`))).text();
  const paths = gateway.simulator
    .recorded()
    .map(({ path }) => (path.includes('generateContent') ? 'gemini' : 'claude'));
  expect(paths).toEqual(['claude', 'gemini', 'claude', 'gemini']);
});

it('an error whose body has no end or breaks off is told by its status, and not as an empty one', async () => {
  const stub = await startStub((_request, response, body) => {
    const endless = body.includes('endless');
    response.writeHead(400, { 'content-type': 'application/json', ...(!endless && { 'content-length': '5000' }) });
    response.write(`{"error":{"message":"${'E'.repeat(endless ? 3 << 20 : 100)}`, () => response.destroy());
  });
  const own = await startGateway(
    () => `
openai-compatibility:
  - name: service
    base-url: ${stub.url}/v1
    api-key-entries: [{ api-key: account-one }]
    models: [{ name: m, alias: shared }]
`,
  );
  started.push(own);
  for (const content of ['endless', 'short']) {
    const response = await call(own, '/v1/chat/completions', chat(false, content));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: 'The upstream answered 400 without saying why.' },
    });
    const failed = own.observations.findLast((observation) => observation.type === 'attempt-failed');
    expect(failed).toMatchObject({
      error: { facts: { detail: expect.stringContaining('broke off, came too slowly or is larger') } },
    });
  }
  await stub.close();
});

describe('what is no JSON within its strings', () => {
  const text = (content: string) =>
    `{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"${content}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`;
  const ask = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] };

  it.each([
    ['/v1/messages', ask],
    ['/v1/chat/completions', { ...ask, stream: true }],
  ])('is the upstream’s fault in a reply, and the next is asked: %s', async (path, body) => {
    const broken = await startStub((_request, response) =>
      response.setHeader('content-type', 'application/json').end(text('a\nb')),
    );
    const whole = await startStub((_request, response) =>
      response.setHeader('content-type', 'application/json').end(text('survived')),
    );
    const both = await startGateway(
      () => `
openai-compatibility:
  - { name: broken, priority: 2, base-url: "${broken.url}/v1", api-key-entries: [{ api-key: account-one }], models: [{ name: m, alias: m }] }
  - { name: whole, base-url: "${whole.url}/v1", api-key-entries: [{ api-key: account-two }], models: [{ name: m, alias: m }] }
`,
    );
    started.push(both);
    const response = await call(both, path, body);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('survived')]);
    expect([broken.requests.length, whole.requests.length]).toEqual([1, 1]);
    await Promise.all([broken.close(), whole.close()]);
  });

  it('is told the client with its place once the upstream has refused the request', async () => {
    const strict = await startStub((_request, response) =>
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"error":{"message":"We could not parse it."}}'),
    );
    const one = await startGateway(
      () => `
openai-compatibility:
  - { name: strict, base-url: "${strict.url}/v1", api-key-entries: [{ api-key: account-one }], models: [{ name: m, alias: m }] }
`,
    );
    started.push(one);
    const send = (body: string) =>
      fetch(`${one.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
        body,
      });
    const response = await send('{"model":"m","messages":[{"role":"user","content":"a\tb"}]}');
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/Bad control character.*line 1 column 53/);
    expect(await (await send('{"model":"m","messages":[]}')).text()).toContain('We could not parse it.');
    await strict.close();
  });
});
