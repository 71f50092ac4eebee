// Headers, there and back: what an upstream is shown of a client, what the operator adds, and what comes through of a reply.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { userAgent } from '../../src/version.ts';
import { call, clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { type Stub, startStub } from '../support/stub.ts';
import { modelFor, upstreams } from '../support/upstreams.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(configure: Parameters<typeof startGateway>[0]): Promise<Gateway> {
  const gateway = await startGateway(configure);
  closers.push(() => gateway.close());
  return gateway;
}
async function stub(answer: Parameters<typeof startStub>[0]): Promise<Stub> {
  const started = await startStub(answer);
  closers.push(() => started.close());
  return started;
}

const none = { headers: {} as Readonly<Record<string, string>>, raw: '' };

const bodies: Record<string, (model: string) => [string, unknown]> = {
  'openai-chat': (model) => ['/v1/chat/completions', { model, messages: [{ role: 'user', content: 'x' }] }],
  'openai-responses': (model) => ['/v1/responses', { model, input: 'x', store: false }],
  'anthropic-messages': (model) => [
    '/v1/messages',
    { model, max_tokens: 50, messages: [{ role: 'user', content: 'x' }] },
  ],
  gemini: (model) => [
    `/v1beta/models/${model}:generateContent`,
    { contents: [{ role: 'user', parts: [{ text: 'x' }] }] },
  ],
};
const ask = (gateway: Gateway, client: string, model: string, headers: Record<string, string> = {}) => {
  const [path, body] = bodies[client]?.(model) ?? ['/', {}];
  return call(gateway, path, body, headers);
};

describe('what an upstream is shown', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  describe.each(upstreams)('%s', (upstream) => {
    it.each(upstreams)('has our name and its own key, and nothing that tells of the client (%s)', async (client) => {
      const response = await ask(gateway, client, modelFor(upstream), {
        'x-api-key': clientKey,
        'x-goog-api-key': clientKey,
        cookie: 'session=client-cookie',
        'user-agent': 'claude-cli/9.9.9',
        'x-forwarded-for': '203.0.113.7',
        'x-stainless-lang': 'js',
        'x-app': 'cli',
      });
      expect(response.status).toBe(200);
      const { headers } = gateway.simulator.recorded().at(-1) ?? none;
      expect(headers['user-agent']).toBe(userAgent);
      const sent = JSON.stringify(headers);
      expect(sent).toMatch(/(?:chat|responses|messages|gemini)-upstream-key/);
      for (const word of [clientKey, 'client-cookie', 'claude-cli', '203.0.113.7', 'x-stainless', 'x-app'])
        expect(sent).not.toContain(word);
    });
  });

  it('has the protocol switches of its own dialect, and of no other', async () => {
    const switches = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'a-1,b-2', 'openai-beta': 'c=3' };
    await ask(gateway, 'anthropic-messages', 'to-anthropic-messages', switches);
    expect(gateway.simulator.recorded().at(-1)?.headers).toMatchObject({
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'a-1,b-2',
    });
    expect(gateway.simulator.recorded().at(-1)?.headers).not.toHaveProperty('openai-beta');
    await ask(gateway, 'openai-responses', 'to-openai-responses', switches);
    expect(gateway.simulator.recorded().at(-1)?.headers).toMatchObject({ 'openai-beta': 'c=3' });
    await ask(gateway, 'anthropic-messages', 'to-openai-chat', switches);
    for (const name of Object.keys(switches))
      expect(gateway.simulator.recorded().at(-1)?.headers).not.toHaveProperty(name);
    await ask(gateway, 'openai-chat', 'to-anthropic-messages');
    expect(gateway.simulator.recorded().at(-1)?.headers).toMatchObject({ 'anthropic-version': '2023-06-01' });
  });

  it('has `betas` of the body in its header, where the service reads them', async () => {
    const [path, body] = bodies['anthropic-messages']?.('to-anthropic-messages') ?? ['', {}];
    const response = await call(
      gateway,
      path,
      { ...(body as object), betas: ['b-2', 'd-4'] },
      { 'anthropic-beta': 'a-1, b-2' },
    );
    expect(response.status).toBe(200);
    const { headers, raw } = gateway.simulator.recorded().at(-1) ?? none;
    expect(headers['anthropic-beta']).toBe('a-1,b-2,d-4');
    expect(raw).not.toContain('betas');
  });
});

