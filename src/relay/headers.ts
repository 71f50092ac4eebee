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
}

/** The headers that are the same for every client. */
export interface FixedHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** Those that nothing of a request changes: the key, and what the operator wrote. */
  readonly settled: ReadonlySet<string>;
  /** Names with the client's header that each takes its value from, where the client sends it. */
  readonly copies: readonly (readonly [name: string, source: string])[];
}

/** Where clients show the gateway's own keys: not even an operator's `$Authorization` takes those upstream. */
const clientKeys = /^(?:authorization|proxy-authorization|x-api-key|x-goog-api-key|cookie)$/i;

/** The operator's own headers come last; `$Name` copies the client's header of that name, and is left out where it has none. */
export function fixedHeaders({ credential, endpoint, call }: Addressed): FixedHeaders {
  const settled: Record<string, string> =
    credential.key === undefined ? {} : { ...endpoint.sign(credential.key, call) };
  const copies: [string, string][] = [];
  for (const [name, text] of Object.entries(credential.headers)) {
    if (!text.startsWith('$')) settled[name.toLowerCase()] = text;
    else if (!clientKeys.test(text.slice(1))) copies.push([name.toLowerCase(), text.slice(1).toLowerCase()]);
  }
  const headers = {
    'content-type': 'application/json',
    accept: call.stream ? 'text/event-stream' : 'application/json',
    // The transport would copy all of them to add it.
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...endpoint.headers,
    ...settled,
  };
  return { headers, settled: new Set(Object.keys(settled)), copies };
}

/**
 * The headers of one call. `forwards`: the client's headers that go along, those its dialect names where upstream speaks it too.
 * `shaped`: what the endpoint made headers of. Where none of these is there, all calls share one object.
 */
export function requestHeaders(
  client: InboundCall,
  { headers: fixed, settled, copies }: FixedHeaders,
  forwards: readonly string[] = [],
  shaped?: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  let own: Record<string, string> | undefined;
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    own ??= { ...fixed };
    own[name] = value;
  };
  for (const name of forwards) if (!settled.has(name)) set(name, client.header(name));
  for (const name in shaped) if (!settled.has(name)) set(name, joined(name, (own ?? fixed)[name], shaped[name]));
  for (const [name, source] of copies) set(name, client.header(source));
  return own ?? fixed;
}

/** Of a list both, of all else the second. */
function joined(name: string, first: string | undefined, second: string | undefined): string | undefined {
  return first !== undefined && second !== undefined && listHeaders.has(name) ? joinedList(first, second) : second;
}

function joinedList(first: string, second: string): string {
  return [...new Set([...first.split(','), ...second.split(',')].map((entry) => entry.trim()))].join(',');
}

/** Reply headers of an upstream that reach the client always: when to come back, and what the account has left. */
const alwaysLetThrough = /^(?:retry-after(?:-ms)?|x-ratelimit-.*|anthropic-ratelimit-.*|x-codex-.*|openai-model)$/;
/** Never, even when the operator lets headers through: they speak of a connection, a host, another gateway, or are this one's own. */
const neverLetThrough =
  /^(?:connection|keep-alive|transfer-encoding|te|trailer|upgrade|proxy-.*|content-length|content-encoding|content-type|set-cookie|date|server|alt-svc|access-control-.*|strict-transport-security|x-accel-.*|x-request-id|request-id|x-cliproxy-.*|x-litellm-.*|helicone-.*|x-portkey-.*|cf-aig-.*|x-kong-.*|x-bt-.*)$/;

/** Those of an upstream's reply headers, in lower case, that go on to the client. `all`: not only those it always gets. */
export function replyHeaders(upstream: Readonly<Record<string, string>>, all: boolean): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in upstream) {
    const value = upstream[name];
    if (value === undefined) continue;
    const passage = passageOf(name);
    if (passage === 'always' || (all && passage === 'asked')) kept[name] = value;
  }
  return kept;
}

/** Whether a reply header reaches the client: always, where the operator asks for all of them, or never. */
type Passage = 'always' | 'asked' | 'never';

/** An upstream sends the same twenty names with every reply. */
const passages = new Map<string, Passage>();
/** Names are an upstream's choice. */
const mostNames = 1000;

function passageOf(name: string): Passage {
  const known = passages.get(name);
  if (known) return known;
  const passage = alwaysLetThrough.test(name) ? 'always' : neverLetThrough.test(name) ? 'never' : 'asked';
  if (passages.size >= mostNames) passages.clear();
  passages.set(name, passage);
  return passage;
}
