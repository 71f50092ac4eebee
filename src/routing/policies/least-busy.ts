// The credential with the fewest requests under way goes first; among equals, each in turn.

import type { Candidate } from '../catalogue.ts';
import type { OrderContext, Policy } from './policy.ts';
import { fromTurn } from './turn.ts';

/** By requests under way at this gateway; what others ask of the same account is not known here. */
export const leastBusy: Policy = {
  title: 'the least busy first',
  prepare: (candidates) => (context) => byRequests(candidates, context),
};

function* byRequests(candidates: readonly Candidate[], { turn, busy }: OrderContext): Generator<Candidate> {
  let first: Candidate | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of fromTurn(candidates, turn)) {
    const requests = busy(candidate.credential.id);
    if (requests >= fewest) continue;
    first = candidate;
    fewest = requests;
    // Less than nothing under way there is not.
    if (fewest === 0) break;
  }
  if (!first) return;
  yield first;
  const others = [...fromTurn(candidates, turn)].filter((candidate) => candidate !== first);
  const counted = others.map((candidate) => ({ candidate, requests: busy(candidate.credential.id) }));
  for (const { candidate } of counted.toSorted((a, b) => a.requests - b.requests)) yield candidate;
}
