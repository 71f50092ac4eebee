import { describe, expect, it } from 'vitest';
import { excerpt } from './excerpt.ts';

describe('excerpt', () => {
  it('leaves what is short enough, and says how much of the rest is left out', () => {
    expect(excerpt('x'.repeat(500))).toBe('x'.repeat(500));
    expect(excerpt('x'.repeat(1_000_000))).toBe(`${'x'.repeat(500)}… (999500 more characters)`);
  });

  it('cuts on a character', () => {
    expect(excerpt(`${'x'.repeat(499)}😀 and more`)).toBe(`${'x'.repeat(499)}… (11 more characters)`);
    expect(excerpt(`${'x'.repeat(498)}😀 and more`)).toBe(`${'x'.repeat(498)}😀… (9 more characters)`);
  });
});
