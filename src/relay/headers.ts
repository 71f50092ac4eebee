// Which headers an upstream call carries: what the protocol requires, what the operator added, and those of the client's own that
// mean something to an upstream of the same dialect. Never the client's credentials, never another program's name.

import type { InboundCall } from '../dialects/dialect.ts';
import type { DialectId } from '../envelope.ts';
import type { Endpoint, EndpointCall } from '../providers/provider.ts';
import type { Credential } from '../routing/credential.ts';
import { userAgent } from '../version.ts';

/** Protocol switches, and ids that help an upstream keep a conversation on one machine and find its prompt cache. */
const forwarded: Partial<Record<DialectId, readonly string[]>> = {
  'anthropic-messages': ['anthropic-version', 'anthropic-beta', 'anthropic-workspace-id'],
  'openai-responses': [
    'openai-beta',
    'session_id',
    'session-id',
    'thread-id',
    'conversation_id',
    'x-client-request-id',
    'x-codex-window-id',
    'x-codex-turn-state',
    'x-codex-turn-metadata',
    'x-codex-beta-features',
  ],
  'openai-chat': ['openai-beta', 'x-client-request-id', 'session_id', 'x-session-affinity'],
};

/** Lists of protocol switches: the client's and the gateway's are joined. */
const listHeaders = new Set(['anthropic-beta', 'openai-beta']);

export function requestHeaders(
  call: InboundCall,
  sameDialect: DialectId | undefined,
  credential: Credential,
  endpoint: Endpoint,
  endpointCall: EndpointCall,
  shaped: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: endpointCall.stream ? 'text/event-stream' : 'application/json',
    'user-agent': userAgent,
    ...endpoint.headers,
  };
  for (const name of sameDialect ? (forwarded[sameDialect] ?? []) : []) {
    const value = call.header(name);
    if (value !== undefined) headers[name] = value;
  }
  for (const [name, value] of Object.entries(shaped ?? {})) {
    const present = headers[name];
    headers[name] = present !== undefined && listHeaders.has(name) ? joinedList(present, value) : value;
  }
  if (credential.key !== undefined) Object.assign(headers, endpoint.sign(credential.key, endpointCall));
  return addConfigured(headers, credential.headers, call);
}

/** Where clients show the gateway's own keys: not even an operator's `$Authorization` takes those upstream. */
const clientKeys = /^(?:authorization|proxy-authorization|x-api-key|x-goog-api-key|cookie)$/i;

/** The operator's own headers come last; `$Name` copies the client's header of that name, and is left out where it has none. */
function addConfigured(
  headers: Record<string, string>,
  configured: Readonly<Record<string, string>>,
  call: InboundCall,
): Record<string, string> {
  for (const [name, text] of Object.entries(configured)) {
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
  for (const [name, value] of Object.entries(upstream)) {
    if (alwaysLetThrough.test(name) || (all && !neverLetThrough.test(name))) kept[name] = value;
  }
  return kept;
}
