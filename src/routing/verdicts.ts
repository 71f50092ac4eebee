// What follows from a failure: whether the next candidate is tried. A request's own fault is never tried elsewhere.

import type { ErrorKind } from '../errors.ts';

export interface Verdict {
  /** Another candidate may succeed where this one failed. */
  readonly tryNext: boolean;
}

const next: Verdict = { tryNext: true };
const final: Verdict = { tryNext: false };

export const verdicts: Record<ErrorKind, Verdict> = {
  'bad-request': final,
  'model-not-found': next,
  'context-overflow': final,
  unauthorized: next,
  'quota-exhausted': next,
  forbidden: next,
  'not-found': next,
  'too-large': final,
  'rate-limited': next,
  cancelled: final,
  internal: final,
  unsupported: next,
  upstream: next,
  unavailable: next,
  overloaded: next,
  timeout: next,
};
