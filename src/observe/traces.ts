// The last exchanges and what is known of each, for the client that made them: a ring bounded in number and in bytes.

import type { Loss } from '../loss.ts';
import type { Hear, Observation, Outcome } from './observation.ts';
import type { AttemptTrace, Draft, Trace } from './trace.ts';

/** A request that became no exchange. */
export interface Refusal {
  readonly exchange: string;
  readonly path: string;
  readonly status: number;
  readonly kind: string;
  readonly message: string;
}

/** An exchange or a refusal that is remembered. */
export interface Kept {
  /** The client's fingerprint. */
  readonly owner: string;
  /** Wall-clock milliseconds when it began, or was refused. */
  readonly at: number;
  readonly told: Outcome | Refusal;
}

/** What is remembered, for those who ask. */
export interface Traces {
  /** One exchange of this client; those of others are not there for it. */
  get(id: string, owner: string): Kept | undefined;
  /** The last ones of this client, the newest first. */
  last(owner: string, most: number): readonly Kept[];
}

/** How much is remembered: what is older goes first. */
export interface TracesOptions {
  /** Exchanges and refusals together. */
  readonly most?: number;
  /** As far as they can be told without writing anything out. */
  readonly bytes?: number;
}

/** Keeping happens with each request and asking hardly ever: what is kept is found by going through it. */
export function createTraces({ most = 2000, bytes = 16 << 20 }: TracesOptions = {}): Traces & { readonly hear: Hear } {
  // All that is held, in turn: how many were ever taken in and let go says where the next one lies. In columns that were made at the
  // start, for a row would be one more thing that every exchange leaves in memory for long.
  const tolds: (Outcome | Refusal | undefined)[] = Array.from({ length: most });
  const slates: (Slate | undefined)[] = Array.from({ length: most });
  const owners: string[] = Array.from({ length: most }, () => '');
  const begun = new Float64Array(most);
  const sizes = new Float64Array(most);
  let taken = 0;
  let gone = 0;
  let held = 0;
  const dropOldest = (): void => {
    const place = gone % most;
    tolds[place] = undefined;
    slates[place] = undefined;
    held -= sizes[place] ?? 0;
    gone += 1;
  };
  const keep = (owner: string, at: number, told: Outcome | Refusal, size: number, slate?: Slate): void => {
    if (taken - gone === most) dropOldest();
    const place = taken % most;
    tolds[place] = told;
    slates[place] = slate;
    owners[place] = owner;
    begun[place] = at;
    sizes[place] = size;
    taken += 1;
    held += size;
    while (held > bytes && gone < taken) dropOldest();
  };
  const hear = (observation: Observation, at: number): void => {
    if (observation.type === 'exchange-finished') {
      const { owner, milliseconds } = observation;
      if (owner === undefined) return;
      const slate = slateOf(observation, slates[taken % most]);
      keep(owner, at - milliseconds, slate?.told ?? observation, sizeOf(observation), slate);
    } else if (observation.type === 'request-refused' && observation.owner !== undefined) {
      const { exchange, path, error, owner } = observation;
      const told = { exchange, path, status: error.status, kind: error.kind, message: error.message };
      keep(owner, at, told, plain + path.length + error.message.length);
    }
  };
  const own = (owner: string, turn: number): Kept | undefined => {
    const place = turn % most;
    const told = owners[place] === owner ? tolds[place] : undefined;
    // A copy: slates are written over.
    return told && { owner, at: begun[place] ?? 0, told: structuredClone(told) };
  };
  return {
    hear(observations, times) {
      observations.forEach((observation, index) => {
        hear(observation, times[index] ?? 0);
      });
    },
    // Clients may send an id twice: the later one counts, and an id of one client says nothing of another's.
    get(id, owner) {
      for (let turn = taken - 1; turn >= gone; turn--)
        if (tolds[turn % most]?.exchange === id && owners[turn % most] === owner) return own(owner, turn);
      return undefined;
    },
    last(owner, number) {
      const latest = new Map<string, Kept>();
      for (let turn = taken - 1; turn >= gone && latest.size < number; turn--) {
        const kept = own(owner, turn);
        if (kept && !latest.has(kept.told.exchange)) latest.set(kept.told.exchange, kept);
      }
      return [...latest.values()];
    },
  };
}

