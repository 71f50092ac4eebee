// From an envelope to the ordered candidates that could answer it, and why each other one was left out. Pure but for what it looks at:
// health, sessions and limits, as they are when a candidate is asked for.

import type { Carried, Envelope } from '../envelope.ts';
import type { Bound, Conversation } from './affinity.ts';
import type { Candidate } from './catalogue.ts';
import { type Favourite, favouriteOf } from './favourites.ts';
import type { Live } from './live.ts';
import { count } from './lookup.ts';
import { findName, type Resolution, resolve } from './names.ts';
import type { Asked, PassedOver } from './obstacles.ts';
import { Offer } from './offer.ts';
import { policies } from './policies/index.ts';
import type { Pool } from './pools.ts';
import type { Settings } from './settings.ts';
import { quotaIsUsedUp, siblingOf } from './siblings.ts';
import type { Snapshot } from './snapshot.ts';

/** What is asked of the plan, and what it looks at. Functions are asked only where it counts, so that most bodies are not parsed. */
export interface PlanRequest {
  readonly envelope: Envelope;
  readonly snapshot: Snapshot;
  readonly live: Live;
  /** Wall-clock milliseconds. */
  readonly now: () => number;
  /** Asked for, once, where there is a choice. */
  readonly session: () => Conversation | undefined;
  /** The id of the one credential that can serve the request: it holds what the request refers to. */
  readonly pinned?: string | undefined;
  /** Credentials, by id or label, to plan without. */
  readonly without?: ReadonlySet<string> | undefined;
  /** Whether a candidate has refused this very request because its quota is used up: what rests nothing is seen by that alone. */
  readonly spent?: (candidate: Candidate) => boolean;
  /** Bytes of the body. */
  readonly size: number;
  /** Asked for, once, where it counts. */
  readonly carries: () => ReadonlySet<Carried>;
}

/** Whom a request may go to, in order, and why not to the others. */
export interface Plan {
  readonly resolution: Resolution;
  /** How the order came about, in words. Grows where asking for candidates brings up more. */
  readonly order: readonly string[];
  /**
   * In the order in which they shall be tried, found as they are asked for: each is ready when it is given. May be empty. Going
   * through them again begins anew, with what is ready then; a chain's bound on attempts holds over all.
   */
  readonly candidates: Iterable<Candidate>;
  /** Candidates there are for the name, offered or not. */
  readonly total: number;
  /** Under what the conversation is to be bound to who answers it; absent: nothing is remembered of it. */
  readonly session: string | undefined;
  /** Who served the conversation last, wherever it goes now. */
  readonly bound: Bound | undefined;
  /**
   * Whoever served the conversation last is ready then, which is soon enough to be waited for: wall-clock milliseconds. Until then
   * it is not offered.
   */
  readonly soon: number | undefined;
  /** All that would not be offered now, and why; the first `most` of them, where that is told. */
  passedOver(most?: number): readonly PassedOver[];
  /** Wall-clock milliseconds, as the plan reads them. */
  readonly now: () => number;
}

/** The plan for a request. Throws `model-not-found` for an unknown name. */
export function plan(request: PlanRequest): Plan {
  return new Planned(request);
}

class Planned implements Plan, Iterable<Candidate> {
  readonly resolution: Resolution;
  readonly order: string[];
  readonly candidates: Iterable<Candidate>;
  readonly total: number;
  readonly session: string | undefined;
  readonly bound: Bound | undefined;
  readonly soon: number | undefined;
  readonly now: () => number;
  readonly #request: PlanRequest;
  readonly #asked: Asked;
  readonly #offer: Offer;

  constructor(request: PlanRequest) {
    const { envelope, snapshot, live, now, pinned, without, size, carries } = request;
    const { settings, catalogue } = snapshot;
    const resolution =
      findName(catalogue, envelope.model) ??
      resolve(catalogue, envelope.model, (candidate) => isReady(candidate, live, now(), settings));
    const pool = live.pools.of(resolution, settings);
    const asked: Asked = { envelope, live, now, policy: pool.policy, pinned, without, size, carries };
    const choice = resolution.candidates.length > 1 && pinned === undefined;
    const favourite = choice
      ? favouriteOf(() => conversationUnder(resolution, request), pool, settings, asked)
      : undefined;
    this.resolution = resolution;
    this.order = orderLines(pool, favourite, request);
    this.#request = request;
    this.#asked = asked;
    this.#offer = new Offer(resolution, pool, favourite, asked);
    this.candidates = settings.switchPreview ? this : this.#offer;
    this.total = resolution.candidates.length;
    this.now = now;
    this.session = favourite?.session;
    this.bound = favourite?.bound;
    this.soon = favourite?.soon;
  }

  passedOver(most?: number): readonly PassedOver[] {
    return this.#offer.passedOver(most);
  }

  /** With the model that stands in for one whose quota is used up. */
  *[Symbol.iterator](): Generator<Candidate> {
    yield* this.#offer;
    const { resolution } = this;
    const { snapshot, live, spent = () => false } = this.#request;
    const { catalogue, settings } = snapshot;
    const sibling = quotaIsUsedUp(resolution.candidates, this.#asked, spent) && siblingOf(catalogue, resolution);
    if (!sibling) return;
    this.order.push(`the quota of "${resolution.name}" is used up everywhere: "${sibling.name}" stands in for it`);
    yield* new Offer(sibling, live.pools.of(sibling, settings), undefined, this.#asked);
  }
}

/** A conversation has a binding for each name that it is led under. */
function conversationUnder({ name }: Resolution, { session }: PlanRequest): Conversation | undefined {
  const conversation = session();
  if (!conversation) return undefined;
  const { id, began } = conversation;
  return { ...conversation, id: `${name}\n${id}`, ...(began !== undefined && { began: `${name}\n${began}` }) };
}

function isReady(candidate: Candidate, { health }: Live, now: number, { policy }: Settings): boolean {
  if (candidate.credential.unusable !== undefined || policies[policy].refuses?.(candidate)) return false;
  return !health.cooldownOf(candidate, now);
}

function orderLines(
  pool: Pool,
  favourite: Favourite | undefined,
  { live, now, pinned, snapshot }: PlanRequest,
): string[] {
  if (pinned !== undefined) {
    const label = snapshot.credentials.find(({ id }) => id === pinned)?.label ?? 'a credential that is gone';
    return [`pinned to ${label}: it holds what the request refers to`];
  }
  const line = groupLine(pool, live, now());
  return favourite ? [favourite.line, line] : [line];
}

/** How those are ordered that can be used now. */
function groupLine({ groups }: Pool, { health }: Live, at: number): string {
  let place = 0;
  for (const group of groups) {
    const { candidates, line } = group.ready(health, at);
    if (candidates.length > 0)
      return place === 0 ? line : `${line}; ${count(place, 'group')} of a better tier or priority cannot be used now`;
    place += 1;
  }
  return 'none is ready';
}
