import { describe, expect, it } from 'vitest';
import { newId, newToken } from './identifiers.ts';

describe('identifiers', () => {
  const many = 5000;

  it('are UUIDs of version 4, and all digits of each occur', () => {
    const ids = Array.from({ length: many }, newId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(many);
    for (let at = 0; at < 36; at++) {
      const fixed = [8, 13, 14, 18, 23].includes(at);
      expect(new Set(ids.map((id) => id[at])).size).toBe(fixed ? 1 : at === 19 ? 4 : 16);
    }
  });

  it('are tokens of 24 letters and digits, each another', () => {
    const tokens = Array.from({ length: many }, newToken);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-z]{24}$/);
    expect(new Set(tokens).size).toBe(many);
  });
});
