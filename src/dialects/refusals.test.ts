import { describe, expect, it } from 'vitest';
import { error } from './gemini/error.ts';
import { kindOfProse } from './refusals.ts';

describe('what a refusal means, from its prose', () => {
  it.each(['model ', 'token count ', `model${' '.repeat(1 << 20)}`])('is found soon in a long one (%#)', (words) => {
    // What costs the square of this takes minutes.
    const message = words.repeat(Math.ceil((1 << 20) / words.length));
    expect(kindOfProse(400, message)).toBeUndefined();
    expect(error.decode(400, JSON.stringify({ error: { code: 400, message } }), {}).kind).toBe('bad-request');
  });
});
