// What one exchange knows on its way from candidate to candidate: who asked, what failed, how long it may still wait.

import type { Carried, DialectId } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import { fingerprint } from '../ir/fingerprint.ts';
import { asString } from '../json.ts';
import type { Observe } from '../observe/observation.ts';
import type { Conversation } from '../routing/affinity.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { Live } from '../routing/live.ts';
import { type Plan, plan } from '../routing/plan.ts';
import type { Settings } from '../routing/settings.ts';
import type { Verdict } from '../routing/verdicts.ts';
import type { AttemptSettings } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { type Journal, openJournal } from './journal.ts';
import type { KeptUpstream } from './kept-upstream.ts';
import type { MovedSeals } from './moved-seals.ts';
import type { Sleep } from './sleep.ts';

/** What all exchanges share. */
export interface Grounds extends AttemptSettings {
  readonly observe: Observe;
  readonly keptUpstream: KeptUpstream;
  readonly live: Live;
  /** Milliseconds, monotonic; and the wall clock in milliseconds. */
  readonly now: () => number;
  readonly wallClock: () => number;
  readonly sleep: Sleep;
  /** From 0 to 1: keeps clients that wait for the same rest from coming back together. */
  readonly random: () => number;
  readonly movedSeals: MovedSeals;
}

/** A candidate that did not answer. */
export interface Failed {
  readonly candidate: Candidate;
  readonly error: GatewayError;
  readonly verdict: Verdict;
  /** An upstream answered so, or could not be reached; else the gateway itself could not ask. */
  readonly asked: boolean;
}

/** What went wrong so far, and what follows from it for the candidates that are left. */
export interface Setbacks {
  /** What each candidate failed with last, in the order in which they were first tried. */
  readonly failures: Map<Candidate, Failed>;
  /** Candidates that are asked without sealed reasoning. */
  readonly unsealed: Set<Candidate>;
  /** Dialects in which the request cannot be said. */
  readonly unsayable: Set<DialectId>;
  /** Candidates to which no connection could be made in this round. */
  readonly unreachable: Set<Candidate>;
  /** Candidates whose short delay was waited for. */
  readonly waitedFor: Set<Candidate>;
}

export interface Journey {
  readonly exchange: Exchange;
  readonly settings: Settings;
  readonly grounds: Grounds;
  readonly journal: Journal;
  /** Absent as long as nothing went wrong. */
  setbacks: Setbacks | undefined;
  /** Milliseconds that may still be waited between rounds. */
  patience: number;
  /** Milliseconds waited since the last attempt. */
  waited: number;
  /** Absent until the name is known to mean something. */
  planned: Plan | undefined;
  /** The client's conversation, told apart from those of other clients. */
  readonly session: () => Conversation | undefined;
  readonly carries: () => ReadonlySet<Carried>;
}

export function openJourney(exchange: Exchange, grounds: Grounds): Journey {
  const { settings } = exchange.snapshot;
  return {
    exchange,
    settings,
    grounds,
    journal: openJournal(exchange.startedAt, grounds.now),
    setbacks: undefined,
    patience: settings.retry.longestWait,
    waited: 0,
    planned: undefined,
    session: lazy(() => sessionOf(exchange)),
    carries: lazy(() => exchange.dialect.request.carried(exchange.body)),
  };
}

/** For noting one. */
export function setbacksOf(journey: Journey): Setbacks {
  journey.setbacks ??= {
    failures: new Map(),
    unsealed: new Set(),
    unsayable: new Set(),
    unreachable: new Set(),
    waitedFor: new Set(),
  };
  return journey.setbacks;
}

/** The plan: one for all rounds. */
export function planOf(journey: Journey): Plan {
  const { exchange, grounds, session, carries } = journey;
  const pinned = holderOf(exchange, grounds.keptUpstream);
  const planned = plan({
    envelope: exchange.envelope,
    snapshot: exchange.snapshot,
    live: grounds.live,
    now: grounds.wallClock,
    session,
    size: exchange.body.bytes.length,
    carries,
    spent: (candidate) => {
      const failed = journey.setbacks?.failures.get(candidate);
      return failed !== undefined && isQuota(failed);
    },
    ...(pinned !== undefined && { pinned }),
  });
  journey.planned = planned;
  journey.journal.planned(planned);
  return planned;
}

/** Waits, unless the client leaves meanwhile. */
export async function pause(journey: Journey, milliseconds: number): Promise<void> {
  const { signal } = journey.exchange;
  if (milliseconds > 0) await journey.grounds.sleep(milliseconds, signal).catch(() => undefined);
  if (signal.aborted) throw clientLeft(signal.reason);
  journey.waited += milliseconds;
}

/** Whether a candidate failed since its quota is used up. */
export function isQuota({ error }: Failed): boolean {
  return error.kind === 'rate-limited' || error.kind === 'quota-exhausted';
}

export function clientLeft(cause: unknown): GatewayError {
  return new GatewayError('cancelled', 'The client closed the connection.', { cause });
}

/** The credential that keeps the response which the request continues. */
export function holderOf(
  { dialect, body, owner }: Pick<Exchange, 'dialect' | 'body' | 'owner'>,
  kept: Pick<KeptUpstream, 'holderOf'>,
): string | undefined {
  if (!dialect.storesReplies) return undefined;
  const id = asString(body.get('previous_response_id'));
  return id === undefined ? undefined : kept.holderOf(id, owner);
}

/**
 * What the client says, else how the conversation opened: that stays the same while it goes on. Before its first answer it is like
 * every other that begins so, such as the same question asked a thousand times.
 */
export function sessionOf({
  owner,
  envelope,
  dialect,
  body,
}: Pick<Exchange, 'owner' | 'envelope' | 'dialect' | 'body'>): Conversation | undefined {
  if (envelope.session !== undefined) return { id: `${owner}\n${envelope.session}` };
  const opening = dialect.request.opening(body);
  if (!opening) return undefined;
  const { text, answer } = opening;
  const began = `${owner}\n${fingerprint(text)}`;
  return answer === undefined
    ? { id: began, begins: true }
    : { id: `${owner}\n${fingerprint(`${text}\n${answer}`)}`, began };
}

function lazy<T>(make: () => T): () => T {
  let made: T;
  let known = false;
  return () => {
    if (!known) made = make();
    known = true;
    return made;
  };
}
