import { describe, expect, it } from 'vitest';
import { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import { replay } from '../../ir/fold.ts';
import type { Reply } from '../../ir/reply.ts';
import type { JsonObject } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { openaiChat } from './index.ts';

const { reply } = openaiChat;
const origin = { maker: 'upstream' };
const context: ReplyContext = {
  envelope: {
    dialect: 'openai-chat',
    operation: 'generate',
    model: 'm',
    stream: false,
    framing: 'sse',
    usageWanted: false,
  },
  model: 'shown',
  request: {},
  created: 1,
  id: 'abc',
  report: () => undefined,
};
const bodyOf = (message: JsonObject, finish: string | null = 'stop', more: JsonObject = {}): JsonObject => ({
  id: 'chatcmpl-1',
  model: 'up',
  choices: [{ index: 0, message, finish_reason: finish, ...more }],
});

describe('decode', () => {
  it('tells calls of a message apart that carry neither index nor id', () => {
    const call = { function: { name: 'f', arguments: '' } };
    expect(reply.decode(bodyOf({ tool_calls: [call, call] }), origin)).toMatchObject({
      parts: [
        { id: 'call_1_0', input: '{}' },
        { id: 'call_1_1', input: '{}' },
      ],
      finish: { reason: 'tool-calls', raw: 'stop' },
    });
  });

  it('accepts a reason left open', () => {
    for (const open of ['', null])
      expect(reply.decode(bodyOf({ content: 'a' }, open), origin).finish).toEqual({ reason: 'stop' });
  });

  it('throws what is no reply', () => {
    const kind = (body: JsonObject): string | undefined => {
      try {
        reply.decode(body, origin);
      } catch (error) {
        return error instanceof GatewayError ? error.kind : 'no gateway error';
      }
      return undefined;
    };
    expect(kind({})).toBe('upstream');
    expect(kind({ choices: [] })).toBe('upstream');
    expect(kind({ error: { message: 'x', type: 'overloaded_error' } })).toBe('overloaded');
    expect(kind(bodyOf({ content: 'a' }, 'error'))).toBe('upstream');
  });
});

describe('encode', () => {
  const shown = (parts: Parameters<typeof reply.encode>[0]['parts']): unknown =>
    (
      reply.encode({ id: 'resp_1', model: 'x', parts, finish: { reason: 'filter' } }, context).choices as JsonObject[]
    )[0];

  it('shows content as null only where something else stands in its place', () => {
    expect(shown([])).toEqual({
      index: 0,
      message: { role: 'assistant', content: '', refusal: null },
      logprobs: null,
      finish_reason: 'content_filter',
    });
    expect(shown([{ type: 'text', text: 'no', refusal: true }])).toMatchObject({
      message: { content: null, refusal: 'no' },
    });
    expect(shown([{ type: 'tool-call', id: 'a', name: 'f', input: '{}' }])).toMatchObject({
      message: { content: null, tool_calls: [{ id: 'a' }] },
    });
  });
});

describe('the signature of a text', () => {
  it('is reported as lost, whole and streaming', () => {
    const losses: string[] = [];
    const to: ReplyContext = { ...context, report: ({ what }) => losses.push(what) };
    const signed: Reply = {
      id: 'r',
      model: 'x',
      parts: [{ type: 'text', text: 'Hi.', seal: { maker: 'google', token: 'S' } }],
      finish: { reason: 'stop' },
    };
    reply.encode(signed, to);
    expect(losses).toEqual(['thought_signature']);
    const encode = openaiChat.stream.encoder(to);
    for (const event of replay(signed)) encode(event);
    expect(losses).toEqual(['thought_signature', 'thought_signature']);
  });
});

describe('meter', () => {
  const meter = (text: string) => reply.meter(Body.read(Buffer.from(text)));

  it('agrees with the decoder, however the body is spaced', () => {
    const bodies = [
      bodyOf({ content: '"finish_reason":"length" "tool_calls":[{' }),
      bodyOf({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] }),
      { ...bodyOf({ content: 'a' }, 'length'), usage: { prompt_tokens: 1, completion_tokens: 2 } },
      bodyOf({ content: 'a' }, '', { usage: { prompt_tokens: 1 } }),
    ];
    for (const body of bodies)
      for (const space of [0, 2]) {
        const decoded = reply.decode(body, origin);
        const told = meter(JSON.stringify(body, null, space));
        expect(told).toMatchObject({ id: decoded.id, model: decoded.model, finish: decoded.finish, ended: true });
        expect(told.usage).toEqual(decoded.usage);
      }
  });

  it('sees the failures that a 200 may hold', () => {
    expect(meter('{"error":{"message":"x","code":429}}').failure?.kind).toBe('rate-limited');
    expect(meter('{"base_resp":{"status_code":1008,"status_msg":"x"}}').failure?.kind).toBe('quota-exhausted');
    expect(meter(JSON.stringify(bodyOf({ content: '' }, 'network_error'))).failure?.kind).toBe('upstream');
    expect(
      meter(JSON.stringify(bodyOf({ content: '' }, 'stop', { error: { message: 'x', code: 503 } }))).failure?.kind,
    ).toBe('overloaded');
  });
});
