// A candidate of a service that nobody asks, for tests of what routing keeps about it.

import type { Candidate } from '../../src/routing/catalogue.ts';
import type { Credential } from '../../src/routing/credential.ts';
import { credential, model as modelOf } from './routing.ts';

/** The model of the credential with that id. */
export function candidateOf(id: string, model = 'm', more: Partial<Credential> = {}): Candidate {
  return { name: model, credential: credential(id, more), model: modelOf(model) };
}
