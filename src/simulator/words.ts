// Deterministic prose: words drawn by a seed, cut into the pieces a stream carries, and counted as tokens.

import { createHash } from 'node:crypto';

const plain = (
  'the a model answers river stone light quiet open seven paper window garden small bright slow green morning letter ' +
  'house after before under over with without and or but then where while careful simple early late many few old new'
).split(' ');
const worldly = 'naïve 東京 Füße 🚀 Ελλάδα 👩‍👩‍👧 привет é 한국어 שלום 𝄞 café'.split(' ');

/** Lower-case hexadecimal of a hash over all that is given: the source of every id, number and choice. */
export function digest(...facts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`${fact.length}:${fact}`);
  return hash.digest('hex');
}

/** A number from 0 up to (not including) `below`, by the facts. */
export function pick(below: number, ...facts: readonly string[]): number {
  return Number.parseInt(digest(...facts).slice(0, 12), 16) % below;
}

/** `count` words of prose; with `unicode` every third word needs several bytes a character. */
export function prose(count: number, seed: string, unicode = false): string {
  const start = pick(plain.length, seed);
  const words: string[] = [];
  for (let index = 0; index < count; index++) {
    const source = unicode && index % 3 === 1 ? worldly : plain;
    words.push(source[(start + index * 7) % source.length] ?? 'word');
  }
  return words.join(' ');
}

/** The text cut after each word, the white space staying with the word before it. Joined again it is the text. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+\s*|\s+/gu) ?? [];
}

/** The text cut into runs of `size` characters, never within one. */
export function runsOf(text: string, size: number): readonly string[] {
  const letters = Array.from(text);
  const runs: string[] = [];
  for (let at = 0; at < letters.length; at += size) runs.push(letters.slice(at, at + size).join(''));
  return runs;
}

/** What a text costs here: a token a word, and one for every six letters more of a long word. */
export function tokensOf(text: string): number {
  let tokens = 0;
  for (const word of text.split(/\s+/)) if (word !== '') tokens += Math.ceil(word.length / 6);
  return tokens;
}

/** The beginning of the text that costs no more than `limit` tokens, cut between words. */
export function withinTokens(text: string, limit: number): string {
  let spent = 0;
  let kept = '';
  for (const word of wordsOf(text)) {
    spent += tokensOf(word);
    if (spent > limit) return kept;
    kept += word;
  }
  return kept;
}
