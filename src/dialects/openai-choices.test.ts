import { describe, expect, it } from 'vitest';
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
});
