// The candidates of one round, in order: those that the plan offers and this request may still go to.

import type { Candidate } from '../routing/catalogue.ts';
import type { Live } from '../routing/live.ts';
import { Seen } from '../routing/seen.ts';

type Test = (candidate: Candidate) => boolean;

/** Gives each candidate at most once. What is ready is looked at when it is asked for, and not before. */
export interface Queue {
  /** Undefined: there is none, or as many as a round may try were given. */
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
  return new Pulled(candidates, admits, most, stillReady);
}

class Pulled implements Queue {
  readonly #candidates: Iterable<Candidate>;
  readonly #admits: Test;
  readonly #most: number;
  readonly #stillReady: Test;
  readonly #given = new Seen();
  /** Pulled and not given yet; time may have passed since. */
  #ahead: Candidate[] = [];
  #iterator: Iterator<Candidate>;
  #ended = false;

  constructor(candidates: Iterable<Candidate>, admits: Test, most: number, stillReady: Test) {
    this.#candidates = candidates;
    this.#admits = admits;
    this.#most = most;
    this.#stillReady = stillReady;
    this.#iterator = candidates[Symbol.iterator]();
  }

  next(): Candidate | undefined {
    const candidate = this.#given.size === 0 ? this.#pull() : this.more() ? this.#ahead.shift() : undefined;
    if (candidate) this.#given.add(candidate);
    return candidate;
  }

  other(like: Test = anyone): boolean {
    this.#ahead = this.#ahead.filter((candidate) => this.#admits(candidate) && this.#stillReady(candidate));
    if (this.#ahead.some(like)) return true;
    while (this.#ahead.length < farthest) {
      const candidate = this.#pull();
      if (!candidate) return false;
      this.#ahead.push(candidate);
      if (like(candidate)) return true;
    }
    return false;
  }

  more(): boolean {
    const full = this.#most > 0 && this.#given.size >= this.#most;
    return !full && (this.other() || (this.#renew() && this.other()));
  }

  #pull(): Candidate | undefined {
    for (let step = this.#iterator.next(); step.done !== true; step = this.#iterator.next()) {
      if (!this.#given.has(step.value) && this.#admits(step.value)) return step.value;
    }
    this.#ended = true;
    return undefined;
  }

  /** What has failed since the end was seen may have brought up others, such as the model that stands in for a used-up quota. */
  #renew(): boolean {
    if (!this.#ended || this.#ahead.length > 0) return false;
    this.#ended = false;
    this.#iterator = this.#candidates[Symbol.iterator]();
    return true;
  }
}

const anyone: Test = () => true;

/** Whether what was ready a moment ago still is. */
export function isReady({ health, rateLimits }: Live, now: () => number): Test {
  return (candidate) =>
    health.cooldownOf(candidate, now()) === undefined && rateLimits.obstacle(candidate.credential, now()) === undefined;
}
