// What becomes of an upstream call: a seeded share of them fails, each in one of these ways. The fate of a request's first, second
// and further call is the same in every run of a seed.

export const faults = [
  /** 429 that says when to come back, and one that does not. */
  'limit-told',
  'limit',
  'error-500',
  'error-503',
  /** Status 200, and within the stream that the service is overloaded, as 529 says elsewhere. */
  'overload',
  /** The connection is reset without an answer; closed within the stream, before content; after some content. */
  'reset',
  'cut-early',
  'cut-late',
  /** Silence before the first content, longer than the gateway waits in the run with short rests; the stream goes on afterwards. */
  'stall',
] as const;
export type Fault = (typeof faults)[number];

/** Of calls that reach the upstream; with those that the closed door refuses, a third of all fails. */
const share = 0.31;

/** Deltas of a whole stream, and of one that breaks off. */
export const deltas = 20;
export const deltasBeforeCut = 5;
/** Milliseconds between two deltas. */
export const pace = 50;
/** Milliseconds of a stall. */
export const stall = 2500;
/** Seconds that `limit-told` tells. */
export const toldSeconds = 1;
/** Of each period, in milliseconds, how long the door is shut. */
export const door = { period: 2000, shut: 400 };

/** Undefined: the call succeeds. */
export function fateOf(seed: number, request: string, nth: number): Fault | undefined {
  const drawn = fraction(`${seed} ${request} ${nth}`);
  return drawn < share ? faults[Math.floor((drawn / share) * faults.length)] : undefined;
}

/** A number from 0 to 1 that depends on the text alone: FNV-1a with murmur's finish, since short texts differ little. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
