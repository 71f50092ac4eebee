// Requests are shared out by weight: exactly, over as many requests as the weights sum up to, and evenly spread among them. Nothing
// is remembered between requests: the turn alone says whose it is.

import type { Candidate } from '../catalogue.ts';
import type { Policy } from './policy.ts';

/** In proportion to `weight`; 0 or less is never chosen. */
export const weighted: Policy = {
  title: 'in turn by weight',
  refuses: ({ credential }) => (credential.weight > 0 ? undefined : 'its weight is 0: it is never chosen by weight'),
  prepare(candidates) {
    const ends = slotEnds(candidates);
    const total = ends.at(-1) ?? 1;
    const step = stepOf(total);
    /** Turn after turn visits every slot once, far from the one before. */
    const at = (turn: number): Candidate | undefined => candidates[indexOf(ends, ((turn % total) * step) % total)];
    return function* ({ turn }) {
      const given = new Set<Candidate>();
      // Whose turn would come next goes next; those whose turn is far off come at the end, as they stand.
      for (let ahead = 0; ahead < farthest && given.size < candidates.length; ahead++) {
        const candidate = at(turn + ahead);
        if (!candidate || given.has(candidate)) continue;
        given.add(candidate);
        yield candidate;
      }
      for (const candidate of candidates) if (!given.has(candidate)) yield candidate;
    };
  },
};

/** Turns that are looked ahead for the order of failing over. */
const farthest = 64;
/** The most slots: their products with a turn stay whole numbers. */
const mostSlots = 2 ** 26;

/** One slot for each unit of weight, candidate after candidate: where each one's slots end. */
function slotEnds(candidates: readonly Candidate[]): readonly number[] {
  const weights = candidates.map(({ credential }) => credential.weight);
  const whole = weights.every(Number.isInteger) ? weights : weights.map((weight) => Math.round(weight * 1000));
  const divisor = whole.reduce(greatestCommonDivisor, 0) || 1;
  const sum = whole.reduce((total, weight) => total + weight / divisor, 0);
  const scale = divisor * Math.max(1, sum / mostSlots);
  let end = 0;
  return whole.map((weight) => {
    end += Math.max(1, Math.floor(weight / scale));
    return end;
  });
}

/** A step near the golden section of the total that visits every slot: it has no divisor in common with the total. */
function stepOf(total: number): number {
  const golden = Math.max(1, Math.round(total * 0.618_033_988_749_895));
  for (let off = 0; off < total; off++) {
    for (const step of [golden - off, golden + off])
      if (step > 0 && greatestCommonDivisor(step, total) === 1) return step;
  }
  return 1;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The first candidate whose slots end behind this one. */
function indexOf(ends: readonly number[], slot: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) > slot) high = middle;
    else low = middle + 1;
  }
  return low;
}
