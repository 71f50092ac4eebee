import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../frame.ts';
import type { ReplyEvent } from '../ir/reply.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Dialect } from './dialect.ts';
import { openaiChat } from './openai-chat/index.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'a', '"', '\\', '\\"', '"content":"', '","text":"', '\u2028', '\ud800', '\n'),
);
const body = (value: object): string => JSON.stringify(value);
const chunk = (delta: object, more: object = {}, finish: string | null = null): string =>
  body({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more });
const call = (args: string, id?: string, name?: string): object => ({
  tool_calls: [{ index: 0, ...(id && { id }), function: { ...(name && { name }), arguments: args } }],
});
const broken = (data: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    data.slice(0, -1),
    data.replace('abc', 'a"c'),
    data.replace('abc', 'a\nc'),
    data.replace('abc', 'a\\'),
  );

const chatData = fc.oneof(
  { weight: 8, arbitrary: text.map((content) => chunk({ content })) },
  { weight: 4, arbitrary: text.map((reasoning_content) => chunk({ reasoning_content })) },
  text.map((content) => chunk({ role: 'assistant', content, refusal: null })),
  fc.tuple(text, text).map(([content, other]) => chunk({ content }, { note: { content: other } })),
  text.map((words) => chunk({ content: words, reasoning: words })),
  text.map((reasoning) => chunk({ reasoning, reasoning_details: [{ type: 'x', index: 0, data: 'd' }] })),
  text.map((content) => chunk({ content }, { usage: { prompt_tokens: 3 } })),
  fc.constantFrom(call('{"a', 'id', 'f'), call('":1}'), call('', undefined, undefined)).map((delta) => chunk(delta)),
  text.map((content) => chunk({ content, ...call('x') })),
  fc.constantFrom(chunk({}, {}, 'stop'), '[DONE]', body({ error: { message: 'busy' } })),
  text.map((content) => chunk({ content }).replace('":"', '": "')),
);
const block = (index: number, delta: object): string => body({ type: 'content_block_delta', index, delta });
const messagesData = fc.oneof(
  { weight: 8, arbitrary: text.map((words) => block(0, { type: 'text_delta', text: words })) },
  { weight: 4, arbitrary: text.map((thinking) => block(1, { type: 'thinking_delta', thinking })) },
  { weight: 4, arbitrary: text.map((partial_json) => block(2, { type: 'input_json_delta', partial_json })) },
  text.map((words) => body({ index: 0, delta: { type: 'text_delta', text: words } })),
  fc
    .tuple(fc.nat({ max: 2 }), fc.constantFrom({ type: 'text', text: 'a' }, { type: 'thinking' }, { type: 'tool_use' }))
    .map(([index, content_block]) => body({ type: 'content_block_start', index, content_block })),
  fc.nat({ max: 2 }).map((index) => body({ type: 'content_block_stop', index })),
  fc.constantFrom(body({ type: 'message_stop' }), body({ type: 'error', error: {} })),
);
const opening: readonly Frame[] = [
  { data: body({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) },
];

/** Frames that come after the end of all count for nothing. */
function events(dialect: Dialect, frames: readonly Frame[]): ReplyEvent[] {
  const decoder = dialect.stream.decoder({ maker: 'x' });
  const told = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
  return [...told, ...frames.flatMap((frame) => decoder.push(frame))];
}

/** The same frames, none of which is like another. */
const numbered = (frames: readonly Frame[]): Frame[] =>
  frames.map((frame, index) => ({ ...frame, data: frame.data.replace(/^\{/, `{"n":${index},`) }));

describe('frames like the one before', () => {
  const frameOf = (data: fc.Arbitrary<string>, names: readonly string[]): fc.Arbitrary<Frame> =>
    fc.oneof(
      { weight: 9, arbitrary: data.map((one): Frame => ({ data: one })) },
      fc.tuple(data, fc.constantFrom(...names)).map(([one, event]): Frame => ({ event, data: one })),
    );

  it('tell what a parser makes of each, whatever stands between them', () => {
    const chat = fc.array(frameOf(chatData, ['error', 'message']), { maxLength: 14 });
    const messages = fc.array(frameOf(messagesData, ['content_block_delta', 'ping']), { maxLength: 14 });
    fc.assert(
      fc.property(chat, messages, (one, other) => {
        expect(events(openaiChat, one)).toEqual(events(openaiChat, numbered(one)));
        const blocks = [...opening, ...other];
        expect(events(anthropicMessages, blocks)).toEqual(events(anthropicMessages, numbered(blocks)));
      }),
      { numRuns: 1000 },
    );
  });

  it('are read also where one holds a text of many megabytes', () => {
    const long = '漢'.repeat(16_000_000);
    const frames = ['漢', long, long].map((content): Frame => ({ data: chunk({ content }) }));
    const told = events(openaiChat, frames).flatMap((event) => (event.type === 'part-delta' ? [event.text] : []));
    expect(told.map((text) => text === long || text)).toEqual(['漢', true, true]);
  });

  it('that are no JSON fail as they would alone', () => {
    const good = chunk({ content: 'abc' });
    fc.assert(
      fc.property(broken(good), (bad) => {
        const told = events(
          openaiChat,
          [good, good, { data: bad }].map((one) => (typeof one === 'string' ? { data: one } : one)),
        );
        expect(told.at(-1)).toMatchObject({ type: 'failure', error: { kind: 'upstream' } });
      }),
    );
  });
});
