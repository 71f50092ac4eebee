// The contract of a policy: what it is given, and that it orders candidates rather than choosing one.

import type { Offer } from '../catalogue.ts';

/** Somewhere a request could go: a model of a credential. */
export type Candidate = Offer;

/** Orders candidates; failing over is going on to the next. */
export type Policy = (candidates: readonly Candidate[], context: PolicyContext) => readonly Candidate[];
export interface PolicyContext {
  /** How many requests for this model came before. */
  readonly turn: number;
}
