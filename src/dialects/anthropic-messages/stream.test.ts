import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framesOf, recorded } from '../../../test/support/fixtures.ts';
import { checkGrammar } from '../../../test/support/grammar.ts';
import { context, decodeAll, encodeAll } from '../../../test/support/messages.ts';
import { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { collect, replay } from '../../ir/fold.ts';
import type { Reply, ReplyEvent } from '../../ir/reply.ts';
import { asObject, type JsonObject, parseJson, parseObject } from '../../json.ts';
import type { Loss } from '../../loss.ts';
import { anthropicMessages } from './index.ts';

const { reply, stream } = anthropicMessages;
const names = ['text', 'tools', 'thinking', 'search', 'everything'];

const origin = { maker: 'anthropic' };

const whole = (name: string): JsonObject => parseObject(recorded('anthropic-messages', name, 'reply.json')) ?? {};
const frames = (name: string): readonly Frame[] => framesOf(recorded('anthropic-messages', name, 'reply.sse'));

function expectGrammar(events: readonly ReplyEvent[]): void {
  expect(checkGrammar(events)).toEqual([]);
}

/** Without what the wire cannot say of a reply: raw counts, and offsets of citations. */
function plain({ usage, ...rest }: Reply): unknown {
  const { cacheRead = 0, cacheWrite = 0, ...counts } = usage ?? {};
  return { ...rest, usage: { ...counts, cacheRead, cacheWrite } };
}

describe.each(names)('the fixture %s', (name) => {
  it('tells the same streamed and whole', () => {
    const events = decodeAll(frames(name));
    expectGrammar(events);
    expect(collect(events)).toEqual(reply.decode(whole(name), origin));
  });

  it('is metered as it is decoded, from the frames that hold a mark and from the whole', () => {
    const told = collect(decodeAll(frames(name)));
    const meter = stream.meter();
    for (const frame of frames(name)) if (meter.marks.some((mark) => frame.data.includes(mark))) meter.read(frame);
    const expected = {
      id: told.id,
      model: told.model,
      usage: told.usage,
      finish: { reason: told.finish.reason, raw: told.finish.raw },
    };
    expect(meter.reading).toEqual({ ...expected, ended: true, closed: true });
    expect(reply.meter(Body.of(whole(name)))).toEqual({ ...expected, ended: true, closed: true });
  });

  it('survives being decoded and encoded, streamed and whole', () => {
    const told = collect(decodeAll(frames(name)));
    expect(plain(collect(decodeAll(encodeAll(replay(told)))))).toMatchObject(
      plain({ ...told, model: context().model }) as object,
    );
    const printed = asObject(parseJson(JSON.stringify(reply.encode(told, context())))) ?? {};
    expect(plain(reply.decode(printed, origin))).toMatchObject(plain({ ...told, model: context().model }) as object);
  });

  it('fails when cut anywhere, and says so once', () => {
    const all = frames(name);
    for (let cut = 0; cut < all.length; cut++) {
      const events = decodeAll(all.slice(0, cut));
      expectGrammar(events);
      expect(events.at(-1)).toMatchObject({ type: 'failure', error: { kind: 'upstream' } });
    }
  });

  it('reads well for the SDK after translation', async () => {
    const told = collect(decodeAll(frames(name)));
    const body = encodeAll(replay(told))
      .map(({ event, data }) => `event: ${event}\ndata: ${data}\n\n`)
      .join('');
    const client = new Anthropic({
      apiKey: 'k',
      baseURL: 'http://127.0.0.1:1',
      maxRetries: 0,
      fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    });
    const message = await client.messages
      .stream({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'x' }] })
      .finalMessage();
    const content = message.content.map((block) => ({ ...block, ...('input' in block && { input: block.input }) }));
    expect(content).toMatchObject((whole(name).content as JsonObject[]).map(({ citations: _, ...block }) => block));
    expect(message).toMatchObject({
      stop_reason: whole(name).stop_reason,
      usage: { output_tokens: told.usage?.output },
    });
  });
});

