import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { contextFor } from '../../../test/support/fixtures.ts';
import { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import { collect, replay } from '../../ir/fold.ts';
import type { Reply } from '../../ir/reply.ts';
import type { JsonObject } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { openaiCompletions } from './index.ts';

const { request, reply, stream } = openaiCompletions;
function decode(body: JsonObject) {
  const losses: string[] = [];
  return { asked: request.decode({ model: 'm', ...body }, ({ what }) => losses.push(what)), losses };
}
function contextWith(losses: string[] = []): ReplyContext {
  return {
    ...contextFor(openaiCompletions),
    model: 'shown',
    request: {},
    created: 1_785_500_000,
    id: 'abc',
    report: ({ what }) => losses.push(what),
  };
}
const told: Reply = {
  id: 'msg_1',
  model: 'x',
  parts: [
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: 'Hello' },
    { type: 'text', text: ' world' },
  ],
  usage: { input: 3, output: 2 },
  finish: { reason: 'length' },
};

describe('openai-completions', () => {
  it('takes a prompt for one user turn', () => {
    const { asked, losses } = decode({
      prompt: ['Hi'],
      max_tokens: 5,
      stop: '\n',
      user: 'u',
      best_of: 1,
      logprobs: null,
      echo: false,
    });
    expect(asked).toEqual({
      turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
      tools: [],
      sampling: { maxTokens: 5, stop: ['\n'] },
      user: 'u',
    });
    expect(losses).toEqual([]);
    expect(decode({ prompt: 'Hi', best_of: 2, logprobs: 1, odd: 'x' }).losses).toEqual(['best_of', 'logprobs', 'odd']);
  });

  it('refuses what a chat model cannot do, naming the field', () => {
    const bodies: readonly (readonly [JsonObject, string])[] = [
      [{}, 'prompt'],
      [{ prompt: '' }, 'prompt'],
      [{ prompt: ['a', 'b'] }, 'prompt'],
      [{ prompt: [1, 2] }, 'prompt'],
      [{ prompt: [[1, 2]] }, 'prompt'],
      [{ prompt: 'a', suffix: 'b' }, 'suffix'],
      [{ prompt: 'a', echo: true }, 'echo'],
      [{ prompt: 'a', n: 2 }, 'n'],
      [{ prompt: 'a', seed: 'x' }, 'seed'],
    ];
    for (const [body, param] of bodies) {
      expect(() => decode(body)).toThrow(GatewayError);
      try {
        decode(body);
      } catch (error) {
        expect(error).toMatchObject({ kind: 'bad-request', facts: { param } });
      }
    }
  });

  it('answers in the shape that the vendor reads, whole and as a stream', async () => {
    const losses: string[] = [];
    expect(reply.encode(told, contextWith(losses))).toEqual({
      id: 'cmpl-abc',
      object: 'text_completion',
      created: 1_785_500_000,
      model: 'shown',
      choices: [{ text: 'Hello world', index: 0, logprobs: null, finish_reason: 'length' }],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
    expect(losses).toEqual(['reasoning_content']);
    const frames = replay(told).flatMap(stream.encoder(contextWith()));
    const body = frames.map(({ data }) => `data: ${data}\n\n`).join(stream.keepAlive);
    const headers = { 'content-type': 'text/event-stream' };
    const client = new OpenAI({ apiKey: 'k', fetch: async () => new Response(body, { headers }) });
    const chunks = await Array.fromAsync(await client.completions.create({ model: 'm', prompt: 'x', stream: true }));
    expect(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join('')).toBe('Hello world');
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason).length).toBe(1);
    expect(chunks.at(-1)?.usage?.total_tokens).toBe(5);
  });

  it('reads its own streams back, and knows a broken one', () => {
    const frames = replay(told).flatMap(stream.encoder(contextWith()));
    const readUpTo = (count: number) => {
      const decoder = stream.decoder({ maker: 'openai' });
      return [...frames.slice(0, count).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
    };
    expect(collect(readUpTo(frames.length))).toMatchObject({
      parts: [{ type: 'text', text: 'Hello world' }],
      usage: { input: 3, output: 2 },
      finish: { reason: 'length' },
    });
    expect(readUpTo(1).map(({ type }) => type)).toEqual(['start', 'part-start', 'part-delta', 'part-end', 'failure']);
    expect(readUpTo(0).map(({ type }) => type)).toEqual(['start', 'failure']);
  });

  it('is retargeted by its bytes', () => {
    const body = Body.read(Buffer.from('{"model":"a","prompt":"x","stream":true}'));
    const target = { model: 'b', stream: true, limits: {}, maker: 'openai', accent: {} };
    expect(request.retarget(body, target).bytes.toString()).toBe(
      '{"model":"b","prompt":"x","stream":true,"stream_options":{"include_usage":true}}',
    );
  });
});
