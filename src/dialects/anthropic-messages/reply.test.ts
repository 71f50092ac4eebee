import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { context, decodeAll, encodeAll } from '../../../test/support/messages.ts';
import { Body } from '../../body.ts';
import type { Frame } from '../../frame.ts';
import { collect, replay } from '../../ir/fold.ts';
import type { Reply, ReplyEvent } from '../../ir/reply.ts';
import type { Part } from '../../ir/request.ts';
import { asObject, type JsonObject, parseObject } from '../../json.ts';
import type { Loss } from '../../loss.ts';
import { anthropicMessages } from './index.ts';

const { reply, request } = anthropicMessages;
const origin = { maker: 'anthropic' };

function data(frame: Frame | undefined): JsonObject {
  return parseObject(frame?.data ?? '') ?? {};
}

describe('encoding a reply of another maker', () => {
  const usage = { input: 100, output: 20, cacheRead: 30, cacheWrite: 10, reasoning: 5, searches: 1 };
  function told(...parts: Part[]): Reply {
    return { id: 'chatcmpl-7', model: 'gpt', parts, usage, finish: { reason: 'stop' } };
  }

  it('counts cached tokens beside the others, makes an id, and leaves out empty texts', () => {
    const printed = reply.encode(told({ type: 'text', text: '' }, { type: 'text', text: 'Hi' }), context());
    expect(printed).toMatchObject({
      id: 'msg_abc',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      usage: {
        input_tokens: 60,
        cache_read_input_tokens: 30,
        cache_creation_input_tokens: 10,
        output_tokens: 20,
        output_tokens_details: { thinking_tokens: 5 },
        server_tool_use: { web_search_requests: 1 },
      },
    });
  });

  it('carries the seal of a call beside it, and a client brings both back', () => {
    const seal = { maker: 'google', token: 'AAECAw==' };
    const thought: Part = { type: 'reasoning', text: 'Hm.', seal: { maker: 'google', token: 'T' } };
    const calls: Part[] = [
      thought,
      { type: 'tool-call', id: 'a', name: 'f', input: '{"x":1}', seal },
      { type: 'tool-call', id: 'b', name: 'f', input: '{"x":2}' },
    ];
    const printed = reply.encode(told(...calls), context());
    const streamed = encodeAll(replay(told(...calls)));
    const content = streamed
      .filter(({ event }) => event === 'content_block_start')
      .map((frame) => asObject(data(frame).content_block)?.type);
    expect(content).toEqual(['thinking', 'thinking', 'tool_use', 'tool_use']);
    const history = request.decode(
      { messages: [{ role: 'assistant', content: printed.content ?? null }] },
      () => undefined,
    );
    expect(history.turns).toEqual([{ role: 'assistant', parts: calls }]);

    const pieces = replay(told(...calls)).flatMap((event): ReplyEvent[] =>
      event.type === 'part-delta' && event.index === 1
        ? [
            { ...event, text: '{"x"' },
            { ...event, text: ':1}' },
          ]
        : [event],
    );
    const late = collect(decodeAll(encodeAll(pieces))).parts;
    expect(late.map(({ type }) => type)).toEqual(['reasoning', 'tool-call', 'reasoning', 'tool-call']);
  });

  it('speaks of a declined request and of broken and freeform calls as Messages does', () => {
    const losses: Loss[] = [];
    const parts: Part[] = [
      { type: 'text', text: 'I cannot.', refusal: true },
      { type: 'tool-call', id: 'call:1', name: 'f', input: '{"path":"/a' },
      { type: 'tool-call', id: 'ok', name: 'patch', input: 'a "b"\n', freeform: true },
      { type: 'media', mediaType: 'image/png', source: { data: 'AA==' } },
    ];
    const printed = reply.encode(told(...parts), context({}, losses));
    expect(printed).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', explanation: 'I cannot.' },
      content: [
        { type: 'tool_use', id: 'toolu_abc_1', input: { path: '/a' } },
        { type: 'tool_use', id: 'ok', input: { input: 'a "b"\n' } },
      ],
    });
    expect(losses.map(({ what }) => what)).toEqual(['tool_arguments', 'media']);
    const streamed = encodeAll(replay(told(...parts)));
    const inputs = streamed.flatMap((frame) => {
      const delta = asObject(data(frame).delta);
      return delta?.type === 'input_json_delta' && data(frame).index === 1 ? [delta.partial_json] : [];
    });
    expect(JSON.parse(inputs.join(''))).toEqual({ input: 'a "b"\n' });
    expect(data(streamed.at(-2)).delta).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { explanation: 'I cannot.' },
    });
  });

  it('withholds thinking where the client asked for none, but not its seal', () => {
    const parts: Part[] = [
      { type: 'reasoning', text: 'secret', seal: { maker: 'openai', token: 'T' } },
      { type: 'reasoning', text: 'unsealed' },
      { type: 'text', text: 'Hi' },
    ];
    const omitted = context({ thinking: { type: 'adaptive', display: 'omitted' } });
    const expected = [
      { type: 'thinking', thinking: '', signature: 'cliproxy.seal.openai:T' },
      { type: 'text', text: 'Hi' },
    ];
    expect(reply.encode(told(...parts), omitted).content).toMatchObject(expected);
    expect(reply.decode({ content: [], type: 'message' }, origin).parts).toEqual([]);
    const parts_ = collect(decodeAll(encodeAll(replay(told(...parts)), omitted))).parts;
    expect(parts_).toEqual([
      { type: 'reasoning', text: '', seal: { maker: 'anthropic', token: 'cliproxy.seal.openai:T' } },
      { type: 'text', text: 'Hi' },
    ]);
  });

  it('shows another vendor’s search as its own, and reports what it has no block for', () => {
    const losses: Loss[] = [];
    const links = [{ url: 'https://a.org', title: 'A' }];
    const parts: Part[] = [
      { type: 'foreign', origin: 'gemini', value: {}, meaning: { tool: 'web-search', input: 'q', links } },
      { type: 'foreign', origin: 'openai-responses', value: {}, meaning: { tool: 'image-generation' } },
      { type: 'text', text: 'Hi', citations: [{ url: 'https://a.org', title: 'A', quote: 'a' }, { title: 'no url' }] },
    ];
    const decoded = collect(decodeAll(encodeAll(replay(told(...parts)), context({}, losses))));
    expect(decoded.parts).toMatchObject([
      {
        type: 'foreign',
        origin: 'anthropic-messages',
        meaning: { tool: 'web-search', input: 'q', links, id: 'srvtoolu_gateway_abc' },
      },
      { type: 'text', text: 'Hi', citations: [{ url: 'https://a.org', title: 'A', quote: 'a' }] },
    ]);
    expect(losses.map(({ what }) => what)).toEqual(['tool:image-generation', 'citations']);
  });

  it('numbers blocks without gaps, whatever parts come', () => {
    const part = fc.oneof(
      fc.string().map((text): Part => ({ type: 'text', text })),
      fc.string().map((text): Part => ({ type: 'reasoning', text })),
      fc.string().map((token): Part => ({ type: 'reasoning', text: '', seal: { maker: 'openai', token } })),
      fc
        .dictionary(fc.string(), fc.jsonValue())
        .map((input): Part => ({ type: 'tool-call', id: 'i', name: 'n', input: JSON.stringify(input) })),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const sent = encodeAll(replay(told(...parts)));
        let next = 0;
        for (const frame of sent) {
          const { type, index } = data(frame);
          expect(frame.event).toBe(type);
          if (type === 'content_block_start' || type === 'content_block_delta') expect(index).toBe(next);
          if (type === 'content_block_stop') expect(index).toBe(next++);
        }
        const expected = parts.filter(
          (p) =>
            p.type === 'tool-call' || ('seal' in p && p.seal?.token !== undefined) || ('text' in p && p.text !== ''),
        );
        expect(collect(decodeAll(sent, 'x')).parts.map(({ type }) => type)).toEqual(expected.map(({ type }) => type));
      }),
    );
  });
});

describe('decoding a whole reply', () => {
  it('throws for a whole body that is an error, and for one that is no message', () => {
    const body = { type: 'error', error: { type: 'rate_limit_error', message: 'slow' } };
    expect(() => reply.decode(body, origin)).toThrow('slow');
    expect(reply.meter(Body.of(body)).failure).toMatchObject({ kind: 'rate-limited', message: 'slow' });
    expect(() => reply.decode({ choices: [] }, origin)).toThrow('no message');
  });
});
