import { describe, expect, it } from 'vitest';
import { decodeCall } from './content-decode.ts';

describe('the input of a call', () => {
  it.each([
    [{ a: 1 }, '{"a":1}'],
    ['{"a":1}', '{"a":1}'],
    ['a', '"a"'],
    [undefined, '{}'],
  ])('%j is the text %s', (input, text) => {
    const block = { id: 'a', name: 'f', ...(input !== undefined && { input }) };
    expect(decodeCall(block, 'content[0]').input).toBe(text);
  });
});
