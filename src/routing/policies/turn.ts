// Going round: where a turn begins among candidates, and all others behind it.

import type { Candidate } from '../catalogue.ts';

/** All of them, beginning with the one whose turn it is. */
export function* fromTurn(candidates: readonly Candidate[], turn: number): Generator<Candidate> {
  const { length } = candidates;
  for (let ahead = 0; ahead < length; ahead++) {
    const candidate = candidates[(turn + ahead) % length];
    if (candidate) yield candidate;
  }
}
