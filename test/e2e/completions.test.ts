// OpenAI's legacy completions, for old clients: the SDK, whole and streaming, against every upstream.

import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { type Stub, startStub } from '../support/stub.ts';
import { modelFor, upstreams } from '../support/upstreams.ts';

let gateway: Gateway;
let client: OpenAI;
beforeAll(async () => {
  gateway = await startGateway();
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: clientKey, maxRetries: 0 });
});
afterAll(() => gateway.close());

describe.each(upstreams)('legacy completions to %s', (upstream) => {
  const model = modelFor(upstream);

  it('answer whole, with usage', async () => {
    const done = await client.completions.create({
      model,
      prompt: '#sim say Hello Wörld\n#sim usage input=100 output=20',
      max_tokens: 50,
      stop: ['never'],
    });
    expect(done).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'Hello Wörld', finish_reason: 'stop' }],
      usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
    });
  });

  it('stream the same text', async () => {
    const prompt = '#sim text 60 unicode';
    const whole = await client.completions.create({ model, prompt, max_tokens: 4000 });
    const chunks = await Array.fromAsync(
      await client.completions.create({ model, prompt, max_tokens: 4000, stream: true }),
    );
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(whole.choices[0]?.text);
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason).length).toBe(1);
  });

  it('say that the limit was reached', async () => {
    const cut = await client.completions.create({ model, prompt: '#sim text 300', max_tokens: 5 });
    expect(cut.choices[0]?.finish_reason).toBe('length');
  });

  it('tell errors as OpenAI does, also in mid-stream', async () => {
    const failing = client.completions.create({ model, prompt: '#sim status 429 retry-after=7', max_tokens: 5 });
    await expect(failing).rejects.toMatchObject({ status: 429, type: 'rate_limit_error' });
    const response = await call(gateway, '/v1/completions', {
      model,
      prompt: '#sim text 80; overload after=3; pace 5',
      max_tokens: 4000,
      stream: true,
    });
    expect((await response.text()).trimEnd()).toMatch(/data: \{"error":.*\}$/);
  });
});

it('several prompts, or none, are told apart', async () => {
  const several = await call(gateway, '/v1/completions', { model: modelFor('gemini'), prompt: ['a', 'b'] });
  expect([several.status, await several.json()]).toMatchObject([400, { error: { param: expect.any(String) } }]);
  const none = await call(gateway, '/completions', { model: modelFor('gemini') });
  expect(none.status).toBeGreaterThanOrEqual(200);
  expect(none.status).toBeLessThan(500);
});

describe('a service that takes prompts itself', () => {
  const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
  const chunk = (choices: readonly object[], more = '') =>
    `data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"coder","choices":${JSON.stringify(choices)}${more}}\n\n`;
  const parts = [
    chunk([{ index: 0, text: 'a', logprobs: null, finish_reason: null, own: 1 }]),
    chunk([{ index: 0, text: 'b', logprobs: null, finish_reason: 'stop' }]),
    chunk([], `,"usage":${JSON.stringify(usage)}`),
    'data: [DONE]\n\n',
  ] as const;
  const whole = JSON.stringify({
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model: 'coder',
    choices: ['x', 'y'].map((text, index) => ({ index, text, logprobs: { tokens: [text] }, finish_reason: 'stop' })),
    usage,
  });
  const bodies: string[] = [];
  let service: Stub;
  let own: Gateway;
  let sdk: OpenAI;
  beforeAll(async () => {
    service = await startStub((_request, response, body) => {
      bodies.push(body);
      const [type, answer] = body.includes('"stream":true')
        ? ['text/event-stream', parts.join('')]
        : ['application/json', whole];
      response.writeHead(200, { 'content-type': type });
      response.end(body.includes('break off') ? parts[0] : answer);
    });
    own = await startGateway(
      () => `vllm:\n  - { base-url: "${service.url}/v1", models: [{ name: coder, alias: fill }] }\n`,
    );
    sdk = new OpenAI({ baseURL: `${own.url}/v1`, apiKey: clientKey, maxRetries: 0 });
  });
  afterAll(async () => {
    await own.close();
    await service.close();
  });

  it('gets what a chat has no words for, and its answer passes as it came', async () => {
    const text =
      '{"model":"fill", "prompt":["def f(",[1,2]],"suffix":"return x","echo":true,"n":2,"logprobs":1,"own":1e2}';
    const response = await call(own, '/v1/completions', text);
    expect([response.status, await response.text()]).toEqual([200, whole]);
    expect(response.headers.get('x-cliproxy-loss')).toBeNull();
    expect(service.requests.at(-1)?.path).toBe('/v1/completions');
    expect(bodies.at(-1)).toBe(text.replace('"fill"', '"coder"'));
  });

  it('streams, with a count only for those who asked', async () => {
    const ask = { model: 'fill', prompt: 'def', stream: true };
    const plain = await call(own, '/v1/completions', ask);
    expect(await plain.text()).toBe(`${parts[0]}${parts[1]}${parts[3]}`);
    expect(JSON.parse(bodies.at(-1) ?? '')).toEqual({
      ...ask,
      model: 'coder',
      stream_options: { include_usage: true },
    });
    const chunks = await Array.fromAsync(
      await sdk.completions.create({
        model: 'fill',
        prompt: 'def',
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe('ab');
    expect(chunks.at(-1)?.usage).toEqual(usage);
    const metered = own.observations.filter((one) => one.type === 'exchange-finished').slice(-2);
    expect(metered.map((one) => one.usage)).toMatchObject([
      { input: 9, output: 2 },
      { input: 9, output: 2 },
    ]);
  });

  it('breaks off as an error that may be tried again', async () => {
    const response = await call(own, '/v1/completions', { model: 'fill', prompt: 'break off', stream: true });
    const text = await response.text();
    expect(text.startsWith(parts[0])).toBe(true);
    expect(text.slice(parts[0].length)).toMatch(/^data: \{"error":\{.*"type":"server_error".*\n\n$/);
  });

  it('is asked in a chat by clients of all else', async () => {
    await call(own, '/v1/chat/completions', { model: 'fill', messages: [{ role: 'user', content: 'hi' }] });
    await call(own, '/v1/messages', { model: 'fill', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });
    expect(service.requests.slice(-2).map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
    ]);
  });
});
