// The state that routing looks at and the configuration does not hold: health, sessions, limits, turns. It outlives snapshots; made once, in
// app.ts.

import { type Affinity, createAffinity } from './affinity.ts';
import { createHealth, type Health } from './health.ts';
import { createPools, type Pools } from './pools.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';

/** What routing remembers from one request to the next, whatever the configuration. */
export interface Live {
  readonly health: Health;
  readonly affinity: Affinity;
  readonly rateLimits: RateLimits;
  /** What is ready of each name, as last found. */
  readonly pools: Pools;
  /** Counts the requests for a pool: returns how many came before this one. */
  turn(pool: string): number;
  /** The same without counting one. */
  peek(pool: string): number;
}

/** Pools whose turns are counted. */
const most = 100_000;

/** Nothing has happened yet. */
export function createLive(): Live {
  const turns = new Map<string, number>();
  return {
    health: createHealth(),
    affinity: createAffinity(),
    rateLimits: createRateLimits(),
    pools: createPools(),
    peek: (pool) => turns.get(pool) ?? 0,
    turn(pool) {
      const turn = turns.get(pool) ?? 0;
      // Names that routed once and went with a reload are not kept for ever.
      if (turns.size >= most && !turns.has(pool)) turns.clear();
      turns.set(pool, turn + 1);
      return turn;
    },
  };
}
