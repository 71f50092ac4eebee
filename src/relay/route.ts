// Which of a service's endpoints a request goes to, and so which dialect is spoken with it; and all of a call to it that does not
// depend on what is asked.

import type { Dialect } from '../dialects/dialect.ts';
import { dialectOf } from '../dialects/index.ts';
import type { DialectId, Envelope } from '../envelope.ts';
import type { Endpoint, EndpointCall } from '../providers/provider.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { usable } from '../routing/obstacles.ts';
import { type Address, addressOf } from '../transport/http.ts';
import { type FixedHeaders, fixedHeaders } from './headers.ts';

/** The way of one candidate's calls to one endpoint. Shared by all calls of a kind: what it says is worked out once. */
export class Route {
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  /** What the endpoint is told of a call. */
  readonly call: EndpointCall;
  readonly #candidate: Candidate;
  #address: Address | undefined = undefined;
  #headers: FixedHeaders | undefined = undefined;

  constructor(candidate: Candidate, dialect: Dialect, endpoint: Endpoint, envelope: Envelope) {
    const { credential, model } = candidate;
    const { operation, stream, action } = envelope;
    const { baseUrl, home } = credential;
    this.#candidate = candidate;
    this.dialect = dialect;
    this.endpoint = endpoint;
    this.call = { operation, model: model.id, stream, action, baseUrl, home };
  }

  /** Throws where it is none. */
  get address(): Address {
    this.#address ??= addressOf(this.endpoint.url(this.call));
    return this.#address;
  }

  /** Those that do not hang on the client. */
  get headers(): FixedHeaders {
    this.#headers ??= fixedHeaders({
      credential: this.#candidate.credential,
      endpoint: this.endpoint,
      call: this.call,
    });
    return this.#headers;
  }
}

/** A route with what it was looked for by. */
interface Known {
  readonly client: DialectId;
  readonly route: Route | undefined;
  readonly operation: Envelope['operation'];
  readonly stream: boolean;
  readonly action: Envelope['action'];
}

const known = new WeakMap<Candidate, Known[]>();
/** More than there are combinations that clients ask for. */
const most = 32;

/** The client's own dialect if the service speaks it, else the one it prefers; undefined where no endpoint serves the operation. */
export function routeOf(candidate: Candidate, envelope: Envelope): Route | undefined {
  const { dialect: client, operation, stream, action } = envelope;
  let routes = known.get(candidate);
  if (!routes) {
    routes = [];
    known.set(candidate, routes);
  }
  for (const one of routes)
    if (one.client === client && one.operation === operation && one.stream === stream && one.action === action)
      return one.route;
  const route = find(candidate, envelope);
  if (routes.length < most) routes.push({ client, operation, stream, action, route });
  return route;
}

function find(candidate: Candidate, envelope: Envelope): Route | undefined {
  const { provider, baseUrl } = candidate.credential;
  const own = provider.endpoints[envelope.dialect];
  if (own && usable(own, envelope, baseUrl)) return new Route(candidate, dialectOf(envelope.dialect), own, envelope);
  if (envelope.operation === 'embed') return undefined;
  for (const [id, endpoint] of Object.entries(provider.endpoints)) {
    const dialect = dialectOf(id as DialectId);
    const able = envelope.operation === 'generate' || dialect.count !== undefined;
    if (able && usable(endpoint, envelope, baseUrl)) return new Route(candidate, dialect, endpoint, envelope);
  }
  return undefined;
}
