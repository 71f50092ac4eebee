// The prompt cache of a service: which beginnings of a conversation were seen before, and what that does to the bill.

import type { Ask } from './speaker.ts';
import { digest } from './words.ts';

/** Automatic caches begin here, as OpenAI and Google document; marked ones take any length, so that small tests see them. */
const leastAutomatic = 1024;
const remembered = 5000;

/** Beginnings of conversations that were seen, the newest 5000. */
export interface PromptCache {
  /** The tokens of this prompt that were cached before, and those that are from now on. */
  consult(ask: Ask): { readonly cached: number; readonly written: number };
  clear(): void;
}

/** A cache that has seen nothing yet. Automatic hits are told in steps of 128 tokens from 1024 on. */
export function promptCache(): PromptCache {
  const seen = new Set<string>();
  return {
    consult(ask) {
      const places = ask.prefixes.map(({ key, tokens }) => ({ key: digest(ask.tongue, ask.model, key), tokens }));
      const hit = places.findLast((place) => seen.has(place.key))?.tokens ?? 0;
      for (const place of places) seen.add(place.key);
      for (const oldest of seen) {
        if (seen.size <= remembered) break;
        seen.delete(oldest);
      }
      if (ask.caching === 'automatic') return { cached: hit < leastAutomatic ? 0 : hit - (hit % 128), written: 0 };
      return { cached: hit, written: Math.max(0, (places.at(-1)?.tokens ?? 0) - hit) };
    },
    clear: () => seen.clear(),
  };
}
