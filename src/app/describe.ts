// What a gateway serves, in numbers and names: for the greeting at start.

import { listed } from '../routing/catalogue.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { Current } from './current.ts';

/** What a gateway serves. `demo`: the demo's models are among it. */
export interface AppDescription {
  readonly demo: boolean;
  readonly providers: readonly {
    readonly id: string;
    readonly title: string;
    /** Listed names that one of its credentials offers, those of chains included. */
    readonly models: number;
    /** Its own list is still to come, and may say something else. */
    readonly awaited: boolean;
    /** Credentials that are configured and cannot be used. */
    readonly unusable: number;
  }[];
  /** Every name that clients can use, chains first. */
  readonly models: readonly string[];
}

/** Providers come in the order of their first credentials. */
export function describe(
  { credentials, catalogue }: Snapshot,
  { demo, awaits }: Pick<Current, 'demo' | 'awaits'>,
): AppDescription {
  const ids = [...new Set(credentials.map(({ provider }) => provider.id))];
  const models = [...listed(catalogue)];
  return {
    demo,
    models: models.map(([name]) => name),
    providers: ids.map((id) => {
      const own = credentials.filter(({ provider }) => provider.id === id);
      return {
        id,
        title: own[0]?.provider.title ?? id,
        models: models.filter(([, offers]) => offers.some(({ credential }) => credential.provider.id === id)).length,
        awaited: own.some(awaits),
        unusable: own.filter(({ unusable }) => unusable !== undefined).length,
      };
    }),
  };
}
