// One credential is used up before the next is touched.

import type { Policy } from './policy.ts';

export const fillFirst: Policy = {
  title: 'the first that is ready',
  prepare: (candidates) => () => candidates,
};
