// One credential is used up before the next is touched.

import type { Policy } from './policy.ts';

/** As in the configuration, always: the next one has its turn while those before it rest or are at their limits. */
export const fillFirst: Policy = {
  title: 'the first that is ready',
  prepare: (candidates) => () => candidates,
};
