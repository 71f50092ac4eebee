import { describe, expect, it } from 'vitest';
import { refusal } from '../../test/support/refusal.ts';
import type { Frame } from '../frame.ts';
import { stream as chat } from './openai-chat/stream.ts';
import { stopsOf } from './openai-choices.ts';
import { stream as completions } from './openai-completions/stream.ts';

it.each([5, { a: 1 }, true])('a stop of %j is refused', (stop) => {
  expect(refusal(() => stopsOf({ stop })).message).toContain('stop must be a string or an array');
});

it('a stop may be a text, a list or nothing', () => {
  expect([{ stop: 'a' }, { stop: ['a', 'b'] }, { stop: null }, {}].map(stopsOf)).toEqual([
    ['a'],
    ['a', 'b'],
    undefined,
    undefined,
  ]);
});

describe.each([
  ['chat', chat],
  ['completions', completions],
])('the meter of a %s stream', (_, { meter }) => {
  it.each(['[DONE]', '{"error":{"message":"x"}}'])('knows a chunk with nothing but usage after %s', (last) => {
    const one = meter();
    one.read({ data: last });
    expect(one.onlyUsage).toBe(false);
    one.read({ data: '{"choices":[],"usage":{"prompt_tokens":1}}' });
    expect([one.onlyUsage, one.reading.usage]).toEqual([true, undefined]);
    one.read({ data: '[DONE]' });
    expect(one.onlyUsage).toBe(false);
  });

  it.each<[Frame]>([
    [{ data: '{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}' }],
    [{ data: '{"object":"error","message":"x","code":503}' }],
    [{ event: 'error', data: '{"message":"x"}' }],
    [{ data: '{"choices":[{"index":0,"finish_reason":"insufficient_system_resource"}]}' }],
  ])('knows a failure however it is told: %j', (frame) => {
    const one = meter();
    expect(one.marks.some((mark) => `event:${frame.event ?? ''}\ndata: ${frame.data}`.includes(mark))).toBe(true);
    one.read(frame);
    expect(one.reading).toMatchObject({ ended: true, failure: { kind: expect.any(String) } });
  });

  it('speaks of the first choice by its number, wherever it stands', () => {
    const one = meter();
    one.read({ data: '{"choices":[{"index":1,"finish_reason":"stop"}]}' });
    expect(one.reading.ended).toBe(false);
    one.read({ data: '{"choices":[{"index":1,"finish_reason":"stop"},{"index":0,"finish_reason":"length"}]}' });
    expect(one.reading.finish).toEqual({ reason: 'length', raw: 'length' });
  });
});
