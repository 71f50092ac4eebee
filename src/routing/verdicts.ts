// What follows from a failure: whether another candidate is tried, and what rests for how long. A request's own fault is never
// tried elsewhere and rests nothing. The page docs/failures.md is made from this table.

import type { ErrorKind } from '../errors.ts';

/** What a cooldown covers: one model of a credential, the credential, or everything that goes to the same address the same way. */
export type Scope = 'model' | 'credential' | 'provider';

/** How long something rests. */
export type Rest =
  /** Seconds. */
  | { readonly seconds: number }
  /** The configuration's `transient-error-cooldown-seconds`. */
  | { readonly transient: true }
  /** Seconds that double with every failure in a row, up to a most. */
  | { readonly from: number; readonly to: number };

/** What follows from a kind of error, for this request and for those to come. */
export interface Verdict {
  /** `candidate`: another may succeed where this one failed; `unsealed`: the same one again without sealed reasoning; `none`: nobody. */
  readonly next: 'candidate' | 'unsealed' | 'none';
  /** What rests; absent: nothing. A delay that the upstream told goes before `rest`. */
  readonly cool?: { readonly scope: Scope; readonly rest: Rest; readonly label: CoolingLabel };
  /** Passes by itself: never rests the last candidate that is ready. */
  readonly passing?: true;
  /** A new round may be made of it (`request-retry`). */
  readonly again?: true;
  /** Why, in a sentence for the documentation. */
  readonly why: string;
}

/** The word under which a resting candidate is shown. */
export type CoolingLabel =
  | 'unauthorized'
  | 'payment_required'
  | 'forbidden'
  | 'not_found'
  | 'model_not_supported'
  | 'quota'
  | 'transient'
  | 'unreachable'
  | 'operator';

const fault = (why: string): Verdict => ({ next: 'none', why });
const minutes = 60;
const hours = 3600;
const transient = (why: string): Verdict => ({
  next: 'candidate',
  cool: { scope: 'model', rest: { transient: true }, label: 'transient' },
  passing: true,
  again: true,
  why,
});

/** One for each kind of error. The operator's own rules go before. */
export const verdicts: Record<ErrorKind, Verdict> = {
  'bad-request': fault('The request itself is at fault: every other candidate would refuse it too.'),
  'context-overflow': fault('The conversation is too long for the model: the client can shorten it.'),
  'too-large': fault('The request is too large.'),
  cancelled: fault('The client left.'),
  internal: fault('The gateway itself failed; another candidate would meet the same fault.'),
  'seal-refused': {
    next: 'unsealed',
    why: 'Sealed reasoning of another account: the same candidate is asked once more without it, and that is reported as a loss.',
  },
  'model-not-found': {
    next: 'candidate',
    cool: { scope: 'model', rest: { seconds: 12 * hours }, label: 'model_not_supported' },
    why: 'This credential does not have the model; its other models go on.',
  },
  'not-found': {
    next: 'candidate',
    cool: { scope: 'model', rest: { seconds: 12 * hours }, label: 'not_found' },
    why: 'The upstream does not know the model or the path.',
  },
  unsupported: { next: 'candidate', why: 'This candidate does not offer the operation; another may.' },
  unauthorized: {
    next: 'candidate',
    cool: { scope: 'credential', rest: { seconds: 30 * minutes }, label: 'unauthorized' },
    why: 'The key is not accepted.',
  },
  'quota-exhausted': {
    next: 'candidate',
    cool: { scope: 'credential', rest: { seconds: 30 * minutes }, label: 'payment_required' },
    why: 'Credit or a usage cap is used up: the rest lasts until the reset that the upstream names. Unless the status is 402, it is shown as `quota`.',
  },
  forbidden: {
    next: 'candidate',
    cool: { scope: 'model', rest: { seconds: 30 * minutes }, label: 'forbidden' },
    again: true,
    why: 'The account may not use the model.',
  },
  'rate-limited': {
    next: 'candidate',
    cool: { scope: 'model', rest: { from: 1, to: 30 * minutes }, label: 'quota' },
    again: true,
    why: 'Too many requests: what the upstream says of the wait counts, else the rest doubles from one second.',
  },
  upstream: transient('The upstream failed or its answer could not be read.'),
  overloaded: transient('The upstream is overloaded.'),
  unavailable: transient('The upstream is not there for now.'),
  timeout: transient('The upstream took too long.'),
  unreachable: {
    next: 'candidate',
    cool: { scope: 'provider', rest: { from: 1, to: 60 }, label: 'unreachable' },
    passing: true,
    again: true,
    why: 'No connection could be made: others at the same address and by the same way would fail too.',
  },
};
