// Log probabilities go between the three dialects that have them, as a request's wish and beside the text of a reply, however it was cut.

import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { dialectOf } from '../../src/dialects/index.ts';
import { collect } from '../../src/ir/fold.ts';
import type { Reply, ReplyEvent } from '../../src/ir/reply.ts';
import type { ChatRequest, Part, TextPart, TokenLogprob } from '../../src/ir/request.ts';
import type { JsonObject } from '../../src/json.ts';
import { contextFor, eventsOf, listener, targetFor } from '../support/fixtures.ts';
import { checkGrammar } from '../support/grammar.ts';

const speakers = (['openai-chat', 'openai-responses', 'gemini'] as const).map((id) => [id, dialectOf(id)] as const);

const asking: Readonly<Record<string, JsonObject>> = {
  'openai-chat': { logprobs: true, top_logprobs: 2 },
  'openai-responses': { include: ['message.output_text.logprobs'], top_logprobs: 2 },
  gemini: { generationConfig: { responseLogprobs: true, logprobs: 2 } },
};

const bytes = (token: string) => [...Buffer.from(token)];
const rated = (token: string, logprob: number, top: readonly string[] = []): TokenLogprob => ({
  token,
  logprob,
  bytes: bytes(token),
  ...(top.length > 0 && { top: top.map((other, place) => rated(other, logprob - place)) }),
});
/** A token that is less than a character has no text of its own. */
const half = (byte: number): TokenLogprob => ({ token: '\uFFFD', logprob: -2.5, bytes: [byte] });

const first = [rated('Sun', -0.1, ['Sun', 'Rain']), rated(' and ', -0.25, [' and ', ' or '])];
const second = [half(0xc3), half(0xa9), rated('t', -3)];
const events: readonly ReplyEvent[] = [
  { type: 'start', id: 'r1', model: 'm' },
  { type: 'part-start', index: 0, part: { type: 'reasoning' } },
  { type: 'part-delta', index: 0, text: 'Hm.' },
  { type: 'part-end', index: 0 },
  { type: 'part-start', index: 1, part: { type: 'text' } },
  { type: 'part-delta', index: 1, text: 'Sun and ', logprobs: first },
  { type: 'part-delta', index: 1, text: '', logprobs: second.slice(0, 1) },
  { type: 'part-delta', index: 1, text: 'ét', logprobs: second.slice(1) },
  { type: 'part-end', index: 1 },
  { type: 'part-start', index: 2, part: { type: 'tool-call', id: 'call_1', name: 'f' } },
  { type: 'part-delta', index: 2, text: '{}' },
  { type: 'part-end', index: 2 },
  { type: 'finish', reason: 'tool-calls' },
];

function answering(dialect: Dialect, request: JsonObject = asking[dialect.id] ?? {}) {
  const { report, losses } = listener();
  return { context: { ...contextFor(dialect), request, report }, losses };
}

function streamed(dialect: Dialect, told: readonly ReplyEvent[], request?: JsonObject): readonly ReplyEvent[] {
  const { context, losses } = answering(dialect, request);
  const frames = told.flatMap(dialect.stream.encoder(context));
  expect(losses).toEqual([]);
  return eventsOf(dialect.stream.decoder({ maker: dialect.maker }), frames);
}

function whole(dialect: Dialect, reply: Reply, request?: JsonObject): Reply {
  const body = dialect.reply.encode(reply, answering(dialect, request).context);
  return dialect.reply.decode(JSON.parse(JSON.stringify(body)), { maker: dialect.maker });
}

const textsOf = (parts: readonly Part[]): readonly TextPart[] => parts.filter((part) => part.type === 'text');
/** Gemini tells no bytes: half a character has none there. */
const told = (dialects: readonly Dialect[]) =>
  dialects.some(({ id }) => id === 'gemini')
    ? [...first, ...second.map(({ bytes: _, ...token }) => (token.token === 't' ? rated('t', -3) : token))]
    : [...first, ...second];

describe.each(speakers)('from %s', (_upstream, upstream) => {
  describe.each(speakers)('to %s', (_client, client) => {
    const expected = [{ text: 'Sun and ét', logprobs: told([upstream, client]) }];

    it('the tokens of a stream stay with the text that they are', () => {
      const passed = streamed(client, streamed(upstream, events));
      expect(checkGrammar(passed)).toEqual([]);
      expect(textsOf(collect(passed).parts)).toMatchObject(expected);
      const deltas = passed.filter((event) => event.type === 'part-delta' && event.logprobs !== undefined);
      expect(deltas).toMatchObject([{ text: 'Sun and ' }, { text: '' }, { text: 'ét' }]);
    });

    it('a whole reply tells the same', () => {
      expect(textsOf(whole(client, whole(upstream, collect(events))).parts)).toMatchObject(expected);
    });

    it('none are told to a client that did not ask', () => {
      const passed = streamed(client, streamed(upstream, events), {});
      expect(JSON.stringify(passed)).not.toContain('logprob');
      expect(JSON.stringify(whole(client, collect(events), {}))).not.toContain('logprob');
    });

    it('the wish is carried with its number, and without', () => {
      for (const logprobs of [0, 2]) {
        const request: ChatRequest = {
          turns: [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }],
          tools: [],
          sampling: {},
          logprobs,
        };
        const { report, losses } = listener();
        const sent = upstream.request.decode(upstream.request.encode(request, targetFor(upstream), report), report);
        const body = client.request.encode(sent, targetFor(client), report);
        expect(client.request.decode(body, report).logprobs).toBe(logprobs);
        expect(losses).toEqual([]);
      }
    });
  });
});

