// Streams between a client and an upstream that misbehave: every end is legal, nobody waits in vain, nobody is fed in vain.

import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { modelFor, upstreams } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway((url) => `streaming:\n  keepalive-seconds: 1\n${everyUpstream(url)}`);
});
afterAll(() => gateway.close());

type Dialect = (typeof upstreams)[number];

/** A streaming request with one user message, in each client dialect. */
function ask(client: Dialect, model: string, prompt: string, init: RequestInit = {}): Promise<Response> {
  const messages = [{ role: 'user', content: prompt }];
  const bodies: Record<Dialect, [string, unknown]> = {
    'openai-chat': ['/v1/chat/completions', { model, messages, stream: true }],
    'openai-responses': ['/v1/responses', { model, input: prompt, stream: true, store: false }],
    'anthropic-messages': ['/v1/messages', { model, messages, stream: true, max_tokens: 9000 }],
    gemini: [
      `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
      { contents: [{ role: 'user', parts: [{ text: prompt }] }] },
    ],
  };
  const [path, body] = bodies[client];
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });
}

/** What a stream of each dialect must end with when all is well, and when it is not. */
const good: Record<Dialect, RegExp> = {
  'openai-chat': /data: \[DONE\]\n\n$/,
  'openai-responses': /event: response\.completed\ndata: .*\n\n$/,
  'anthropic-messages': /event: message_stop\ndata: .*\n\n$/,
  gemini: /"finishReason":\s*"STOP".*\n\n$/,
};
const bad: Record<Dialect, RegExp> = {
  'openai-chat': /data: \{"error":.*\n\n$/,
  'openai-responses': /event: response\.failed\ndata: .*\n\n$/,
  'anthropic-messages': /event: error\ndata: .*\n\n$/,
  gemini: /data: \{"error":\{.*\n\n$/,
};

describe.each(upstreams)('a stream for %s', (client) => {
  describe.each(upstreams)('from %s', (upstream) => {
    const model = modelFor(upstream);

    it('has the headers that keep proxies from holding it back, and its terminal event', async () => {
      const response = await ask(client, model, '#sim text 40 unicode\n#sim drip 7');
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(response.headers.get('x-accel-buffering')).toBe('no');
      expect(response.headers.get('content-encoding')).toBeNull();
      const text = (await response.text()).replace(/\r\n/g, '\n');
      expect(text).toMatch(good[client]);
      expect(text).not.toContain('\ufffd');
    });

    it.each([
      '#sim text 80\n#sim no-terminal',
      '#sim text 80\n#sim overload after=3',
      '#sim text 80\n#sim malformed after=3',
      '#sim text 200\n#sim cut 2500',
    ])('ends with an error in its own dialect after %j', async (prompt) => {
      const response = await ask(client, model, prompt);
      const text = (await response.text()).replace(/\r\n/g, '\n');
      // One dialect on both sides: a broken event in mid-stream is passed on as it came, and the stream goes on.
      const asCame = client === upstream && prompt.includes('malformed');
      if (response.status === 200 && !asCame) expect(text).toMatch(bad[client]);
      else if (!asCame) expect(response.status).toBeGreaterThanOrEqual(500);
    });

    it.each([
      ['#sim overload', [503, 529]],
      ['#sim text 5\n#sim cut 0', [502]],
      ['#sim empty', [502]],
      ['#sim html 502', [502]],
      ['#sim status 401', [401]],
    ])('is a plain error when nothing had been said: %j', async (prompt, statuses) => {
      const response = await ask(client, model, prompt);
      expect(statuses).toContain(response.status);
      expect(await response.json()).toHaveProperty('error');
    });
  });
});

describe('waiting', () => {
  const signs: Partial<Record<string, RegExp>> = { 'anthropic-messages': /^event: ping\n/, gemini: /^\n\n/ };

  it.each(upstreams)('is filled with keep-alives that %s tolerates', async (client) => {
    const response = await ask(client, modelFor('openai-chat'), '#sim slow 2500\n#sim say late');
    const text = await response.text();
    expect(text).toMatch(signs[client] ?? /^: /);
    expect(text).toContain('late');
    expect(text).toMatch(good[client]);
  });

  it.each([
    ['#sim slow 1500\n#sim say late', (chunks: any[]) => JSON.stringify(chunks).includes('late')],
    ['#sim slow 1500\n#sim status 500', (chunks: any[]) => chunks.length === 1 && chunks[0].error.code === 500],
  ])('is filled with white space in a JSON array, which stays one: %j', async (prompt, right) => {
    for (const upstream of upstreams) {
      const response = await fetch(`${gateway.url}/v1beta/models/${modelFor(upstream)}:streamGenerateContent`, {
        method: 'POST',
        headers: { 'x-goog-api-key': clientKey },
        body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: prompt }] }] }),
      });
      expect(response.status).toBe(200);
      const text = await response.text();
      expect(text).toMatch(/^ \[/);
      const chunks = JSON.parse(text);
      expect(right(chunks), text).toBe(true);
    }
  });

  it.each(upstreams)('ends in an error of %s when the upstream fails after the first keep-alive', async (client) => {
    const response = await ask(client, modelFor('openai-chat'), '#sim slow 1500\n#sim status 500');
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(bad[client]);
  });

  it('ends in a failed response of which the OpenAI SDK tells the error', async () => {
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: clientKey, maxRetries: 0 });
    for (const upstream of upstreams) {
      const input = '#sim slow 1500\n#sim status 429';
      const stream = openai.responses.stream({ model: modelFor(upstream), input, store: false });
      const events = await Array.fromAsync(stream);
      expect(events).toMatchObject([
        { type: 'response.created', sequence_number: 0 },
        { type: 'response.failed', sequence_number: 1 },
      ]);
      const { status, error, output } = await stream.finalResponse();
      expect([status, output]).toEqual(['failed', []]);
      expect(error).toMatchObject({ code: expect.stringMatching(/rate_limit/), message: expect.any(String) });
    }
  });
});

/** Waits for something that the simulator will have recorded; bounded by the test's own timeout. */
async function until(check: () => boolean): Promise<void> {
  while (!check()) await sleep(5);
}

describe('a client that leaves (SEED-58)', () => {
  it.each([true, false])('stops the upstream at once (stream: %s)', async (stream) => {
    const before = gateway.simulator.recorded().length;
    const leaving = new AbortController();
    const body = JSON.stringify({
      model: modelFor('anthropic-messages'),
      stream,
      messages: [{ role: 'user', content: stream ? '#sim text 500\n#sim pace 20' : '#sim hang' }],
    });
    const pending = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}` },
      body,
      signal: leaving.signal,
    });
    if (stream) await (await pending).body?.getReader().read();
    else {
      pending.catch(() => undefined);
      await until(() => gateway.simulator.recorded().length > before);
    }
    leaving.abort();
    await until(() => gateway.simulator.recorded().at(-1)?.left !== undefined);
    await until(() => gateway.observations.some((one) => one.type === 'exchange-finished' && one.endedBy === 'client'));
    expect(gateway.observations.findLast((one) => one.type === 'attempt-ended')).toMatchObject({
      end: 'left',
      status: 499,
    });
  });
});

describe('a client that reads slowly', () => {
  it('pauses the upstream instead of filling memory', async () => {
    const size = 48 << 20;
    const response = await ask('openai-chat', modelFor('openai-chat'), `#sim huge ${size}`, {});
    const reader = response.body?.getReader();
    let length = 0;
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      length += value?.length ?? 0;
    }
    expect(length).toBeGreaterThan(size);
  });
});
