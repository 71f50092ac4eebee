// What stands in a `signature` or `data` slot. A token that belongs to a tool call (Gemini signs calls, Messages has no slot on
// `tool_use`) travels in an empty thinking block beside the call; a word before the token says on which side the call stands.

import { readSeal, type Seal, sealFor } from '../../ir/seal.ts';
import { nativeMaker } from './wire.ts';

/** A seal and, where it belongs to a call beside its block, on which side that call stands. */
export interface Slot {
  readonly seal: Seal;
  readonly hangs?: Side;
}
/** Whether a call stands right behind the block of its slot, or right before it. */
type Side = 'next' | 'previous';
/** Reads an opaque slot: from a client (marks are broken) or from upstream (the token is upstream's own). */
export type ReadSlot = (text: string) => Slot;

const sides: Readonly<Record<string, Side>> = { '@next:': 'next', '@prev:': 'previous' };
const sideLength = 6;

/** What a client sent back. */
export const readClientSlot: ReadSlot = (text) => {
  const seal = readSeal(text, nativeMaker);
  const hangs = seal.maker === nativeMaker ? undefined : sides[seal.token.slice(0, sideLength)];
  return hangs ? { seal: { ...seal, token: seal.token.slice(sideLength) }, hangs } : { seal };
};

/** What upstream said: its own token, whatever it looks like. */
export function upstreamSlot(maker: string): ReadSlot {
  return (token) => ({ seal: { maker, token } });
}

/** The text for a slot that a client will send back. */
export function writeSlot(seal: Seal): string {
  return sealFor(seal, nativeMaker);
}

/** The text for an empty thinking block beside the call that the seal belongs to. */
export function writeHangingSlot(seal: Seal, side: Side): string {
  return sealFor({ ...seal, token: `${side === 'next' ? '@next:' : '@prev:'}${seal.token}` }, nativeMaker);
}
