// Everything worth knowing that happens. The core says what happened; listeners decide what it is worth.

import type { DialectId, Operation } from '../envelope.ts';
import type { ErrorKind, GatewayError } from '../errors.ts';
import type { FinishReason, Usage } from '../ir/reply.ts';
import type { Loss } from '../loss.ts';
import type { Trace } from './trace.ts';

/** One thing that happened, by its `type`. May hold what upstreams and clients said: listeners redact what they show. */
export type Observation =
  | { readonly type: 'listening'; readonly host: string; readonly port: number }
  | { readonly type: 'stopped'; readonly drained: boolean }
  | {
      readonly type: 'request-refused';
      readonly exchange: string;
      readonly path: string;
      readonly error: GatewayError;
      /** The client's fingerprint, where its key was known. */
      readonly owner?: string;
    }
  | {
      readonly type: 'attempt-failed';
      readonly exchange: string;
      readonly provider: string;
      readonly credential: string;
      readonly model: string;
      readonly error: GatewayError;
      /** Another candidate is tried. */
      readonly next: boolean;
    }
  | AttemptEnded
  | {
      readonly type: 'credential-cooled';
      readonly provider: string;
      readonly credential: string;
      /** The upstream's id, where only this model rests. */
      readonly model?: string;
      /** What rests: a model of the credential, the credential, everything at its address. */
      readonly scope: string;
      /** The kind of rest, in a word: `quota`, `unauthorized`. */
      readonly label: string;
      /** Wall-clock milliseconds. */
      readonly until: number;
      readonly cause: string;
    }
  | {
      readonly type: 'translation-lost';
      readonly exchange: string;
      readonly from: DialectId;
      readonly to: DialectId;
      readonly losses: readonly Loss[];
    }
  | {
      /** A model called a tool of the client's without arguments that its schema requires. The call passes as it was made. */
      readonly type: 'call-incomplete';
      readonly exchange: string;
      readonly provider: string;
      readonly model: string;
      readonly tool: string;
      readonly members: readonly string[];
    }
  | {
      readonly type: 'models-listed';
      readonly provider: string;
      readonly credential: string;
      readonly models: number;
    }
  | {
      readonly type: 'models-unlisted';
      readonly provider: string;
      readonly credential: string;
      readonly error: GatewayError;
    }
  | {
      /** A chain names a model that nothing offers: it does without. */
      readonly type: 'chain-incomplete';
      readonly chain: string;
      readonly model: string;
    }
  | ConfigLoaded
  | {
      /** What stands in the file now cannot be used; the configuration before it goes on. */
      readonly type: 'config-rejected';
      readonly path: string;
      readonly problems: readonly ConfigNotice[];
    }
  | ({ readonly type: 'exchange-finished' } & Outcome);

/** An upstream call is over: when its reply ended, or when it failed. */
export interface AttemptEnded {
  readonly type: 'attempt-ended';
  readonly provider: string;
  /** Its label. */
  readonly credential: string;
  /** The upstream's id. */
  readonly model: string;
  /** `left`: its client went away before the end, which says nothing of the upstream. */
  readonly end: 'answered' | 'failed' | 'left';
  /** 200 where it answered, else that of the error. */
  readonly status: number;
  /** From its beginning to the end of its reply. */
  readonly milliseconds: number;
  /** As the upstream counted, or as estimated of a stream that broke off. */
  readonly usage?: Usage | undefined;
}

/** Another configuration is served from now on; exchanges under way end on the one before. */
export interface ConfigLoaded {
  readonly type: 'config-loaded';
  readonly path: string;
  /** What changed, in words and without secrets: `port: 8317 -> 8318`, `api-keys[0]: (changed)`. Empty: nothing that counts. */
  readonly changes: readonly string[];
  /** Keys that say something else than at start, and count from the next start on only. */
  readonly restart: readonly string[];
  /** What was not said of the configuration before. */
  readonly notices: readonly ConfigNotice[];
  readonly debug: boolean;
}

/** Something to say of a configuration. */
export interface ConfigNotice {
  readonly level: 'problem' | 'warning' | 'notice';
  /** The file, where it is another than the configuration itself. */
  readonly file?: string;
  /** From 1, as `column`. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly advice: string;
}

/**
 * One client request and all that came of it, in metadata. Times in milliseconds. Each has all members: what is remembered of one is
 * written over another.
 */
export interface Outcome {
  readonly exchange: string;
  /** The client's fingerprint. */
  readonly owner: string | undefined;
  readonly dialect: DialectId;
  readonly operation: Operation;
  readonly stream: boolean;
  /** As the client named it. */
  readonly model: string;
  /** The name that was found for it: without suffix. */
  readonly resolved: string | undefined;
  /** The candidate that answered, else the one that was tried last; absent where none was. */
  readonly provider: string | undefined;
  readonly credential: string | undefined;
  readonly upstreamModel: string | undefined;
  readonly upstreamDialect: DialectId | undefined;
  /** A candidate that was tried twice counts twice. */
  readonly attempts: number;
  /** As the client read it; 499 where it left. */
  readonly status: number;
  readonly kind: ErrorKind | undefined;
  /** The error's words and its detail, each cut short. */
  readonly detail: string | undefined;
  readonly usage: Usage | undefined;
  readonly finish: FinishReason | undefined;
  /** From the request to the end of its answer. */
  readonly milliseconds: number;
  /** When the first content came, since the exchange began. */
  readonly firstContent: number | undefined;
  /** What was considered and tried. */
  readonly trace: Trace | undefined;
  /** Who ended it. */
  readonly endedBy: 'upstream' | 'client' | 'gateway';
}

/** Tells of one thing as it happens. */
export type Observe = (observation: Observation) => void;

/** Hears of what happened, some of it at a time and in turn, and when each was by the wall clock, in milliseconds. */
export type Hear = (observations: readonly Observation[], times: readonly number[]) => void;