/** The objects that what is remembered of an exchange is made of, where it had one attempt, as nearly all have. */
interface Slate {
  readonly told: Draft<Outcome>;
  readonly trace: Draft<Trace>;
  readonly attempts: readonly [Draft<AttemptTrace>];
}

/**
 * What is told, written over what makes room for it: a slate stays where the collector has long put it, and what an exchange
 * brought can die young. Carried along instead until it is old, it takes a fifteenth of all that a short request costs. Undefined where
 * it cannot be used again.
 */
function slateOf(told: Outcome, old: Slate | undefined): Slate | undefined {
  const { trace } = told;
  const attempt = trace?.attempts[0];
  if (!trace || !attempt || trace.attempts.length > 1) return undefined;
  if (!old) {
    const attempts = [{ ...attempt }] as const;
    const kept = { ...trace, attempts };
    return { told: { ...told, trace: kept }, trace: kept, attempts };
  }
  writeAttempt(old.attempts[0], attempt);
  writeTrace(old.trace, trace, old.attempts);
  writeOutcome(old.told, told, old.trace);
  return old;
}

// Member by member: `Object.assign` takes ten times as long. All have all of their members, so that nothing of an older one is left; the
// law in traces.test.ts says which one is forgotten here.

function writeOutcome(slate: Draft<Outcome>, told: Outcome, trace: Trace): void {
  slate.exchange = told.exchange;
  slate.owner = told.owner;
  slate.dialect = told.dialect;
  slate.operation = told.operation;
  slate.stream = told.stream;
  slate.model = told.model;
  slate.resolved = told.resolved;
  slate.provider = told.provider;
  slate.credential = told.credential;
  slate.upstreamModel = told.upstreamModel;
  slate.upstreamDialect = told.upstreamDialect;
  slate.attempts = told.attempts;
  slate.status = told.status;
  slate.kind = told.kind;
  slate.detail = told.detail;
  slate.usage = told.usage;
  slate.finish = told.finish;
  slate.milliseconds = told.milliseconds;
  slate.firstContent = told.firstContent;
  slate.trace = trace;
  slate.endedBy = told.endedBy;
}

function writeTrace(slate: Draft<Trace>, told: Trace, attempts: readonly AttemptTrace[]): void {
  slate.resolution = told.resolution;
  slate.order = told.order;
  slate.considered = told.considered;
  slate.unshown = told.unshown;
  slate.attempts = attempts;
  slate.queued = told.queued;
}

function writeAttempt(slate: Draft<AttemptTrace>, told: AttemptTrace): void {
  slate.provider = told.provider;
  slate.credential = told.credential;
  slate.model = told.model;
  slate.dialect = told.dialect;
  slate.begun = told.begun;
  slate.connectedAt = told.connectedAt;
  slate.headersAt = told.headersAt;
  slate.contentAt = told.contentAt;
  slate.ended = told.ended;
  slate.status = told.status;
  slate.kind = told.kind;
  slate.message = told.message;
  slate.next = told.next;
  slate.waited = told.waited;
  slate.edits = told.edits;
  slate.losses = told.losses;
  slate.replyLosses = told.replyLosses;
}

/** Bytes of what every exchange and every entry of its lists weighs, beside its words. */
const plain = 800;
const entry = 160;

function sizeOf({ detail, trace }: Outcome): number {
  let size = plain;
  if (detail !== undefined) size += detail.length;
  return trace ? size + traceSize(trace) : size;
}

function traceSize({ resolution, order, considered, attempts }: Trace): number {
  let size = (resolution.length + order.length + considered.length) * entry;
  for (const { message, edits, losses, replyLosses } of attempts) {
    size += 2 * entry;
    if (message !== undefined) size += message.length;
    if (edits) for (const edit of edits) size += edit.length;
    if (losses) size += lossesSize(losses);
    if (replyLosses) size += lossesSize(replyLosses);
  }
  return size;
}

function lossesSize(losses: readonly Loss[]): number {
  let size = 0;
  for (const { what, where, why } of losses) size += what.length + (where?.length ?? 0) + why.length;
  return size;
}
