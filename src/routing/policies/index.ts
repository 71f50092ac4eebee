// The policies, by the words of the configuration.

import type { PolicyName } from '../settings.ts';
import { fillFirst } from './fill-first.ts';
import { leastBusy } from './least-busy.ts';
import type { Policy } from './policy.ts';
import { roundRobin } from './round-robin.ts';
import { weighted } from './weighted.ts';

/** All there are. The key is the word of `routing.strategy`. */
export const policies: Readonly<Record<PolicyName, Policy>> = {
  'round-robin': roundRobin,
  weighted,
  'fill-first': fillFirst,
  'least-busy': leastBusy,
};
