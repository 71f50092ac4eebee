// The trace of an exchange: what a request was taken to mean, who was considered, what was tried and what came of it. Metadata only:
// no bodies, no keys. Kept in a bounded ring by observe/traces.ts and shown by GET /v1/explain/{id}.

import type { DialectId } from '../envelope.ts';
import type { ErrorKind } from '../errors.ts';
import type { Loss } from '../loss.ts';

/** A trace, or a part of one, while it is written. */
export type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

/** Who was considered, in plain words. */
export interface ConsideredTrace {
  readonly provider: string;
  /** The credential's label. */
  readonly credential: string;
  /** The upstream's id of the model. */
  readonly model: string;
  /** Why it was passed over; absent: it was offered. */
  readonly because?: string | undefined;
  /** When what keeps it is over: wall-clock milliseconds. */
  readonly until?: number | undefined;
}

/** Times in milliseconds since the exchange began. Each has all members, as outcomes have. */
export interface AttemptTrace {
  readonly provider: string;
  readonly credential: string;
  readonly model: string;
  /** The dialect spoken to the upstream. */
  readonly dialect: DialectId | undefined;
  readonly begun: number;
  /** It had a connection, a new one or one that was kept. */
  readonly connectedAt: number | undefined;
  /** Its reply began: status and headers. */
  readonly headersAt: number | undefined;
  /** Its first content. */
  readonly contentAt: number | undefined;
  readonly ended: number | undefined;
  /** The upstream's; that of the error where none answered. */
  readonly status: number | undefined;
  /** How it failed; absent: it answered. */
  readonly kind: ErrorKind | undefined;
  readonly message: string | undefined;
  /** What follows from the failure. */
  readonly next: string | undefined;
  /** Milliseconds waited before it, for a short delay or between rounds. */
  readonly waited: number | undefined;
  /** Members of the body that were set or taken away, by path. */
  readonly edits: readonly string[] | undefined;
  /** What the upstream's dialect could not say of the request, and the client's of the reply. */
  readonly losses: readonly Loss[] | undefined;
  readonly replyLosses: readonly Loss[] | undefined;
}

/** What is known of how an exchange was answered, or why not. */
export interface Trace {
  /** How the name was read, step by step: `"fast" is an alias pool of 3`. */
  readonly resolution: readonly string[];
  /** How the order came about: the policy, affinity, a pin. */
  readonly order: readonly string[];
  /** Candidates considered, the first few; with how many more there were. */
  readonly considered: readonly ConsideredTrace[];
  readonly unshown: number;
  readonly attempts: readonly AttemptTrace[];
  /** Milliseconds until the first attempt began. */
  readonly queued: number;
}
