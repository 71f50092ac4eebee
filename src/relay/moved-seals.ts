// Conversations whose history holds sealed reasoning of more than one account: it is left out from the start, since whichever account
// is asked would refuse a part of it.

import { LRUCache } from 'lru-cache';

/** Conversations by the key of their binding, or their own id where they are bound to nothing. */
export interface MovedSeals {
  has(conversation: string): boolean;
  add(conversation: string): void;
  readonly size: number;
}

/** Conversations that are remembered; one that is forgotten costs one refused call. */
const most = 10_000;
const lifetime = 6 * 3_600_000;

/** Knows of none yet. */
export function createMovedSeals(): MovedSeals {
  const known = new LRUCache<string, true>({ max: most, ttl: lifetime });
  return {
    has: (conversation) => known.has(conversation),
    add: (conversation) => void known.set(conversation, true),
    get size() {
      return known.size;
    },
  };
}
