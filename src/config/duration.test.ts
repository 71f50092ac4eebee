import { expect, it } from 'vitest';
import { durationPattern, milliseconds } from './duration.ts';

it.each([
  ['1h', 3_600_000],
  ['90m', 5_400_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['2m500ms', 120_500],
  ['3600', 3_600_000],
  ['0.25', 250],
])('%s is %d milliseconds', (text, expected) => {
  expect(durationPattern.test(text)).toBe(true);
  expect(milliseconds(text)).toBe(expected);
});

it.each(['', 'h', '1 h', '1d', '-1h', '1h30', '1e3', '1hm'])('%j is none', (text) => {
  expect(durationPattern.test(text)).toBe(false);
});
