// What a gateway serves, in numbers and names: for the greeting at start.

import { listed } from '../routing/catalogue.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { Current } from './current.ts';

export interface AppDescription {
  readonly demo: boolean;
  readonly providers: readonly {
    readonly id: string;
    readonly title: string;
    readonly models: number;
    /** Its own list is still to come, and may say something else. */
    readonly awaited: boolean;
    readonly unusable: number;
  }[];
  readonly models: readonly string[];
}

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
