import { describe, expect, it } from 'vitest';
import type { Frame } from '../frame.ts';
import { stream as chat } from './openai-chat/stream.ts';
import { stream as completions } from './openai-completions/stream.ts';

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
