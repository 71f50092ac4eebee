import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkFinder } from './marks.ts';

const marks = ['"error":', '"usage": {', 'event:error', 'x[DONE]'];
/** Much that begins or ends like a mark, at any alignment. */
const piece = fc.constantFrom(
  ...marks,
  ...marks.map((mark) => mark.slice(1)),
  '"err',
  'or":',
  'x',
  '{"',
  '[DONE]',
  'é',
);

describe('MarkFinder', () => {
  it('finds what a search for each mark finds, wherever the bytes begin', () => {
    fc.assert(
      fc.property(fc.array(piece), fc.nat({ max: 9 }), (pieces, shift) => {
        const bytes = Buffer.from('x'.repeat(shift) + pieces.join('')).subarray(shift);
        const text = bytes.toString('latin1');
        const ends = marks.flatMap((mark) =>
          [...text.matchAll(new RegExp(RegExp.escape(mark), 'g'))].map((match) => match.index + mark.length),
        );
        const finder = new MarkFinder(marks);
        finder.over(bytes);
        const found: number[] = [];
        for (let at = finder.next(0); at <= bytes.length; at = finder.next(at)) found.push(at);
        expect(found).toEqual(ends.sort((a, b) => a - b));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no mark that could stand between the places it looks at', () => {
    expect(() => new MarkFinder(['[DONE]'])).toThrow(RangeError);
  });
});
