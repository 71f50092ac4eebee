// Streams that end badly: no last word, faults in the wrong words, no abort, no usage, silence. Each test is named after what users of
// gateways suffered from.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { estimateText } from '../../src/ir/estimate.ts';
import { asObject, type JsonObject } from '../../src/json.ts';
import type { Outcome } from '../../src/observe/observation.ts';
import { clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { framesOf } from '../support/hearing.ts';
import { faultsOfChat } from '../support/stream-judges.ts';
import { ask, bodyOf, type ClientName } from '../support/talk.ts';
import { modelFor, type UpstreamName, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(
    (url) => `upstream-timeouts: { idle: 1 }
${everyUpstream(url)}
  - { api-key: account-two, base-url: "${url}", models: [{ name: g, alias: shared }] }
openai-api-key:
  - { api-key: account-one, base-url: "${url}/v1", models: [{ name: o, alias: shared }] }
`,
  );
});
afterAll(() => gateway.close());
afterEach(() => gateway.simulator.idle());

const pairs = upstreams.flatMap((client) => upstreams.map((upstream) => [client, upstream] as const));
const asking = (client: ClientName, user: string): JsonObject => bodyOf[client]({ said: [{ user }] });

/** The last outcome; it may come a moment after the client has its answer. */
async function outcome(before: number): Promise<Outcome> {
  for (;;) {
    const found = gateway.observations.slice(before).find((one) => one.type === 'exchange-finished');
    if (found?.type === 'exchange-finished') return found;
    await sleep(2);
  }
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await sleep(2);
}

/** What each client's SDK takes for a fault that another try may mend. */
const retryable: Readonly<Record<ClientName, (last: JsonObject) => void>> = {
  'openai-chat': ({ error }) =>
    expect(asObject(error)).toMatchObject({ message: expect.any(String), type: expect.stringMatching(/server_error/) }),
  'openai-responses': ({ type, response }) => {
    expect(type).toBe('response.failed');
    expect(asObject(response)).toMatchObject({
      status: 'failed',
      output: expect.any(Array),
      error: { code: expect.stringMatching(/server/), message: expect.any(String) },
    });
  },
  'anthropic-messages': ({ type, error }) => {
    expect(type).toBe('error');
    expect(asObject(error)?.type).toMatch(/^(?:api_error|overloaded_error)$/);
  },
  gemini: ({ error }) =>
    expect(asObject(error)).toMatchObject({ code: expect.toSatisfy((code) => Number(code) >= 500) }),
};

describe.each(pairs)('%s client, %s upstream', (client, upstream) => {
  it('17, 18, 22, 27: a stream without its last word, or with an overload in it, ends in a fault that the client may retry', async () => {
    for (const fault of ['no-terminal', 'overload after=20']) {
      const before = gateway.observations.length;
      const told = await ask(
        gateway,
        client,
        modelFor(upstream),
        asking(client, `#sim text 80\n#sim stall after=3 for=100\n#sim ${fault}`),
        {
          stream: true,
        },
      );
      expect(told.status).toBe(200);
      const frames = framesOf(told.text);
      retryable[client](frames.at(-1)?.json ?? {});
      if (client === 'anthropic-messages') expect(frames.at(-1)?.event).toBe('error');
      if (client === 'anthropic-messages' && fault !== 'no-terminal')
        expect(asObject(frames.at(-1)?.json.error)?.type).toBe('overloaded_error');
      // What had come before is there, and the log says that it was not the client who ended it.
      expect(told.text.length).toBeGreaterThan(200);
      const { kind, endedBy, status } = await outcome(before);
      expect(kind).toMatch(/^(?:upstream|overloaded)$/);
      expect(status).toBeGreaterThanOrEqual(500);
      expect(endedBy).not.toBe('client');
    }
  });

  it('21: pieces arrive while the upstream still speaks, with the headers that keep proxies from holding them', async () => {
    const path: Readonly<Record<ClientName, string>> = {
      'openai-chat': '/v1/chat/completions',
      'openai-responses': '/v1/responses',
      'anthropic-messages': '/v1/messages',
      gemini: `/v1beta/models/${modelFor(upstream)}:streamGenerateContent?alt=sse`,
    };
    const leaving = new AbortController();
    const body = asking(client, '#sim text 400\n#sim pace 20');
    const response = await fetch(`${gateway.url}${path[client]}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}` },
      body: JSON.stringify(client === 'gemini' ? body : { model: modelFor(upstream), ...body, stream: true }),
      signal: leaving.signal,
    });
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('content-encoding')).toBeNull();
    await response.body?.getReader().read();
    expect(gateway.simulator.recorded().at(-1)?.done).toBeUndefined();
    leaving.abort();
    await until(() => gateway.simulator.recorded().at(-1)?.left !== undefined);
  });
});

