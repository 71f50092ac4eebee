// Token counts: reset by a broken stream, cache writes forgotten, one dialect's sense told in another's. Each test is named after
// what users of gateways suffered from.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeUsage, type Usage } from '../../src/ir/reply.ts';
import { asNumber, asObject, type JsonObject } from '../../src/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { ask, bodyOf, type ClientName } from '../support/talk.ts';
import { modelFor, type UpstreamName, upstreams } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const pairs = upstreams.flatMap((client) => upstreams.map((upstream) => [client, upstream] as const));

interface Counted {
  readonly status: number;
  readonly usage: JsonObject;
  readonly metered: Usage | undefined;
}

async function count(client: ClientName, upstream: UpstreamName, script: string, stream: boolean): Promise<Counted> {
  const before = gateway.observations.length;
  const options = client === 'openai-chat' && stream ? { stream_options: { include_usage: true } } : {};
  const body = { ...bodyOf[client]({ said: [{ user: script }] }), ...options };
  const told = await ask(gateway, client, modelFor(upstream), body, { stream });
  const finished = gateway.observations.slice(before).find((one) => one.type === 'exchange-finished');
  return {
    status: told.status,
    usage: asObject(told.reply.usage) ?? asObject(told.reply.usageMetadata) ?? {},
    metered: finished?.type === 'exchange-finished' ? finished.usage : undefined,
  };
}

/** 1000 of prompt, 700 of them read from the cache; 50 of answer, 20 of them thought. */
const script = '#sim think 2\n#sim say fine\n#sim usage input=1000 output=50 cached=700 reasoning=20';
const expected: Readonly<Record<ClientName, JsonObject>> = {
  'openai-chat': {
    prompt_tokens: 1000,
    completion_tokens: 50,
    total_tokens: 1050,
    prompt_tokens_details: expect.objectContaining({ cached_tokens: 700 }),
    completion_tokens_details: expect.objectContaining({ reasoning_tokens: 20 }),
  },
  'openai-responses': {
    input_tokens: 1000,
    output_tokens: 50,
    total_tokens: 1050,
    input_tokens_details: expect.objectContaining({ cached_tokens: 700 }),
    output_tokens_details: expect.objectContaining({ reasoning_tokens: 20 }),
  },
  'anthropic-messages': { input_tokens: 300, cache_read_input_tokens: 700, output_tokens: 50 },
  gemini: {
    promptTokenCount: 1000,
    cachedContentTokenCount: 700,
    candidatesTokenCount: 30,
    thoughtsTokenCount: 20,
    totalTokenCount: 1050,
  },
};

describe.each(pairs)('%s client, %s upstream', (client, upstream) => {
  it('97, 98 (SEED-14): each dialect’s own sense of the numbers, whole and streamed, and the same in the log', async () => {
    for (const stream of [false, true]) {
      const { status, usage, metered } = await count(client, upstream, script, stream);
      expect(status).toBe(200);
      expect(usage).toMatchObject(expected[client]);
      expect(metered).toMatchObject({ input: 1000, output: 50, cacheRead: 700, reasoning: 20 });
    }
  });

  it('SEED-14: without a cache the counts are zero or absent, and the totals right', async () => {
    const { usage, metered } = await count(client, upstream, '#sim say fine\n#sim usage input=90 output=10', true);
    expect(metered).toMatchObject({ input: 90, output: 10 });
    expect(metered?.cacheRead ?? 0).toBe(0);
    const total = asNumber(usage.total_tokens) ?? asNumber(usage.totalTokenCount);
    expect(total ?? Number(usage.input_tokens) + Number(usage.output_tokens)).toBe(100);
  });

  it('94: an interrupted stream keeps what was told before it broke off', async () => {
    for (const fault of ['stall after=5 for=100\n#sim overload after=30', 'stall after=5 for=100\n#sim no-terminal']) {
      const usage = '#sim usage input=1000 output=500 cached=800';
      const { metered } = await count(client, upstream, `#sim text 80\n${usage}\n#sim ${fault}`, true);
      if (upstream === 'anthropic-messages' || upstream === 'gemini')
        expect(metered).toMatchObject({ input: 1000, cacheRead: 800 });
      expect(metered?.estimated).toBe(true);
    }
  });
});

describe('94: counts that come again', () => {
  it('never untell what was told: a zero or a gap after a count is no news', () => {
    const told: Usage = { input: 1000, cacheRead: 800, cacheWrite: 100, output: 1 };
    expect(mergeUsage(told, { input: 0, output: 40, cacheRead: 0 })).toEqual({ ...told, output: 40 });
    expect(mergeUsage(told, { output: 0 })).toEqual(told);
    expect(mergeUsage(undefined, { input: 0, output: 0 })).toEqual({ input: 0, output: 0 });
    // A better count replaces a worse one.
    expect(mergeUsage({ input: 10 }, { input: 12 })).toEqual({ input: 12 });
  });
});

describe('95: cache writes', () => {
  it.each(upstreams)(
    'are counted whole for %s clients, with and without the split into five minutes and an hour',
    async (client) => {
      for (const stream of [false, true]) {
        const told = await count(
          client,
          'anthropic-messages',
          '#sim say x\n#sim usage input=1000 output=5 cached=100 written=600',
          stream,
        );
        expect(told.metered).toMatchObject({ input: 1000, cacheRead: 100, cacheWrite: 600 });
        const { usage } = told;
        if (client === 'anthropic-messages')
          expect(usage).toMatchObject({ input_tokens: 300, cache_creation_input_tokens: 600 });
        else if (client !== 'gemini')
          expect(asObject(usage.prompt_tokens_details) ?? asObject(usage.input_tokens_details)).toMatchObject({
            cached_tokens: 100,
            cache_write_tokens: 600,
          });
      }
    },
  );
});
