// Each request for a model begins with the next candidate in turn.

import type { Policy } from './policy.ts';
import { fromTurn } from './turn.ts';

export const roundRobin: Policy = {
  title: 'each in turn',
  prepare:
    (candidates) =>
    ({ turn }) =>
      fromTurn(candidates, turn),
};
