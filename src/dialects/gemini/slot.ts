// `thoughtSignature` is `bytes` on this wire: Google's clients for Python, Go and Java decode it as base64 and fail at anything
// else, and some clients leave out what is none. Another maker's marked token therefore travels in base64.

import type { Body } from '../../body.ts';
import { mayHoldSeals, readSeal, type Seal, sealMark, writeSeal } from '../../ir/seal.ts';
import { nativeMaker } from './wire.ts';

/** How each marked token begins in base64, in either alphabet: what follows depends on the maker’s name too. */
const begin = Buffer.from(sealMark).toString('base64').slice(0, 18);

/** The text of the slot for a seal. */
export function writeSlot(seal: Seal): string {
  return seal.maker === nativeMaker ? seal.token : Buffer.from(writeSeal(seal)).toString('base64');
}

/** What stands in the slot; an unmarked token was made by `maker`. Python's clients write the other alphabet of base64. */
export function readSlot(text: string, maker: string = nativeMaker): Seal {
  return readSeal(text.startsWith(begin) ? Buffer.from(text, 'base64').toString() : text, maker);
}

/** Whether a token bears the gateway's mark, in base64 or plain. */
export function isMarked(text: string): boolean {
  return text.startsWith(begin) || text.startsWith(sealMark);
}

/** Whether a body may hold a marked token; wrong only by saying yes. Up to seven bytes are searched for quickly. */
export function mayHoldMarks(body: Body): boolean {
  return mayHoldSeals(body) || body.bytes.includes(begin.slice(-7));
}