it.each(speakers)('%s: a number without the wish asks for nothing, and is told', (id, dialect) => {
  const { report, losses } = listener();
  const words = {
    'openai-chat': { messages: [{ role: 'user', content: 'x' }], top_logprobs: 2 },
    'openai-responses': { input: 'x', top_logprobs: 2 },
    gemini: { contents: [{ role: 'user', parts: [{ text: 'x' }] }], generationConfig: { logprobs: 2 } },
  };
  expect(dialect.request.decode(words[id], report).logprobs).toBeUndefined();
  expect(losses.map(({ what }) => what)).toEqual([id === 'gemini' ? 'logprobs' : 'top_logprobs']);
});

it.each([
  ['openai-chat', { logprobs: 3 }, 'logprobs'],
  ['openai-chat', { logprobs: true, top_logprobs: 'two' }, 'top_logprobs'],
  ['openai-responses', { top_logprobs: 'two' }, 'top_logprobs'],
  ['gemini', { generationConfig: { responseLogprobs: 'yes' } }, 'generationConfig.responseLogprobs'],
] as const)('%s: a wish in no readable form is refused: %j', (id, body, param) => {
  const asked = { ...dialectOf(id).greeting, ...body };
  expect(() => dialectOf(id).request.decode(asked, () => undefined)).toThrow(param);
});

it('a refusal has tokens in Chat and Gemini; Responses has no place for them', () => {
  const refusal: readonly ReplyEvent[] = [
    { type: 'start', id: 'r1', model: 'm' },
    { type: 'part-start', index: 0, part: { type: 'text', refusal: true } },
    { type: 'part-delta', index: 0, text: 'No', logprobs: [rated('No', -1)] },
    { type: 'part-end', index: 0 },
    { type: 'finish', reason: 'stop' },
  ];
  const chat = dialectOf('openai-chat');
  expect(textsOf(collect(streamed(chat, refusal)).parts)).toMatchObject([{ logprobs: [rated('No', -1)] }]);
  expect(textsOf(whole(chat, collect(refusal)).parts)).toMatchObject([{ logprobs: [rated('No', -1)] }]);
  const responses = dialectOf('openai-responses');
  const { context, losses } = answering(responses);
  const frames = refusal.flatMap(responses.stream.encoder(context));
  expect(JSON.stringify(frames)).not.toContain('"token"');
  expect(losses.map(({ what }) => what)).toEqual(['logprobs']);
});

it('models that refuse sampling settings are not asked, nor services that refuse the field', () => {
  const request: ChatRequest = { turns: [], tools: [], sampling: {}, logprobs: 2 };
  const refusing = [
    ['openai-chat', { limits: { sampling: false } }],
    ['openai-chat', { accent: { logprobs: false } }],
    ['openai-responses', { limits: { sampling: false } }],
  ] as const;
  for (const [id, manner] of refusing) {
    const { report, losses } = listener();
    const target = targetFor(dialectOf(id), manner);
    const body = JSON.stringify(dialectOf(id).request.encode(request, target, report));
    expect([body.includes('logprobs'), losses.map(({ what }) => what)]).toEqual([false, ['logprobs']]);
  }
});

describe('tokens that come beside no text of their own', () => {
  const told = (token: string) => ({ token, logprob: -1, bytes: null, top_logprobs: [] });
  const chunk = (delta: JsonObject, token: string, finish: string | null = null) => ({
    data: JSON.stringify({
      id: 'chatcmpl-1',
      choices: [{ index: 0, delta, logprobs: { content: [told(token)] }, finish_reason: finish }],
    }),
  });
  const read = (id: 'openai-chat' | 'openai-responses', frames: readonly { readonly data: string }[]) =>
    textsOf(collect(eventsOf(dialectOf(id).stream.decoder({ maker: 'openai' }), frames)).parts);

  it('wait for it, or belong to the text before, also where one chunk is like the one before', () => {
    const thought = chunk({ reasoning_content: 'a' }, 'a');
    const [part] = read('openai-chat', [
      ...[thought, thought, thought],
      ...[
        chunk({ content: 'b' }, 'b'),
        chunk({ content: 'b' }, 'b'),
        chunk({ content: '' }, ''),
        chunk({}, '!', 'stop'),
      ],
    ]);
    expect(part?.text).toBe('bb');
    expect(part?.logprobs?.map(({ token }) => token)).toEqual(['a', 'a', 'a', 'b', 'b', '', '!']);
  });

  it('are read from the end of a text where its deltas had none, and never twice', () => {
    const where = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const item = { type: 'message', id: 'msg_1', role: 'assistant' };
    const text = { type: 'output_text', text: 'ab', annotations: [], logprobs: [told('a'), told('b')] };
    const done = { ...item, content: [text] };
    const ended = { id: 'resp_1', status: 'completed', output: [done] };
    const stream = (logprobs: readonly JsonObject[]) =>
      [
        { type: 'response.created', response: { id: 'resp_1' } },
        { type: 'response.output_item.added', output_index: 0, item },
        { type: 'response.output_text.delta', ...where, delta: 'a', logprobs },
        { type: 'response.output_text.done', ...where, text: 'ab', logprobs: text.logprobs },
        { type: 'response.content_part.done', ...where, part: text },
        { type: 'response.output_item.done', output_index: 0, item: done },
        { type: 'response.completed', response: ended },
      ].map((event) => ({ data: JSON.stringify(event) }));
    for (const early of [[], [told('a')]])
      expect(read('openai-responses', stream(early))).toMatchObject([
        { text: 'ab', logprobs: [{ token: 'a' }, { token: 'b' }] },
      ]);
  });
});