describe('encoding a text with its source first', () => {
  const open = { type: 'part-start', index: 0, part: { type: 'text' } } as const;
  const source = { type: 'citation', index: 0, citation: { url: 'https://x.ch' } } as const;
  const delta = { type: 'part-delta', index: 0, text: 'Hello' } as const;
  const close = { type: 'part-end', index: 0 } as const;

  it('tells the source in the block of the text', () => {
    const types = encodeAll([open, source, delta, close]).map(({ data }) => asObject(parseObject(data)?.delta)?.type);
    expect(types).toEqual([undefined, 'citations_delta', 'text_delta', undefined]);
  });

  it('leaves no block of a text that stays empty', () => {
    expect(encodeAll([open, source, close])).toEqual([]);
  });
});

describe('encoding a stream that breaks off in a call', () => {
  const failure = { type: 'failure', error: new GatewayError('upstream', 'It broke off.') } as const;
  const call = (index: number, more: object = {}) =>
    ({ type: 'part-start', index, part: { type: 'tool-call', id: `toolu_${index}`, name: 'Bash', ...more } }) as const;
  const delta = (index: number, text: string) => ({ type: 'part-delta', index, text }) as const;
  const close = (index: number) => ({ type: 'part-end', index }) as const;
  const walk = (events: readonly ReplyEvent[]) => {
    const losses: Loss[] = [];
    const frames = encodeAll(events, context({}, losses)).map(({ event }) => event?.replace('content_block_', ''));
    return { frames, losses };
  };

  it.each([
    ['that has just begun', [call(0), close(0)], []],
    ['amid its arguments', [call(0), delta(0, '{"command":"rm -rf /tmp'), close(0)], ['start', 'delta']],
    ['amid its text', [call(0, { freeform: true }), delta(0, '*** Begin'), close(0)], ['start', 'delta', 'delta']],
  ])('does not close the block of one %s: clients run what is closed', (_name, events, frames) => {
    expect(walk([...events, failure])).toEqual({ frames: [...frames, 'error'], losses: [] });
  });

  it('closes it when the reply goes on', () => {
    const { frames } = walk([call(0), delta(0, '{}'), close(0), call(1), delta(1, '{"comm'), close(1), failure]);
    expect(frames).toEqual(['start', 'delta', 'stop', 'start', 'delta', 'error']);
  });
});

