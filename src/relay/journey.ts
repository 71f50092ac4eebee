// What one exchange knows on its way from candidate to candidate: who asked, what failed, how long it may still wait.

import type { Carried, DialectId } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import { fingerprint } from '../ir/fingerprint.ts';
import type { Observe } from '../observe/observation.ts';
import type { Conversation } from '../routing/affinity.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { Live } from '../routing/live.ts';
import { type Plan, plan } from '../routing/plan.ts';
import type { Settings } from '../routing/settings.ts';
import type { Verdict } from '../routing/verdicts.ts';
import type { Transport } from '../transport/http.ts';
import type { Exchange } from './exchange.ts';
import { type Journal, openJournal } from './journal.ts';
import type { KeptUpstream } from './kept-upstream.ts';
import type { Memory } from './memory.ts';
import type { MovedSeals } from './moved-seals.ts';
import type { Sleep } from './sleep.ts';

/** What all exchanges share. */
export interface Grounds {
  readonly transport: Transport;
  /** Bytes; a whole reply larger than this is refused. */
  readonly replyLimit: number;
  readonly memory: Memory;
  readonly observe: Observe;
  readonly keptUpstream: KeptUpstream;
  readonly live: Live;
  /** Milliseconds, monotonic; and the wall clock in milliseconds. */
  readonly now: () => number;
  readonly wallClock: () => number;
  readonly sleep: Sleep;
  /** From 0 to 1: keeps clients that wait for the same rest from coming back together. */
  readonly random: () => number;
}

/** With what the relay itself remembers between exchanges. */
export interface JourneyGrounds extends Grounds {
  readonly movedSeals: MovedSeals;
  /** Whether what was ready a moment ago still is. */
  readonly stillReady: (candidate: Candidate) => boolean;
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

/** One exchange on its way. Its attempts follow one another, so that what it knows is theirs in turn. */
export class Journey {
  readonly exchange: Exchange;
  readonly settings: Settings;
  readonly grounds: JourneyGrounds;
  readonly journal: Journal;
  /** Absent as long as nothing went wrong. */
  setbacks: Setbacks | undefined = undefined;
  /** Milliseconds that may still be waited between rounds. */
  patience: number;
  /** Milliseconds waited since the last attempt. */
  waited = 0;
  /** Absent until the name is known to mean something. */
  planned: Plan | undefined = undefined;
  #session: Conversation | undefined = undefined;
  #sessionKnown = false;
  #carried: ReadonlySet<Carried> | undefined = undefined;

  constructor(exchange: Exchange, grounds: JourneyGrounds) {
    this.exchange = exchange;
    this.settings = exchange.snapshot.settings;
    this.grounds = grounds;
    this.journal = openJournal(exchange.startedAt, grounds.now);
    this.patience = this.settings.retry.longestWait;
  }

  /** The client's conversation, told apart from those of other clients. */
  session(): Conversation | undefined {
    if (!this.#sessionKnown) this.#session = sessionOf(this.exchange);
    this.#sessionKnown = true;
    return this.#session;
  }

  /** What the body brings beside text; looked for once. */
  carries(): ReadonlySet<Carried> {
    this.#carried ??= this.exchange.dialect.request.carried(this.exchange.body);
    return this.#carried;
  }

  /** Whether this very request was refused by it since its quota is used up. */
  spent(candidate: Candidate): boolean {
    const failed = this.setbacks?.failures.get(candidate);
    return failed !== undefined && isQuota(failed);
  }
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
  const { exchange, grounds } = journey;
  const pinned = holderOf(exchange, grounds.keptUpstream);
  const planned = plan({
    envelope: exchange.envelope,
    snapshot: exchange.snapshot,
    live: grounds.live,
    now: grounds.wallClock,
    session: () => journey.session(),
    carries: () => journey.carries(),
    spent: (candidate) => journey.spent(candidate),
    without: undefined,
    size: exchange.body.bytes.length,
    pinned,
  });
  journey.planned = planned;
  journey.journal.planned(planned);
  refuseLost(exchange, planned, pinned);
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

/** What ends an exchange whose client has gone. Nothing rests for it; the log and the trace tell of it. */
export function clientLeft(cause: unknown): GatewayError {
  return new GatewayError('cancelled', 'The client closed the connection.', { cause });
}

/** The credential that keeps the reply from which the request goes on. */
export function holderOf(
  { dialect, body, owner }: Pick<Exchange, 'dialect' | 'body' | 'owner'>,
  kept: Pick<KeptUpstream, 'holderOf'>,
): string | undefined {
  const id = dialect.kept?.continued(body);
  return id === undefined ? undefined : kept.holderOf(id, owner);
}

/** Throws where an upstream keeps what the request goes on from, and none of those planned for is known to be the one. */
function refuseLost(
  { dialect, body }: Exchange,
  { resolution: { candidates } }: Plan,
  pinned: string | undefined,
): void {
  const { lost, continued } = dialect.kept ?? {};
  if (!lost || continued?.(body) === undefined) return;
  const usable = candidates.filter(({ credential }) => credential.unusable === undefined);
  const held = pinned !== undefined && usable.some(({ credential }) => credential.id === pinned);
  // The only account is as good as known: the gateway may have been started anew since.
  const alone = pinned === undefined && new Set(usable.map(({ credential }) => credential.id)).size <= 1;
  if (!held && !alone) throw lost();
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
