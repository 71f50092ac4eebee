// Which of a service's endpoints a request goes to, and so which dialect is spoken with it.

import type { Dialect } from '../dialects/dialect.ts';
import { dialectOf } from '../dialects/index.ts';
import type { DialectId, Envelope } from '../envelope.ts';
import type { Endpoint } from '../providers/provider.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { usable } from '../routing/plan.ts';

export interface Route {
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
}

/** The client's own dialect if the service speaks it, else the one it prefers; undefined where no endpoint serves the operation. */
export function routeOf({ credential }: Candidate, envelope: Envelope): Route | undefined {
  const { endpoints } = credential.provider;
  const own = endpoints[envelope.dialect];
  if (own && usable(own, envelope, credential.home)) return { dialect: dialectOf(envelope.dialect), endpoint: own };
  if (envelope.operation === 'embed') return undefined;
  for (const [id, endpoint] of Object.entries(endpoints)) {
    const dialect = dialectOf(id as DialectId);
    const able = envelope.operation === 'generate' || dialect.count !== undefined;
    if (able && usable(endpoint, envelope, credential.home)) return { dialect, endpoint };
  }
  return undefined;
}
