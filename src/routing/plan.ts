// From an envelope to the ordered candidates that could answer it, and why each other one was left out. Pure.

import type { Envelope } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import type { Endpoint } from '../providers/provider.ts';
import { offersOf } from './catalogue.ts';
import type { Credential } from './credential.ts';
import type { Candidate, PolicyContext } from './policies/policy.ts';
import { roundRobin } from './policies/round-robin.ts';
import type { Snapshot } from './snapshot.ts';

export interface PassedOver {
  readonly candidate: Candidate;
  readonly because: string;
}
export interface Plan {
  /** In the order in which they shall be tried; never empty. */
  readonly candidates: readonly Candidate[];
  readonly passedOver: readonly PassedOver[];
}

/** The plan for a request. Throws `model-not-found` for an unknown name and `unavailable` when nothing that offers it can be used. */
export function plan(envelope: Envelope, snapshot: Snapshot, context: PolicyContext): Plan {
  const candidates: Candidate[] = [];
  const passedOver: PassedOver[] = [];
  for (const candidate of offersOf(snapshot.catalogue, envelope.model)) {
    const because = obstacle(candidate, envelope);
    if (because === undefined) candidates.push(candidate);
    else passedOver.push({ candidate, because });
  }
  if (candidates.length === 0) throw nothingUsable(envelope, passedOver, snapshot);
  return { candidates: roundRobin(candidates, context), passedOver };
}

function obstacle({ credential }: Candidate, envelope: Envelope): string | undefined {
  if (credential.unusable !== undefined) return credential.unusable;
  return embeds(credential, envelope) ? undefined : `${credential.provider.title} offers no embeddings in this dialect`;
}

/** Embeddings are not translated: the service must have them in the client's own dialect. Whatever else is asked can be. */
function embeds({ provider, home }: Credential, envelope: Envelope): boolean {
  if (envelope.operation !== 'embed') return true;
  const endpoint = provider.endpoints[envelope.dialect];
  return endpoint !== undefined && usable(endpoint, envelope, home);
}

/** Whether an endpoint can serve the operation from where the credential points. */
export function usable(endpoint: Endpoint, envelope: Envelope, home: boolean): boolean {
  return endpoint.operations.includes(envelope.operation) && (home || endpoint.homeOnly !== true);
}

function nothingUsable(envelope: Envelope, passedOver: readonly PassedOver[], { credentials }: Snapshot): GatewayError {
  if (passedOver.every(({ candidate }) => !embeds(candidate.credential, envelope))) {
    const able = credentials.filter((credential) => credential.unusable === undefined && embeds(credential, envelope));
    const titles = [...new Set(able.map(({ provider }) => provider.title))];
    const others = [...new Set(passedOver.map(({ because }) => because))].join('; ');
    return new GatewayError(
      'unsupported',
      `The model "${envelope.model}" cannot be asked for embeddings here: ${others}. ${titles.length > 0 ? `Models of ${titles.join(' or ')} can.` : 'No configured provider does; add one that speaks it.'}`,
      { status: 400, code: 'unsupported_operation', param: 'model' },
    );
  }
  const reasons = passedOver.map(({ candidate, because }) => `${candidate.credential.label}: ${because}`);
  return new GatewayError(
    'unavailable',
    `No configured credential can serve the model "${envelope.model}" now: ${reasons.join('; ')}.`,
    { code: 'auth_unavailable' },
  );
}
