// A chain of the operator's: one name for several models in order, each for the requests that its condition fits.

import type { Carried } from '../envelope.ts';

/** One name for several models. */
export interface Chain {
  /** The name clients use. */
  readonly alias: string;
  /** In the order in which they are tried. */
  readonly entries: readonly ChainEntry[];
  /** Over `Settings.tiers`: these tiers are used up one after the other, each over all entries. */
  readonly tiers?: readonly string[];
  /** Attempts for one request, over all entries. */
  readonly attempts?: number;
}

/** One of a chain's models, and the requests that it is for. */
export interface ChainEntry {
  /** A name of the catalogue, also with a pin or a thinking suffix; never a chain. */
  readonly model: string;
  readonly when: ChainCondition;
}

/** Which requests an entry is for: all that is said must hold. */
export interface ChainCondition {
  /** Estimated tokens of the request, both inclusive. */
  readonly minTokens?: number;
  readonly maxTokens?: number;
  /** The request brings all of these. */
  readonly has: readonly Carried[];
  /** The request brings none of these. */
  readonly lacks: readonly Carried[];
}