describe('19: who ended it stands in the log', () => {
  it('the upstream, the gateway or the client', async () => {
    const endings: readonly (readonly [string, Outcome['endedBy']])[] = [
      ['#sim say fine', 'upstream'],
      ['#sim text 80\n#sim stall after=3 for=100\n#sim no-terminal', 'upstream'],
      ['#sim text 80\n#sim stall after=3 for=100\n#sim overload after=20', 'upstream'],
      ['#sim text 80\n#sim stall after=60', 'gateway'],
    ];
    for (const [prompt, endedBy] of endings) {
      for (const upstream of ['openai-chat', 'openai-responses'] as const) {
        const before = gateway.observations.length;
        await ask(gateway, 'openai-responses', modelFor(upstream), asking('openai-responses', prompt), {
          stream: true,
        });
        expect([prompt, upstream, (await outcome(before)).endedBy]).toEqual([prompt, upstream, endedBy]);
      }
    }
  });
});

describe('20, 26: an overload inside a 200 stream is survived while nothing was said', () => {
  it.each(upstreams)('for a client of %s', async (client) => {
    const answers = [];
    for (const key of ['account-one', 'account-two']) {
      gateway.simulator.script({ say: 'overload', match: { key } });
      for (let round = 0; round < 2; round++) {
        const prompt = `${client} ${key} ${round}\n#sim say survived`;
        const told = await ask(gateway, client, 'shared', asking(client, prompt), { stream: true });
        answers.push(told.answer.text);
      }
    }
    expect(answers).toEqual(['survived', 'survived', 'survived', 'survived']);
    const failed = gateway.observations.filter(
      (one) => one.type === 'attempt-failed' && one.error.kind === 'overloaded',
    );
    expect(failed.length).toBeGreaterThanOrEqual(2);
  });
});

describe('23: our own streams, read as strictly as the SDK reads', () => {
  const scripts = [
    'say hello',
    'think 2; say hello',
    'tool get_weather {"city":"P"}; tool get_weather {"city":"R"}',
    'refuse',
  ];
  it.each(upstreams.flatMap((upstream) => scripts.map((script) => [upstream, script] as const)))(
    'Chat from %s: the role comes first, every chunk is whole (%s)',
    async (upstream, script) => {
      gateway.simulator.script({ say: script.split('; ') });
      const body = bodyOf['openai-chat']({ tools: [weather], said: [{ user: 'Go.' }] });
      const told = await ask(gateway, 'openai-chat', modelFor(upstream), body, { stream: true });
      expect(faultsOfChat(told.text)).toEqual([]);
    },
  );
});

