import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printSpan, printTable, printText } from './table.ts';

it('a table keeps to 80 columns: the widest column gives way, the others stay', () => {
  const lines = printTable(
    ['MODEL', 'STATE'],
    [
      ['gpt-5.2', 'ready'],
      ['a-model', `rests 29 min: ${'the upstream said so '.repeat(10)}`],
    ],
  ).split('\n');
  expect(lines[0]).toBe('MODEL    STATE');
  expect(lines[1]).toBe('gpt-5.2  ready');
  expect(lines[2]).toMatch(/^a-model {2}rests 29 min: the upstream said so .*…$/);
  expect(lines[2]).toHaveLength(80);
});

it('tables and paragraphs of any words fit, and paragraphs lose none', () => {
  const word = fc.string({ minLength: 1, maxLength: 60, unit: fc.constantFrom(...'abc…1é') });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, word, word), { maxLength: 6 }),
      fc.array(word, { maxLength: 30 }),
      (rows, words) => {
        for (const line of printTable(['A', 'B', 'C'], rows, 2).split('\n'))
          expect(line.length).toBeLessThanOrEqual(80);
        const lines = printText(words.join(' '), 3).split('\n');
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
        expect(lines.map((line) => line.trim()).join(' ')).toBe(words.join(' '));
      },
    ),
  );
});

it('spans are said in the unit that suits them', () => {
  expect([0, 0.4, 45, 99, 100, 1740, 6000, 43_200].map(printSpan)).toEqual([
    '0 s',
    '1 s',
    '45 s',
    '99 s',
    '2 min',
    '29 min',
    '2 h',
    '12 h',
  ]);
});
