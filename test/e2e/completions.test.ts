// OpenAI's legacy completions, for old clients: the SDK, whole and streaming, against every upstream.

import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
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