describe('24, 25: a client that leaves', () => {
  const leave = async (
    client: ClientName,
    upstream: UpstreamName,
    stream: boolean,
    prompt: string,
  ): Promise<Outcome> => {
    const before = gateway.observations.length;
    const asked = gateway.simulator.recorded().length;
    const leaving = new AbortController();
    const body = asking(client, prompt);
    const model = modelFor(upstream);
    const paths: Readonly<Record<ClientName, string>> = {
      'openai-chat': '/v1/chat/completions',
      'openai-responses': '/v1/responses',
      'anthropic-messages': '/v1/messages',
      gemini: `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    };
    const pending = fetch(`${gateway.url}${paths[client]}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}` },
      body: JSON.stringify(client === 'gemini' ? body : { model, ...body, stream }),
      signal: leaving.signal,
    });
    if (stream) await (await pending).body?.getReader().read();
    else {
      pending.catch(() => undefined);
      await until(() => gateway.simulator.recorded().length > asked);
    }
    leaving.abort();
    await until(() => gateway.simulator.recorded().at(-1)?.left !== undefined);
    const { done } = gateway.simulator.recorded().at(-1) ?? {};
    expect(done).toBeUndefined();
    return outcome(before);
  };

  it.each(pairs)('stops the upstream at once, streaming or not: %s client, %s upstream', async (client, upstream) => {
    const streaming = await leave(
      client,
      upstream,
      true,
      '#sim text 2000\n#sim pace 10\n#sim usage input=1000 output=500 cached=800',
    );
    expect(streaming).toMatchObject({ endedBy: 'client', status: 499, kind: 'cancelled' });
    // Anthropic tells the prompt's tokens at the start, Gemini all along: what was metered is kept, the rest is estimated.
    const metered = upstream === 'anthropic-messages' || upstream === 'gemini';
    expect(streaming.usage).toMatchObject({ estimated: true, ...(metered && { input: 1000, cacheRead: 800 }) });
    expect(streaming.usage?.input).toBeGreaterThan(0);
    expect(streaming.usage?.output).toBeGreaterThan(0);
    const waiting = await leave(client, upstream, false, '#sim hang');
    expect(waiting).toMatchObject({ endedBy: 'client', status: 499, kind: 'cancelled' });
    const reading = await leave(client, upstream, false, '#sim say x\n#sim slow-body 700');
    expect(reading).toMatchObject({ endedBy: 'client', status: 499 });
  });

  it.each(pairs)('and what a break leaves uncounted is estimated: %s client, %s upstream', async (client, upstream) => {
    const before = gateway.observations.length;
    const prompt = '#sim text 300\n#sim cut 12000\n#sim usage input=1000 output=5 cached=800';
    const told = await ask(gateway, client, modelFor(upstream), asking(client, prompt), { stream: true });
    const { usage } = await outcome(before);
    expect(usage?.estimated).toBe(true);
    if (upstream === 'anthropic-messages' || upstream === 'gemini')
      expect(usage).toMatchObject({ input: 1000, cacheRead: 800 });
    // A Responses stream that breaks off has its text in pieces only.
    const pieces = framesOf(told.text).map(({ json }) => (typeof json.delta === 'string' ? json.delta : ''));
    const text = estimateText(told.answer.text || pieces.join(''));
    expect(text).toBeGreaterThan(20);
    expect(usage?.output).toBeGreaterThan(text * 0.6);
    expect(usage?.output).toBeLessThan(text * 1.7);
  });
});

describe('28: silence', () => {
  it('is filled every 15 seconds unless the operator says otherwise', () => {
    const loaded = loadConfig(`api-keys: [${clientKey}]\ndemo: true\n`, { env: {}, path: 'config.yaml' });
    expect('config' in loaded && loaded.config.streaming['keepalive-seconds']).toBe(15);
  });

  it('in the form that clients tolerate', async () => {
    const quick = await startGateway((url) => `streaming: { keepalive-seconds: 1 }\n${everyUpstream(url)}`);
    const answers = upstreams.map((client) =>
      ask(quick, client, modelFor('openai-chat'), asking(client, '#sim slow 2500\n#sim say late'), { stream: true }),
    );
    for (const [index, told] of (await Promise.all(answers)).entries()) {
      const [first = ''] = told.text.split('\n\n');
      if (upstreams[index] === 'anthropic-messages') expect(first).toBe('event: ping\ndata: {"type":"ping"}');
      else expect(first).toMatch(upstreams[index] === 'gemini' ? /^$/ : /^: .*$/);
      expect(told.answer.text).toBe('late');
    }
    await quick.close();
  });
});
