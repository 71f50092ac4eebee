// Which credential offers which model under which name. Built whole from the credentials and what their services list; immutable.

import type { Model } from '../providers/provider.ts';
import type { ConfiguredModel, Credential } from './credential.ts';
import { modelNotFound } from './names.ts';

/** A model of one credential under the name a client uses. */
export interface Offer {
  readonly name: string;
  readonly credential: Credential;
  readonly model: ConfiguredModel;
}
export interface Catalogue {
  /** Every name that routes, in the order of the configuration, with all that offer it. */
  readonly offers: ReadonlyMap<string, readonly Offer[]>;
}

/**
 * Builds the catalogue. `discovered` holds what services listed, by credential id; a credential that lists models itself is
 * taken at its word, one whose service did not answer falls back to what the provider is known to have.
 */
export function buildCatalogue(
  credentials: readonly Credential[],
  discovered: ReadonlyMap<string, readonly Model[]>,
  forcePrefix: boolean,
): Catalogue {
  const offers = new Map<string, Offer[]>();
  for (const credential of credentials) {
    for (const model of modelsOf(credential, discovered.get(credential.id))) {
      for (const name of namesOf(credential, model.alias ?? model.id, forcePrefix)) {
        const others = offers.get(name);
        const offer = { name, credential, model };
        if (others) others.push(offer);
        else offers.set(name, [offer]);
      }
    }
  }
  return { offers };
}

/** All that offer a model, or the error that tells which names are near. */
export function offersOf(catalogue: Catalogue, name: string): readonly Offer[] {
  const found = catalogue.offers.get(name);
  if (found) return found;
  throw modelNotFound(name, [...catalogue.offers.keys()]);
}

/** What lists of models show: every name that at least one usable credential offers. */
export function listed({ offers }: Catalogue): ReadonlyMap<string, readonly Offer[]> {
  return new Map([...offers].filter(([, all]) => all.some(({ credential }) => credential.unusable === undefined)));
}

function modelsOf(credential: Credential, discovered: readonly Model[] | undefined): readonly ConfiguredModel[] {
  const hidden = credential.excluded.map(pattern);
  const known = new Map(credential.provider.models.map((model) => [model.id, model]));
  const listed: readonly ConfiguredModel[] = credential.models ?? discovered ?? credential.provider.models;
  return listed
    .filter(
      (model) => !hidden.some((expression) => expression.test(model.id) || expression.test(model.alias ?? model.id)),
    )
    .map((model) => {
      const shipped = known.get(model.id);
      return shipped ? { ...shipped, ...model, limits: { ...shipped.limits, ...model.limits } } : model;
    });
}

function namesOf(credential: Credential, name: string, forcePrefix: boolean): readonly string[] {
  if (credential.prefix === undefined) return [name];
  const prefixed = `${credential.prefix}/${name}`;
  return forcePrefix ? [prefixed] : [name, prefixed];
}

function pattern(glob: string): RegExp {
  const escaped = glob.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 'i');
}
