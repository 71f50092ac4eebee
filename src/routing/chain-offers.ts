// The candidates of the operator's chains: each entry's name looked up as a client's would be, but that it never means a chain.

import type { Candidate, Catalogue } from './catalogue.ts';
import type { Chain } from './chain.ts';
import { findOffer } from './lookup.ts';
import { readSuffix } from './suffix.ts';

/** A chain with all that its entries name, entry by entry. */
export interface ChainOffer {
  readonly chain: Chain;
  /** Never empty: a chain that names nothing on offer is none. */
  readonly candidates: readonly Candidate[];
}

/** The chains by name. One of which nothing is offered is left out: its name then means what it would mean without it. */
export function buildChains(
  chains: readonly Chain[],
  catalogue: Pick<Catalogue, 'offers' | 'pinned'>,
): Pick<Catalogue, 'chains' | 'missing'> {
  const built = new Map<string, ChainOffer>();
  const missing: { readonly chain: string; readonly model: string }[] = [];
  for (const chain of chains) {
    const candidates = chain.entries.flatMap((entry, place) => {
      const found = linksOf(chain.alias, { ...entry, place }, catalogue);
      if (!found) missing.push({ chain: chain.alias, model: entry.model });
      return found ?? [];
    });
    if (candidates.length > 0) built.set(chain.alias, { chain, candidates });
  }
  return { chains: built, missing };
}

type PlacedEntry = Chain['entries'][number] & { readonly place: number };

function linksOf(
  name: string,
  { model, when, place }: PlacedEntry,
  catalogue: Pick<Catalogue, 'offers' | 'pinned'>,
): readonly Candidate[] | undefined {
  const suffix = readSuffix(model);
  const whole = findOffer(catalogue, model);
  const found = whole ?? (suffix && findOffer(catalogue, suffix.base));
  const wish = whole ? undefined : suffix?.thinking;
  return found?.candidates.map(({ thinking = wish, ...candidate }) => ({
    ...candidate,
    name,
    link: { place, when },
    ...(thinking && { thinking }),
  }));
}
