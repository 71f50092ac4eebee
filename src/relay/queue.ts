// The candidates of one round, in order: those that the plan offers and this request may still go to.

import type { Candidate } from '../routing/catalogue.ts';
import type { Live } from '../routing/live.ts';

type Test = (candidate: Candidate) => boolean;

export interface Queue {
  next(): Candidate | undefined;
  /** Whether another candidate like this is ready. */
  other(like?: Test): boolean;
  /** Another candidate will be tried after this one, as things are now. */
  more(): boolean;
}

/** Candidates looked at ahead: thousands of one service are as good as none where all of it rests. */
const farthest = 64;

/** `most`: how many are tried at most; 0: all. */
export function queueOf(candidates: Iterable<Candidate>, admits: Test, most: number, stillReady: Test): Queue {
  const given = new Set<Candidate>();
  /** Pulled and not given yet; time may have passed since. */
  let ahead: Candidate[] = [];
  let iterator = candidates[Symbol.iterator]();
  /** How many had been given when the iterator came to its end. */
  let endedAt = -1;
  const pull = (): Candidate | undefined => {
    for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
      if (!given.has(step.value) && admits(step.value)) return step.value;
    }
    endedAt = given.size;
    return undefined;
  };
  /** What has failed since the end was seen may have brought up others, such as the model that stands in for a used-up quota. */
  const renew = (): boolean => {
    if (endedAt < 0 || ahead.length > 0) return false;
    endedAt = -1;
    iterator = candidates[Symbol.iterator]();
    return true;
  };
  const other = (like: Test = () => true): boolean => {
    ahead = ahead.filter((candidate) => admits(candidate) && stillReady(candidate));
    if (ahead.some(like)) return true;
    while (ahead.length < farthest) {
      const candidate = pull();
      if (!candidate) return false;
      ahead.push(candidate);
      if (like(candidate)) return true;
    }
    return false;
  };
  const full = (): boolean => most > 0 && given.size >= most;
  const more = (): boolean => !full() && (other() || (renew() && other()));
  return {
    next() {
      const candidate = given.size === 0 ? pull() : more() ? ahead.shift() : undefined;
      if (candidate) given.add(candidate);
      return candidate;
    },
    other,
    more,
  };
}

/** Whether what was ready a moment ago still is. */
export function isReady({ health, rateLimits }: Live, now: () => number): Test {
  return (candidate) =>
    health.cooldownOf(candidate, now()) === undefined && rateLimits.obstacle(candidate.credential, now()) === undefined;
}
