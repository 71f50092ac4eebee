// What goes by a name as it is listed, or by a provider's id and such a name: the part of resolving that needs no chains.

import type { Candidate, Catalogue } from './catalogue.ts';

/** A name that something goes by, chains aside. */
export interface FoundOffer {
  readonly name: string;
  readonly candidates: readonly Candidate[];
  /** In words. */
  readonly steps: readonly string[];
}

/** The whole name as listed goes first; then a pin, split at the first slash: `iflow/glm/tab` is what iflow offers as `glm/tab`. */
export function findOffer(
  { offers, pinned }: Pick<Catalogue, 'offers' | 'pinned'>,
  name: string,
): FoundOffer | undefined {
  const candidates = offers.get(name);
  if (candidates) return asListed(name, candidates);
  const slash = name.indexOf('/');
  if (slash <= 0) return undefined;
  const provider = name.slice(0, slash);
  const rest = name.slice(slash + 1);
  const own = pinned(provider, rest);
  if (!own) return undefined;
  return { name, candidates: own, steps: [`"${name}" is pinned to the provider ${provider}`, offered(rest, own)] };
}

const found = new WeakMap<readonly Candidate[], FoundOffer>();

/** Found for nearly every request, and the same for each. */
function asListed(name: string, candidates: readonly Candidate[]): FoundOffer {
  const known = found.get(candidates);
  if (known?.name === name) return known;
  const offer = { name, candidates, steps: [offered(name, candidates)] };
  found.set(candidates, offer);
  return offer;
}

function offered(name: string, candidates: readonly Candidate[]): string {
  const first = candidates[0];
  if (candidates.length > 1 || !first) return `"${name}" is offered by ${count(candidates.length, 'candidate')}`;
  const { credential, model } = first;
  const own = model.id === name ? '' : ` as "${model.id}"`;
  return `"${name}" is offered by ${credential.label}${own}`;
}

/** `one model`, `3 models`. */
export function count(number: number, noun: string): string {
  return number === 1 ? `one ${noun}` : `${number} ${noun}s`;
}