describe('decoding a stream', () => {
  const begin: Frame = {
    data: '{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":9,"output_tokens":1}}}',
  };
  const done: Frame[] = [
    {
      data: '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":0,"output_tokens":5}}',
    },
    { data: '{"type":"message_stop"}' },
  ];
  const event = (type: string, index: number, more: object): Frame => ({
    event: type,
    data: JSON.stringify({ type, index, ...more }),
  });
  const open = (index: number, block: object) => event('content_block_start', index, { content_block: block });
  const text = (index: number, words: string) =>
    event('content_block_delta', index, { delta: { type: 'text_delta', text: words } });
  const json = (index: number, partial_json: string) =>
    event('content_block_delta', index, { delta: { type: 'input_json_delta', partial_json } });
  const close = (index: number) => event('content_block_stop', index, {});

  it('loses no words whose block never began', () => {
    for (const name of names) {
      const words = frames(name).filter(({ data }) => !/"content_block_start".*"type":"(?:text|thinking)"/.test(data));
      const events = decodeAll(words);
      expectGrammar(events);
      const textOf = ({ parts }: Reply) =>
        parts.flatMap((part) => ((part.type === 'text' || part.type === 'reasoning') && part.text ? [part.text] : []));
      expect(textOf(collect(events))).toEqual(textOf(collect(decodeAll(frames(name)))));
    }
  });

  it('holds back blocks that overlap, and calls a reply with a call by its name', () => {
    const overlapping = [
      begin,
      open(0, { type: 'text', text: '' }),
      open(1, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      json(1, '{"x":'),
      text(0, 'Hi'),
      open(2, { type: 'tool_use', id: 'b', name: 'g', input: { y: 2 } }),
      close(2),
      close(0),
      json(1, '1}'),
      ...done,
    ];
    const events = decodeAll(overlapping);
    expectGrammar(events);
    expect(collect(events)).toMatchObject({
      parts: [
        { type: 'text', text: 'Hi' },
        { type: 'tool-call', id: 'a', name: 'f', input: '{"x":1}' },
        { type: 'tool-call', id: 'b', name: 'g', input: '{"y":2}' },
      ],
      finish: { reason: 'tool-calls', raw: 'end_turn' },
    });
    const meter = stream.meter();
    for (const frame of overlapping) if (meter.marks.some((mark) => frame.data.includes(mark))) meter.read(frame);
    expect(meter.reading.finish).toEqual({ reason: 'tool-calls', raw: 'end_turn' });
  });

  it('is not talked out of counts it was told', () => {
    expect(collect(decodeAll([begin, ...done])).usage).toMatchObject({ input: 9, output: 5 });
  });

  it('turns an error within the stream into its kind, and hears nothing after it', () => {
    const overloaded: Frame = {
      event: 'error',
      data: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    };
    const events = decodeAll([begin, open(0, { type: 'text', text: '' }), text(0, 'Hi'), overloaded, ...done]);
    expectGrammar(events);
    expect(events.at(-1)).toMatchObject({
      type: 'failure',
      error: { kind: 'overloaded', status: 529, message: 'Overloaded' },
    });
  });

  it('keeps the grammar whatever comes', () => {
    const kinds = fc.constantFrom(
      'text',
      'thinking',
      'tool_use',
      'server_tool_use',
      'web_search_tool_result',
      'redacted_thinking',
      'new',
    );
    const index = fc.nat(2);
    const frame = fc.oneof(
      fc.tuple(index, kinds).map(([at, type]) => open(at, { type, id: 'x', tool_use_id: 'x', name: 'n', data: 'd' })),
      fc
        .tuple(
          index,
          fc.constantFrom('text_delta', 'thinking_delta', 'input_json_delta', 'signature_delta', 'citations_delta'),
        )
        .map(([at, type]) =>
          event('content_block_delta', at, {
            delta: { type, text: 't', thinking: 't', partial_json: '{', signature: 's', citation: {} },
          }),
        ),
      index.map(close),
      fc.constantFrom<Frame>(begin, ...done, { event: 'ping', data: '{"type":"ping"}' }, { data: '' }),
      fc.jsonValue().map((value): Frame => ({ event: 'content_block_delta', data: JSON.stringify(value) })),
    );
    fc.assert(fc.property(fc.array(frame, { maxLength: 25 }), (all) => expectGrammar(decodeAll(all))));
  });
});

describe('a stream that passes by', () => {
  it('gets another model name in its first frame, and a legal last word when it breaks off', () => {
    const [first, second] = frames('text');
    if (!first || !second) throw new Error('the fixture is empty');
    const relabelled = stream.relabel(first, 'alias');
    expect(relabelled.data).toBe(first.data.replace('claude-sonnet-4-5-20250929', 'alias'));
    expect(stream.relabel(second, 'alias')).toBe(second);
    const error = new GatewayError('upstream', 'The upstream stream ended before it was complete.');
    const [last] = stream.failure(error, context(), { ended: false, closed: true });
    expect(last).toEqual({
      event: 'error',
      data: '{"type":"error","error":{"type":"api_error","message":"The upstream stream ended before it was complete."}}',
    });
    expect(stream.keepAlive).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });

  it('has text deltas without a mark, even where the text speaks of one', () => {
    const { marks } = stream.meter();
    const frame = encodeAll(
      replay({
        id: '',
        model: '',
        parts: [{ type: 'text', text: '"error" {"type":"message_stop"}' }],
        finish: { reason: 'stop' },
      }),
    ).find(({ event }) => event === 'content_block_delta');
    expect(marks.some((mark) => frame?.data.includes(mark))).toBe(false);
  });
});
