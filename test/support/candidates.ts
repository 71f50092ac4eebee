// A candidate of a service that nobody asks, for tests of what routing keeps about it.

import { compatibleProvider } from '../../src/providers/compatible.ts';
import type { Candidate } from '../../src/routing/catalogue.ts';
import { type Credential, plainRouting } from '../../src/routing/credential.ts';

const service = compatibleProvider('service', 'http://127.0.0.1:1/v1', {});

/** The model of the credential with that id. */
export function candidateOf(id: string, model = 'm', more: Partial<Credential> = {}): Candidate {
  const credential = {
    id,
    provider: service,
    label: id,
    baseUrl: 'http://127.0.0.1:1/v1',
    home: true,
    headers: {},
    excluded: [],
    ...plainRouting,
    ...more,
  };
  return { name: model, credential, model: { id: model, limits: {} } };
}
