import { describe, expect, it } from 'vitest';
import { patternFault, readPattern } from './pattern.ts';

describe('patterns of operators', () => {
  it.each([
    ['quota.*used', 'quota is used'],
    ['(?i)QUOTA', 'the quota'],
    ['(?is)a.b', 'A\nB'],
    [String.raw`\"code\":\s*402`, '"code": 402'],
    [String.raw`rate\-limit[\-_]x`, 'rate-limit-x'],
    [String.raw`\\-x`, String.raw`a\-x`],
    ['(?P<what>key)s', 'keys'],
  ])('%s finds %j', (pattern, text) => {
    expect(patternFault(pattern)).toBeUndefined();
    expect(readPattern(pattern).test(text)).toBe(true);
  });

  it('tells cases apart unless told otherwise', () => {
    expect(readPattern('quota').test('QUOTA')).toBe(false);
  });

  it.each(['(open', '[', '*', String.raw`\A`, 'a{2,1}', '(?z)a'])('%s is refused with a reason', (pattern) => {
    expect(patternFault(pattern)).toMatch(/^[A-Za-z]+ [a-z]+/);
  });
});
