// Which candidate a request goes to before the policy is asked: the one that served its conversation last.

import { type Bound, type Conversation, isCold, lessBusy } from './affinity.ts';
import type { Candidate } from './catalogue.ts';
import type { Asked } from './obstacles.ts';
import { leastBusy } from './policies/least-busy.ts';
import type { Pool } from './pools.ts';
import type { Settings } from './settings.ts';

/** Where a conversation was, and where it goes. */
export interface Favourite {
  /** Offered first, if it is ready when it is asked for. */
  readonly candidate?: Candidate;
  /** The conversation, told apart from all others; absent where nothing is to be remembered. */
  readonly session?: string;
  /** What it is bound to, wherever it goes now. */
  readonly bound?: Bound;
  /** Its rest ends so soon that it is worth waiting for: wall-clock milliseconds. */
  readonly soon?: number;
  /** How it came about, in words. */
  readonly line: string;
}

/** Who served the conversation last, and whether the request goes there again. */
export function favouriteOf(
  session: () => Conversation | undefined,
  pool: Pool,
  settings: Settings,
  asked: Asked,
): Favourite | undefined {
  const preferred = settings.affinity.enabled;
  // What only one account can read goes back to it, preference or not.
  const sealed = (): boolean => pool.seals && asked.carries().has('sealed-reasoning');
  if (!preferred && !pool.seals) return { line: 'session affinity is off' };
  const conversation = session();
  if (!conversation) return { line: 'the request belongs to no known session' };
  const { id: key, begins } = conversation;
  if (begins) return { session: key, line: 'the request begins a session' };
  const now = asked.now();
  const bound = boundOf(conversation, settings, asked);
  if (!bound) return { session: key, line: 'the session is new' };
  if (!preferred && !sealed()) return { session: key, bound, line: 'session affinity is off' };
  const own = pool.holding(bound.credential);
  const candidate = own.find(({ model }) => model.id === bound.model) ?? own[0];
  if (!candidate) return { session: key, bound, line: 'the credential that served the session offers this no more' };
  const { label } = candidate.credential;
  const resting = asked.live.health.cooldownOf(candidate, now);
  if (resting && resting.until - now <= settings.retry.shortWait) {
    const line = `the session stays with ${label}, which rests for a moment only`;
    return { session: key, bound, candidate, soon: resting.until, line };
  }
  if (resting)
    return { session: key, bound, line: `the session was with ${label}, which rests: the next one keeps it` };
  const other = isCold(bound, now) && !sealed() ? quieter(candidate, pool, asked) : undefined;
  if (!other) return { session: key, bound, candidate, line: `the session stays with ${label}` };
  const minutes = Math.floor((now - bound.at) / 60_000);
  const line = `the session moves from ${label} to ${other.credential.label}: it was silent for ${minutes} minutes, and there is less under way`;
  return { session: key, bound, candidate: other, line };
}

/** A conversation goes by how it began until its first answer is known. */
function boundOf({ id, began }: Conversation, { affinity }: Settings, { live, now }: Asked): Bound | undefined {
  const bound = live.affinity.bindingOf(id, now(), affinity.ttl);
  return bound ?? (began === undefined ? undefined : live.affinity.bindingOf(began, now(), affinity.ttl));
}

/** A ready candidate of the first group with so much less under way that a cold conversation is better off there. */
function quieter(own: Candidate, pool: Pool, { live, now }: Asked): Candidate | undefined {
  const { busy } = live.rateLimits;
  const requests = busy(own.credential.id);
  if (!lessBusy(0, requests)) return undefined;
  for (const group of pool.groups) {
    const { candidates } = group.ready(live.health, now());
    if (candidates.length === 0) continue;
    const [first] = leastBusy.prepare(candidates)({ turn: 0, busy });
    return first && lessBusy(busy(first.credential.id), requests) ? first : undefined;
  }
  return undefined;
}
