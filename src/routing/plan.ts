// From an envelope to the ordered candidates that could answer it, and why each other one was left out. Pure but for what it looks at:
// health, sessions and limits, as they are when a candidate is asked for.

import type { Carried, Envelope } from '../envelope.ts';
import type { Bound, Conversation } from './affinity.ts';
import type { Candidate } from './catalogue.ts';
import { type Favourite, favouriteOf } from './favourites.ts';
import type { Live } from './live.ts';
import { count } from './lookup.ts';
import { type Resolution, resolve } from './names.ts';
import { type Asked, type Obstacle, obstacleOf } from './obstacles.ts';
import { policies } from './policies/index.ts';
import type { Pool } from './pools.ts';
import type { Settings } from './settings.ts';
import { quotaIsUsedUp, siblingOf } from './siblings.ts';
import type { Snapshot } from './snapshot.ts';

export { nothingReady } from './nothing-ready.ts';
export { usable } from './obstacles.ts';

export interface PlanRequest {
  readonly envelope: Envelope;
  readonly snapshot: Snapshot;
  readonly live: Live;
  /** Wall-clock milliseconds. */
  readonly now: () => number;
  /** Asked for, once, where there is a choice. */
  readonly session: () => Conversation | undefined;
  /** The id of the one credential that can serve the request: it holds what the request refers to. */
  readonly pinned?: string;
  /** Credentials, by id or label, to plan without. */
  readonly without?: ReadonlySet<string>;
  /** Whether a candidate has refused this very request because its quota is used up: what rests nothing is seen by that alone. */
  readonly spent?: (candidate: Candidate) => boolean;
  /** Bytes of the body. */
  readonly size: number;
  /** Asked for, once, where it counts. */
  readonly carries: () => ReadonlySet<Carried>;
}

/** Why a candidate is not offered, in words; `until` (wall-clock milliseconds) where that passes by itself. */
export interface PassedOver extends Obstacle {
  readonly candidate: Candidate;
}

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
  readonly session?: string;
  /** Who served the conversation last, wherever it goes now. */
  readonly bound?: Bound;
  /**
   * Whoever served the conversation last is ready then, which is soon enough to be waited for: wall-clock milliseconds. Until then
   * it is not offered.
   */
  readonly soon?: number;
  /** All that would not be offered now, and why; the first `most` of them, where that is told. */
  passedOver(most?: number): readonly PassedOver[];
  /** Wall-clock milliseconds, as the plan reads them. */
  readonly now: () => number;
}

/** The plan for a request. Throws `model-not-found` for an unknown name. */
export function plan(request: PlanRequest): Plan {
  const { envelope, snapshot, live, now, pinned, spent = () => false } = request;
  const { settings, catalogue } = snapshot;
  const resolution = resolve(catalogue, envelope.model, (candidate) => isReady(candidate, live, now(), settings));
  const pool = live.pools.of(resolution, settings);
  const asked: Asked = {
    envelope,
    live,
    now,
    policy: pool.policy,
    pinned,
    without: request.without,
    size: request.size,
    carries: once(request.carries),
  };
  const all = resolution.candidates;
  const choice = all.length > 1 && pinned === undefined;
  const favourite = choice
    ? favouriteOf(() => conversationUnder(resolution, request), pool, settings, asked)
    : undefined;
  const order = orderLines(pool, favourite, request);
  const offer = createOffer(resolution, pool, favourite, asked);
  const candidates = function* (): Generator<Candidate> {
    yield* offer.candidates();
    const sibling = settings.switchPreview && quotaIsUsedUp(all, asked, spent) && siblingOf(catalogue, resolution);
    if (!sibling) return;
    order.push(`the quota of "${resolution.name}" is used up everywhere: "${sibling.name}" stands in for it`);
    yield* createOffer(sibling, live.pools.of(sibling, settings), undefined, asked).candidates();
  };
  return {
    resolution,
    order,
    candidates: { [Symbol.iterator]: candidates },
    total: all.length,
    passedOver: offer.passedOver,
    now,
    ...(favourite?.session !== undefined && { session: favourite.session }),
    ...(favourite?.bound && { bound: favourite.bound }),
    ...(favourite?.soon !== undefined && { soon: favourite.soon }),
  };
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

function once<Value>(ask: () => Value): () => Value {
  let known: { readonly value: Value } | undefined;
  return () => {
    known ??= { value: ask() };
    return known.value;
  };
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
  const at = now();
  const { groups, policy } = pool;
  const place = groups.findIndex((group) => group.ready(live.health, at).candidates.length > 0);
  const group = groups[place];
  const ready = group?.ready(live.health, at).candidates.length ?? 0;
  const behind = place > 0 ? `; ${count(place, 'group')} of a better tier or priority cannot be used now` : '';
  const line = group
    ? `${snapshot.settings.policy}: ${policy.title}, ${ready} ready of ${group.size}${behind}`
    : 'none is ready';
  return favourite ? [favourite.line, line] : [line];
}

interface Offer {
  candidates(): Generator<Candidate>;
  passedOver(most?: number): readonly PassedOver[];
}

/** What one pool has for the request. */
function createOffer(resolution: Resolution, pool: Pool, favourite: Favourite | undefined, asked: Asked): Offer {
  const { candidate: first, soon } = favourite ?? {};
  const { live, now } = asked;
  const most = resolution.chain?.attempts ?? Number.POSITIVE_INFINITY;
  /** Those that were ever given; kept where a chain's bound counts them. */
  const attempted = new Set<Candidate>();
  const turn = once(() => live.turn(resolution.name));

  const inOrder = function* (): Generator<Candidate> {
    if (first) yield first;
    const { busy } = live.rateLimits;
    if (asked.pinned !== undefined) yield* pool.holding(asked.pinned);
    else for (const group of pool.groups) yield* group.ready(live.health, now()).order({ turn: turn(), busy });
  };
  const ready = function* (): Generator<Candidate> {
    const given = new Set<unknown>();
    const probed: Candidate[] = [];
    for (const candidate of inOrder()) {
      const same = identity(candidate);
      if (given.has(same) || obstacleOf(candidate, asked)) continue;
      given.add(same);
      // One request at a time finds out whether it is well again; the others come back to it last, but for those that waited for it.
      const awaited = candidate === first && soon !== undefined;
      if (!awaited && live.health.probing(candidate)) probed.push(candidate);
      else yield candidate;
    }
    for (const candidate of probed) if (!obstacleOf(candidate, asked)) yield candidate;
  };
  return {
    *candidates() {
      let made = attempted.size;
      for (const candidate of ready()) {
        if (made >= most) return;
        made += 1;
        if (most < Number.POSITIVE_INFINITY) attempted.add(candidate);
        yield candidate;
      }
    },
    passedOver: (shown = Number.POSITIVE_INFINITY) => {
      const spent =
        attempted.size >= most ? { because: `the chain makes at most ${count(most, 'attempt')}` } : undefined;
      const found: PassedOver[] = [];
      for (const candidate of resolution.candidates) {
        if (found.length >= shown) break;
        const obstacle = obstacleOf(candidate, asked) ?? (attempted.has(candidate) ? undefined : spent);
        if (obstacle) found.push({ candidate, ...obstacle });
      }
      return found;
    },
  };
}

/** Two entries of a chain may come to the same model of the same credential: it is asked once. */
function identity(candidate: Candidate): unknown {
  return candidate.link ? `${candidate.credential.id} ${candidate.model.id}` : candidate;
}
