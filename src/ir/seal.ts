// Thinking signatures, encrypted reasoning and thought signatures are opaque tokens that only their maker accepts. In another
// dialect's opaque slot a token travels with our mark and its maker's name in front; when the client sends it back, the mark
// tells where it may go. No server memory.

import type { Body } from '../body.ts';

/** An opaque token and who made it (`anthropic`, `openai`, `google`, `xai`, or a provider's id). */
export interface Seal {
  readonly maker: string;
  readonly token: string;
}

const mark = 'cliproxy.seal.';

/** What every marked token begins with. */
export const sealMark = mark;

/**
 * Whether bytes may hold a marked token; wrong only by saying yes. Node searches several times faster for up to seven bytes than for
 * more, and the faster the rarer the first of them is: the whole mark is looked for only where those are.
 */
export function mayHoldSeals({ bytes }: Body): boolean {
  return bytes.includes('xy.seal') && bytes.includes(mark);
}

/** The seal as one string fit for another dialect's opaque slot. */
export function writeSeal(seal: Seal): string {
  return `${mark}${seal.maker}:${seal.token}`;
}

/**
 * Reads what a client sent back in an opaque slot: a marked token names its maker, an unmarked one is the native token of the
 * dialect it came in, whose maker the caller names.
 */
export function readSeal(text: string, nativeMaker: string): Seal {
  if (!text.startsWith(mark)) return { maker: nativeMaker, token: text };
  const colon = text.indexOf(':', mark.length);
  if (colon < 0) return { maker: nativeMaker, token: text };
  return { maker: text.slice(mark.length, colon), token: text.slice(colon + 1) };
}

/** What goes in an opaque slot of a dialect: the bare token where the slot's natural maker made it, else the marked one. */
export function sealFor(seal: Seal, nativeMaker: string): string {
  return seal.maker === nativeMaker ? seal.token : writeSeal(seal);
}
