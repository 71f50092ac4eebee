// The contract of a policy: it orders the candidates that are ready, rather than choosing one, so that failing over is going on to the
// next. Candidates of one pool that are equal to the operator (tier, priority) come to it in the order of the configuration.

import type { Candidate } from '../catalogue.ts';

/** An order among equals. It keeps nothing between requests: whatever it needs is in the context. */
export interface Policy {
  /** Says how it orders, for the trace. */
  readonly title: string;
  /** Prepares what depends on the candidates alone, once for as long as they are the ready ones. Never called with none. */
  prepare(candidates: readonly Candidate[]): Order;
  /** Why it never chooses a candidate, in words. */
  refuses?(candidate: Candidate): string | undefined;
}

/** Yields each candidate once, the first choice first, and does no more work than is asked of it. */
export type Order = (context: OrderContext) => Iterable<Candidate>;

/** What an order may look at beside the candidates. */
export interface OrderContext {
  /** How many requests for this pool came before. */
  readonly turn: number;
  /** Requests of a credential under way, by its id. */
  readonly busy: (credential: string) => number;
}
