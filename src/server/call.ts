// A client's call before it is an exchange: where it points, what it carries, and how it is turned away.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../dialects/dialect.ts';
import { dialectOf, dialects } from '../dialects/index.ts';
import { type GatewayError, toGatewayError } from '../errors.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Observe } from '../observe/observation.ts';
import type { Traces } from '../observe/traces.ts';
import type { KeptUpstream } from '../relay/kept-upstream.ts';
import type { Relay } from '../relay/relay.ts';
import type { StoredResponses } from '../relay/stored-responses.ts';
import type { Live } from '../routing/live.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { writeWhole } from './answer.ts';
import type { Client, Clients } from './clients.ts';

/** What one configuration makes of the server; an exchange takes it once and keeps it. */
export interface Serving {
  readonly clients: Clients;
  readonly snapshot: Snapshot;
  /** Refuse translations that lose something, unless the request says otherwise. */
  readonly strict: boolean;
  /** Milliseconds of silence before a keep-alive; 0: none. */
  readonly keepAlive: number;
}

export interface ServerOptions {
  /** As of now: a reload replaces it whole. */
  readonly current: () => Serving;
  readonly relay: Relay;
  readonly responses: StoredResponses;
  readonly keptUpstream: KeptUpstream;
  /** What rests and is bound, for those who ask. */
  readonly live: Live;
  readonly traces: Traces;
  readonly metrics: Metrics;
  /** Takes secrets out of what is told of exchanges. */
  readonly redact: (text: string) => string;
  readonly observe: Observe;
  /** Milliseconds, monotonic; and the wall clock in milliseconds. */
  readonly now: () => number;
  readonly wallClock: () => number;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** What every part of the server is mounted with. */
export interface Mount {
  readonly app: FastifyInstance;
  readonly options: ServerOptions;
  /** Paths that exist, for naming the nearest one to an unknown one. */
  readonly paths: Set<string>;
}

/** The dialect in which to speak of a path that may not even exist. */
function dialectOfPath(path: string, header: (name: string) => string | undefined): Dialect {
  if (path.startsWith('/v1beta') || /\/models\/[^/]+:/.test(path) || header('x-goog-api-key') !== undefined)
    return dialectOf('gemini');
  if (/^(?:\/v1)?\/messages/.test(path) || header('anthropic-version') !== undefined)
    return dialectOf('anthropic-messages');
  const own = dialects.find((dialect) =>
    dialect.routes.some((route) => route.path === path || route.path === `/v1${path}`),
  );
  return own ?? dialectOf('openai-chat');
}

const clients = new WeakMap<IncomingMessage, Client>();

/** Whose request it is, once it was admitted. */
export function clientOf(request: IncomingMessage): Client | undefined {
  return clients.get(request);
}

/** Whether the client is known; it is refused otherwise. To be asked before the body is read: strangers shall not make the gateway hold theirs. */
export function admit({ raw }: FastifyRequest, reply: FastifyReply, options: ServerOptions): boolean {
  try {
    clients.set(raw, options.current().clients.authenticate(headerReader(raw), queryOf(raw)));
    return true;
  } catch (thrown) {
    refuse(raw, reply.hijack().raw, toGatewayError(thrown), options);
    return false;
  }
}

/** The client's own id if it is short and plain, else a new one. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Ends a call that never became an exchange, in the dialect that its path suggests. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: GatewayError,
  options: ServerOptions,
  more: Readonly<Record<string, string>> = {},
): void {
  const path = pathOf(request);
  const id = requestId(request);
  const owner = clientOf(request)?.fingerprint;
  options.observe({ type: 'request-refused', exchange: id, path, error, ...(owner !== undefined && { owner }) });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, body } = dialectOfPath(path, headerReader(request)).error.encode(error);
  const close = error.kind === 'too-large' ? { connection: 'close' } : {};
  writeWhole(
    response,
    status,
    { 'x-request-id': id, 'request-id': id, 'x-should-retry': 'false', ...close, ...more },
    JSON.stringify(body),
  );
}

export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

const noQuery = new URLSearchParams();

export function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? noQuery : new URLSearchParams(url.slice(query + 1));
}

export function headerReader(request: IncomingMessage): (name: string) => string | undefined {
  return (name) => {
    const value = request.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}
