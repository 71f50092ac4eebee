// Each request for a model begins with the next candidate in turn.

import type { Policy } from './policy.ts';
import { fromTurn } from './turn.ts';

/** While the same ones are ready, a turn begins with the candidate behind the one that the turn before began with. */
export const roundRobin: Policy = {
  title: 'each in turn',
  prepare:
    (candidates) =>
    ({ turn }) =>
      fromTurn(candidates, turn),
};
