import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkReader } from './chunks.ts';

const chunk = (delta: object, more: object = {}) =>
  JSON.stringify({
    id: 'c',
    object: 'chat.completion.chunk',
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...more,
  });

function read(frames: readonly string[]): unknown[] {
  const reader = chunkReader();
  return frames.map((frame) => reader(frame));
}

describe('chunks of one stream', () => {
  it('are what a parser makes of each, whatever their text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '"', '\\', '\\"', '"content":"', '\u2028', '\ud800'),
    );
    const frame = fc.oneof(
      text.map((content) => chunk({ content })),
      text.map((content) => chunk({ role: 'assistant', content })),
      fc.tuple(text, text).map(([content, other]) => chunk({ content }, { note: { content: other } })),
      text.map((content) => chunk({ content }, { usage: { total_tokens: 3 } })),
      text.map((content) => chunk({ content }).replace('"c"', '"d"')),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        expect(read(frames)).toEqual(frames.map((one) => JSON.parse(one)));
      }),
    );
  });

  it('that are no JSON are told from those that look like the one before', () => {
    const good = chunk({ content: 'abc' });
    const broken = [
      good.replace('abc', 'a"c'),
      good.replace('abc', 'a\nc'),
      good.replace('abc', 'a\\'),
      good.slice(0, -1),
    ];
    expect(read([good, ...broken.flatMap((one) => [one, good])]).filter((one) => one === undefined).length).toBe(
      broken.length,
    );
  });
});
