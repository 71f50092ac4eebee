// Which headers an upstream call carries: what the protocol requires, what the operator added, and those of the client's own that
// mean something to an upstream of the same dialect. Never the client's credentials, never another program's name.

import type { InboundCall } from '../dialects/dialect.ts';
import type { Endpoint, EndpointCall } from '../providers/provider.ts';
import type { Credential } from '../routing/credential.ts';
import { userAgent } from '../version.ts';

/** Lists of protocol switches: the client's and the gateway's are joined. */
const listHeaders = new Set(['anthropic-beta', 'openai-beta']);

/** What an upstream call is made of, as far as its headers go. */
export interface Addressed {
  readonly credential: Credential;
  readonly endpoint: Endpoint;
  readonly call: EndpointCall;
  /** The client's headers that go along: those its dialect names where upstream speaks it too, else none. */
  readonly forwards: readonly string[] | undefined;
  /** What the endpoint made headers of. */
  readonly shaped?: Readonly<Record<string, string>> | undefined;
}

export function requestHeaders(
  client: InboundCall,
  { credential, endpoint, call, forwards = [], shaped }: Addressed,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: call.stream ? 'text/event-stream' : 'application/json',
    // The transport would copy all of them to add it.
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...endpoint.headers,
  };
  for (const name of forwards) {
    const value = client.header(name);
    if (value !== undefined) headers[name] = value;
  }
  for (const [name, value] of shaped ? Object.entries(shaped) : []) {
    const present = headers[name];
    headers[name] = present !== undefined && listHeaders.has(name) ? joinedList(present, value) : value;
  }
  if (credential.key !== undefined) Object.assign(headers, endpoint.sign(credential.key, call));
  return addConfigured(headers, credential.headers, client);
}

/** Where clients show the gateway's own keys: not even an operator's `$Authorization` takes those upstream. */
const clientKeys = /^(?:authorization|proxy-authorization|x-api-key|x-goog-api-key|cookie)$/i;

/** The operator's own headers come last; `$Name` copies the client's header of that name, and is left out where it has none. */
function addConfigured(
  headers: Record<string, string>,
  configured: Readonly<Record<string, string>>,
  call: InboundCall,
): Record<string, string> {
  for (const name in configured) {
    const text = configured[name] ?? '';
    const value = text.startsWith('$') ? copied(text.slice(1), call) : text;
    if (value !== undefined) headers[name.toLowerCase()] = value;
  }
  return headers;
}

function copied(name: string, call: InboundCall): string | undefined {
  return clientKeys.test(name) ? undefined : call.header(name);
}

function joinedList(first: string, second: string): string {
  return [...new Set([...first.split(','), ...second.split(',')].map((entry) => entry.trim()))].join(',');
}

/** Reply headers of an upstream that reach the client always: when to come back, and what the account has left. */
const alwaysLetThrough = /^(?:retry-after(?:-ms)?|x-ratelimit-.*|anthropic-ratelimit-.*|x-codex-.*|openai-model)$/;
/** Never, even when the operator lets headers through: they speak of a connection, a host, another gateway, or are this one's own. */
const neverLetThrough =
  /^(?:connection|keep-alive|transfer-encoding|te|trailer|upgrade|proxy-.*|content-length|content-encoding|content-type|set-cookie|date|server|alt-svc|access-control-.*|strict-transport-security|x-accel-.*|x-request-id|request-id|x-cliproxy-.*|x-litellm-.*|helicone-.*|x-portkey-.*|cf-aig-.*|x-kong-.*|x-bt-.*)$/;

export function replyHeaders(upstream: Readonly<Record<string, string>>, all: boolean): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in upstream) {
    const value = upstream[name];
    if (value === undefined) continue;
    if (alwaysLetThrough.test(name) || (all && !neverLetThrough.test(name))) kept[name] = value;
  }
  return kept;
}
