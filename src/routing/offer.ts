// What one pool has for a request: its candidates in order, found as they are asked for, and what keeps the others.

import type { Candidate } from './catalogue.ts';
import type { Favourite } from './favourites.ts';
import { count } from './lookup.ts';
import type { Resolution } from './names.ts';
import { type Asked, obstacleOf, type PassedOver } from './obstacles.ts';
import type { Group, Pool } from './pools.ts';
import { Seen } from './seen.ts';

const nobody: readonly PassedOver[] = [];

/** Going through it again begins anew, with what is ready then; a chain's bound on attempts holds over all. */
export class Offer implements Iterable<Candidate> {
  readonly pool: Pool;
  /** Comes first. */
  readonly favourite: Favourite | undefined;
  readonly asked: Asked;
  /** How many are given at most. */
  readonly most: number;
  /** Those that were ever given; kept where a chain's bound counts them. */
  readonly attempted = new Seen();
  readonly #resolution: Resolution;
  #turn: number | undefined;

  constructor(resolution: Resolution, pool: Pool, favourite: Favourite | undefined, asked: Asked) {
    this.#resolution = resolution;
    this.pool = pool;
    this.favourite = favourite;
    this.asked = asked;
    this.most = resolution.chain?.attempts ?? Number.POSITIVE_INFINITY;
  }

  /** There is nobody to take turns with. */
  get single(): boolean {
    return this.#resolution.candidates.length === 1;
  }

  /** Counted once, when a policy first has something to order. */
  get turn(): number {
    this.#turn ??= this.asked.live.turn(this.#resolution.name);
    return this.#turn;
  }

  [Symbol.iterator](): Iterator<Candidate> {
    return new Walk(this);
  }

  /** All that would not be offered now, and why; the first `most` of them. */
  passedOver(first = Number.POSITIVE_INFINITY): readonly PassedOver[] {
    const { attempted, most, asked } = this;
    const spent = attempted.size >= most ? { because: `the chain makes at most ${count(most, 'attempt')}` } : undefined;
    let found: PassedOver[] | undefined;
    for (const candidate of this.#resolution.candidates) {
      if (found && found.length >= first) break;
      const obstacle = obstacleOf(candidate, asked) ?? (attempted.has(candidate) ? undefined : spent);
      if (!obstacle) continue;
      found ??= [];
      found.push({ candidate, ...obstacle });
    }
    return found ?? nobody;
  }
}

/**
 * One going through an offer. Not generators within generators: most requests take the first candidate and no other, and making
 * those would be most of what planning costs.
 */
class Walk implements Iterator<Candidate> {
  readonly #offer: Offer;
  readonly #given = new Seen();
  /** Those that another request is trying out: they come last. */
  #probed: Candidate[] | undefined;
  #favourite: Candidate | undefined;
  /** What has been begun of the order, and the group behind it. */
  #begun: Iterator<Candidate> | undefined;
  #group = 0;
  #made: number;

  constructor(offer: Offer) {
    const { attempted, favourite, asked, pool } = offer;
    this.#offer = offer;
    this.#made = attempted.size;
    this.#favourite = favourite?.candidate;
    if (asked.pinned === undefined) return;
    this.#begun = pool.holding(asked.pinned).values();
    this.#group = pool.groups.length;
  }

  next(): IteratorResult<Candidate, undefined> {
    const { attempted, most } = this.#offer;
    const value = this.#made < most ? (this.#ready() ?? this.#probe()) : undefined;
    if (!value) return { done: true, value };
    this.#made += 1;
    if (most < Number.POSITIVE_INFINITY) attempted.add(value);
    return { done: false, value };
  }

  #ready(): Candidate | undefined {
    const { asked, favourite } = this.#offer;
    for (let candidate = this.#pull(); candidate; candidate = this.#pull()) {
      const same = identity(candidate);
      if (this.#given.has(same) || obstacleOf(candidate, asked)) continue;
      this.#given.add(same);
      // One request at a time finds out whether it is well again; the others come back to it last, but for those that waited for it.
      const awaited = favourite?.soon !== undefined && candidate === favourite.candidate;
      if (awaited || !asked.live.health.probing(candidate)) return candidate;
      this.#probed ??= [];
      this.#probed.push(candidate);
    }
    return undefined;
  }

  #probe(): Candidate | undefined {
    for (let candidate = this.#probed?.shift(); candidate; candidate = this.#probed?.shift())
      if (!obstacleOf(candidate, this.#offer.asked)) return candidate;
    return undefined;
  }

  /** The next one in order, whether it can be used or not. */
  #pull(): Candidate | undefined {
    const favourite = this.#favourite;
    this.#favourite = undefined;
    if (favourite) return favourite;
    for (;;) {
      const step = this.#begun?.next();
      if (step?.done === false) return step.value;
      const group = this.#offer.pool.groups[this.#group];
      if (!group) return undefined;
      this.#group += 1;
      const only = this.#begin(group);
      if (only) return only;
    }
  }

  /** Begins a group; the only one of it that is ready needs no order. */
  #begin(group: Group): Candidate | undefined {
    const { live, now } = this.#offer.asked;
    const { candidates, order } = group.ready(live.health, now());
    this.#begun = undefined;
    if (this.#offer.single) return candidates[0];
    const { turn } = this.#offer;
    if (candidates.length === 1) return candidates[0];
    this.#begun = order({ turn, busy: live.rateLimits.busy })[Symbol.iterator]();
    return undefined;
  }
}

/** Two entries of a chain may come to the same model of the same credential: it is asked once. */
function identity(candidate: Candidate): unknown {
  return candidate.link ? `${candidate.credential.id} ${candidate.model.id}` : candidate;
}
