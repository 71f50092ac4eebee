// The one error class, and the table from kind to status and log level. The verdict each kind gets from routing is in
// routing/verdicts.ts, the body each dialect makes of it in the dialect's error.ts.

import { compact, readJson } from './json.ts';

/** One row per kind: the HTTP status a client sees and the level it is logged at. */
export const errorKinds = {
  'bad-request': { status: 400, level: 'info' },
  'model-not-found': { status: 400, level: 'info' },
  'context-overflow': { status: 400, level: 'info' },
  /** Sealed reasoning that this account or model did not make: the same request without it may pass. */
  'seal-refused': { status: 400, level: 'info' },
  unauthorized: { status: 401, level: 'warn' },
  'quota-exhausted': { status: 402, level: 'warn' },
  forbidden: { status: 403, level: 'warn' },
  'not-found': { status: 404, level: 'info' },
  'too-large': { status: 413, level: 'info' },
  'rate-limited': { status: 429, level: 'warn' },
  cancelled: { status: 499, level: 'info' },
  internal: { status: 500, level: 'error' },
  unsupported: { status: 501, level: 'info' },
  upstream: { status: 502, level: 'warn' },
  /** The connection never stood: no address, no route, no TLS. */
  unreachable: { status: 502, level: 'warn' },
  unavailable: { status: 503, level: 'warn' },
  overloaded: { status: 503, level: 'warn' },
  timeout: { status: 504, level: 'warn' },
} as const satisfies Record<string, { status: number; level: 'info' | 'warn' | 'error' }>;

/** What went wrong, in a word. Status, log level, verdict and the error type of each dialect follow from it. */
export type ErrorKind = keyof typeof errorKinds;

/** Upstream's own error answer, kept for clients that speak its dialect. */
export interface WireError {
  /** Whose words they are; set by the relay, which knows whom it asked. */
  readonly dialect?: string;
  /** As it was answered; the status of the error may be another. */
  readonly status: number;
  /** As it came; empty where it could not be read whole. */
  readonly body: string;
  /** Those that may go on to a client, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What may be known of an error beside its kind and its words. */
export interface ErrorFacts {
  /** The status to show; default: the kind's. */
  readonly status?: number;
  /** A machine-readable word of the OpenAI kind: `model_not_found`, `context_length_exceeded`. */
  readonly code?: string;
  /** The request field at fault, where known. */
  readonly param?: string;
  /** For the log only: may name hosts, credentials' labels, upstream ids. Never secrets. */
  readonly detail?: string;
  /** Seconds until another try makes sense. */
  readonly retryAfter?: number;
  /** What a limit or a fault concerns, where the upstream says so; unsaid: the kind's usual scope. */
  readonly scope?: 'model' | 'credential' | 'provider';
  readonly wire?: WireError;
  readonly cause?: unknown;
  /** Dialect-specific machine-readable members for the body's error object. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Anything that ends an exchange without an answer. Thrown before the reply is committed; within a committed stream it is the
 * `failure` event. `message` may be shown to a client; `detail` and `cause` go to the log alone.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly kind: ErrorKind;
  readonly facts: ErrorFacts;

  constructor(kind: ErrorKind, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = kind;
    this.facts = facts;
  }

  /** The HTTP status a client sees. */
  get status(): number {
    return this.facts.status ?? errorKinds[this.kind].status;
  }
}

/** A client's mistake, where it is one in this member of its body. */
export function badRequest(message: string, param?: string, code?: string): GatewayError {
  return new GatewayError('bad-request', message, compact({ param, code }));
}

const shuttingDown = 'shutting_down';

/** What the end of the gateway itself cuts or refuses. */
export function shutdown(facts: ErrorFacts = {}): GatewayError {
  return new GatewayError('unavailable', 'The gateway is shutting down.', { ...facts, code: shuttingDown });
}

/** Whether the gateway's own end is the reason, and nothing that an upstream did. */
export function isShutdown({ facts }: GatewayError): boolean {
  return facts.code === shuttingDown;
}

/** What to say of an upstream's answer that is no error body of its dialect. */
export function wordless(status: number, body: string): string {
  const text = body.trim();
  if (text === '') return `The upstream answered ${status} with an empty body.`;
  if (/^<(?:!doctype|html|head|body|\?xml)/i.test(text)) return `The upstream answered ${status} with an HTML page.`;
  if (/^[{[]/.test(text) && !bearsWords(text)) return `The upstream answered ${status} without saying why.`;
  return `The upstream answered ${status}: ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`;
}

/** Whether a body in a shape that nobody knows holds any words, which say more than nothing. */
function bearsWords(text: string): boolean {
  return readJson(text) !== undefined && /[:[]\s*"(?!")/.test(text);
}

/** A stream that ended without its last word. */
export function brokenOff(): GatewayError {
  return new GatewayError('upstream', 'The upstream stream ended before it was complete.');
}

/** The one door for foreign throws: whatever was thrown, as a GatewayError. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new GatewayError('internal', 'The gateway failed to handle this request. Its log says why.', {
    detail,
    cause: thrown,
  });
}

/** The kind that an upstream status means when nothing else is known. */
export function kindOfStatus(status: number): ErrorKind {
  const exact: Record<number, ErrorKind> = {
    401: 'unauthorized',
    402: 'quota-exhausted',
    403: 'forbidden',
    404: 'not-found',
    408: 'timeout',
    413: 'too-large',
    425: 'upstream',
    429: 'rate-limited',
    499: 'cancelled',
    501: 'unsupported',
    503: 'overloaded',
    504: 'timeout',
    529: 'overloaded',
  };
  return exact[status] ?? (status >= 400 && status < 500 ? 'bad-request' : 'upstream');
}
