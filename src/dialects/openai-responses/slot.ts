// `encrypted_content` of a reasoning item is this dialect's only opaque slot. Seals that hung on a text or a call (Gemini's
// thought signatures) and sealed thoughts without any text (Anthropic's `redacted_thinking`) travel in it too, so the slot says
// which of the three it holds: clients such as Codex send nothing else of an item back unchanged.

import { readSeal, type Seal, sealFor, sealMark, writeSeal } from '../../ir/seal.ts';
import { nativeMaker } from './wire.ts';

/** `thought`: of the reasoning itself; `redacted`: all there is of it; `part`: of the text or call that precedes the item. */
type SlotUse = 'thought' | 'redacted' | 'part';

/** The text of the slot for a seal. */
export function writeSlot(seal: Seal, use: SlotUse): string {
  return use === 'thought'
    ? sealFor(seal, nativeMaker)
    : writeSeal({ maker: seal.maker, token: `${use}:${seal.token}` });
}

/** What a client sent back in the slot. */
export function readSlot(text: string): { readonly seal: Seal; readonly use: SlotUse } {
  const seal = readSeal(text, nativeMaker);
  if (!text.startsWith(sealMark)) return { seal, use: 'thought' };
  for (const use of ['redacted', 'part'] as const)
    if (seal.token.startsWith(`${use}:`))
      return { seal: { maker: seal.maker, token: seal.token.slice(use.length + 1) }, use };
  return { seal, use: 'thought' };
}
