// Each request for a model begins with the next candidate in turn.

import type { Policy } from './policy.ts';

export const roundRobin: Policy = (candidates, { turn }) => {
  const first = turn % candidates.length;
  return [...candidates.slice(first), ...candidates.slice(0, first)];
};
