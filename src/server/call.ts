// A client's call before it is an exchange: where it points, what it carries, and how it is turned away.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Dialect } from '../dialects/dialect.ts';
import type { GatewayError } from '../errors.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Observe } from '../observe/observation.ts';
import type { Traces } from '../observe/traces.ts';
import type { KeptUpstream } from '../relay/kept-upstream.ts';
import type { Relay } from '../relay/relay.ts';
import type { StoredResponses } from '../relay/stored-responses.ts';
import type { Live } from '../routing/live.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { writeWhole } from './answer.ts';
import type { Clients } from './clients.ts';
import { writeEarly } from './early.ts';
import { newId } from './identifiers.ts';
import { notAllowed } from './offered.ts';
import { dialectSpoken } from './spoken.ts';

/** What one configuration makes of the server; an exchange takes it once and keeps it. */
export interface Serving {
  readonly clients: Clients;
  readonly snapshot: Snapshot;
  /** Refuse translations that lose something, unless the request says otherwise. */
  readonly strict: boolean;
  /** Milliseconds of silence before a keep-alive; 0: none. */
  readonly keepAlive: number;
}

/** What the server serves with, and whom it asks. */
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
  /** Paths of PEM files; absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** What every part of the server is mounted with. */
export interface Mount {
  readonly app: FastifyInstance;
  readonly options: ServerOptions;
  /** Paths that exist, for naming the nearest one to an unknown one. */
  readonly paths: Set<string>;
}

const plainId = /^[\w.:-]{1,128}$/;

/** The client's own id if it is short and plain, else a new one. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && plainId.test(given) ? given : newId();
}

/** What a refusal may say beside its error. */
export interface Refusal {
  /** Headers beyond those that every refusal has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The client's fingerprint, where it is known. */
  readonly owner?: string;
  /** Where the route has one, however its path was spelled. */
  readonly dialect?: Dialect;
}

/** The code of what Node could not read. More of it is not worth reading, other than for the client to see the answer. */
export const unreadable = 'unreadable_request';

/** Ends a call that never became an exchange, in the dialect of its route, its path or its client. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: GatewayError,
  options: ServerOptions,
  { headers, owner, dialect }: Refusal = {},
): void {
  const path = pathOf(request);
  const id = requestId(request);
  options.observe({ type: 'request-refused', exchange: id, path, error, ...(owner !== undefined && { owner }) });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const spoken = dialect ?? dialectSpoken({ path, header: headerReader(request), query: queryOf(request) });
  const { status, body } = spoken.error.encode(error);
  const all = { 'x-should-retry': 'false', ...headers };
  const text = JSON.stringify(body);
  if ((error.kind === 'too-large' || error.facts.code === unreadable) && !request.complete)
    writeEarly(response, { status, headers: all, body: text, id }, options.bodyLimit);
  else writeWhole(response, status, all, text, id);
}

/** RFC 9110, 15.5.6: a 405 must say which methods there are. */
export function refuseMethod(
  request: IncomingMessage,
  response: ServerResponse,
  offered: readonly string[],
  options: ServerOptions,
): void {
  const error = notAllowed(request.method ?? '', pathOf(request), offered);
  refuse(request, response, error, options, { headers: { allow: offered.join(', ') } });
}

/** The path as it was sent, with nothing decoded; without its query and without a slash at its end. */
export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

const noQuery = new URLSearchParams();

/** The query, decoded. Not to be changed: requests without one share an empty one. */
export function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? noQuery : new URLSearchParams(url.slice(query + 1));
}

/** Reads the headers of a request by their names in lower case; undefined for one that was not sent. */
export function headerReader(request: IncomingMessage): (name: string) => string | undefined {
  return (name) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}