it('configured headers are added; `$Name` copies the client’s header of that name, but never its key', async () => {
  const gateway = await start(
    (url) => `
claude-api-key:
  - api-key: k
    base-url: ${url}
    headers:
      X-Title: my-laptop
      X-Team: $X-Client-Team
      X-Absent: $X-Not-Sent
      X-Stolen: $Authorization
      X-Stolen-Too: $x-api-key
      User-Agent: my-agent/1
    models: [{ name: m, alias: m }]
`,
  );
  await ask(gateway, 'openai-chat', 'm', { 'x-client-team': 'blue', 'x-api-key': clientKey });
  const { headers } = gateway.simulator.recorded().at(-1) ?? none;
  expect(headers).toMatchObject({ 'x-title': 'my-laptop', 'x-team': 'blue', 'user-agent': 'my-agent/1' });
  for (const name of ['x-absent', 'x-stolen', 'x-stolen-too']) expect(headers).not.toHaveProperty(name);
});

describe('what comes back', () => {
  const reply = {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  };
  const spoken = {
    'x-upstream-trace': 't-1',
    'x-ratelimit-remaining-requests': '7',
    'retry-after': '3',
    'set-cookie': 'a=b',
    server: 'nginx',
    'x-request-id': 'upstream-id',
    'x-accel-buffering': 'yes',
    'access-control-allow-origin': 'https://upstream.example',
    'strict-transport-security': 'max-age=1',
    'x-litellm-version': '1',
    'cf-aig-cache': 'x',
    'content-encoding': 'identity',
  };
  const started = (status: number, passing: boolean) =>
    stub((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...spoken });
      response.end(status === 200 ? JSON.stringify(reply) : '{"error":{"message":"slow down","type":"x"}}');
    }).then(({ url }) =>
      start(
        () => `
passthrough-headers: ${passing}
openai-compatibility:
  - { name: s, base-url: "${url}", models: [{ name: m }] }
`,
      ),
    );

  it.each([
    [200, 'openai-chat'],
    [200, 'anthropic-messages'],
    [429, 'openai-chat'],
    [429, 'anthropic-messages'],
  ])('is only when to come back and what is left, with status %i for %s', async (status, client) => {
    const response = await ask(await started(status, false), client, 'm', { 'x-request-id': 'mine' });
    expect(response.status).toBe(status);
    const { headers } = response;
    expect(headers.get('retry-after')).toBe('3');
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('7');
    expect(headers.get('x-request-id')).toBe('mine');
    for (const name of ['x-upstream-trace', 'set-cookie', 'server', 'x-litellm-version', 'strict-transport-security'])
      expect(headers.get(name)).toBeNull();
  });

  it.each([200, 429])('is nearly everything where the operator says so, with status %i', async (status) => {
    const { headers } = await ask(await started(status, true), 'openai-chat', 'm', { 'x-request-id': 'mine' });
    expect(headers.get('x-upstream-trace')).toBe('t-1');
    expect(headers.get('x-request-id')).toBe('mine');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    for (const name of [
      'set-cookie',
      'server',
      'x-litellm-version',
      'cf-aig-cache',
      'strict-transport-security',
      'x-accel-buffering',
      'content-encoding',
    ])
      expect(headers.get(name)).toBeNull();
  });

  it('may hold letters beyond ASCII and harms nobody', async () => {
    const { url } = await stub((request, response) => {
      request.socket.write(
        Buffer.from(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-ratelimit-reset: caf\u00e9 \u20ac\r\ncontent-length: ${JSON.stringify(reply).length}\r\n\r\n${JSON.stringify(reply)}`,
        ),
      );
      response.destroy();
    });
    const gateway = await start(
      () => `openai-compatibility:\n  - { name: s, base-url: "${url}", models: [{ name: m }] }\n`,
    );
    expect((await ask(gateway, 'openai-chat', 'm')).status).toBe(200);
  });

  it.each(upstreams)('is Retry-After, whoever is asked, on every 429 and 503 for %s', async (client) => {
    const gateway = await start((url) => everyUpstream(url));
    for (const upstream of upstreams) {
      for (const status of [429, 503]) {
        gateway.simulator.script({ say: `status ${status} retry-after=11` });
        const response = await ask(gateway, client, modelFor(upstream));
        expect([status, response.headers.get('retry-after')]).toEqual([
          response.status === 529 ? 503 : response.status,
          '11',
        ]);
      }
    }
  });
});
