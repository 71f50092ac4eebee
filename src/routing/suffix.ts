// The end of a model's name that says how much to think: `model(high)`, `model(8192)`, `model(auto)`.

import type { Effort, ThinkingWish } from '../envelope.ts';

/** A model's name with a pair of parentheses at its end. */
export interface SuffixedName {
  /** The name before the last pair of parentheses. */
  readonly base: string;
  /** What stood between them. */
  readonly word: string;
  /** Absent: the word says nothing of thinking. */
  readonly thinking?: ThinkingWish;
}

/** From least to most. */
export const efforts: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The name in two; undefined where it does not end in a pair of parentheses behind something. */
export function readSuffix(name: string): SuffixedName | undefined {
  const open = name.lastIndexOf('(');
  if (open <= 0 || !name.endsWith(')')) return undefined;
  const word = name.slice(open + 1, -1);
  const thinking = readWish(word.trim().toLowerCase());
  return { base: name.slice(0, open), word, ...(thinking && { thinking }) };
}

function readWish(word: string): ThinkingWish | undefined {
  if (word === 'auto' || word === '-1') return { auto: true };
  const effort = efforts.find((known) => known === word);
  if (effort) return { effort };
  if (!/^\d{1,9}$/.test(word)) return undefined;
  const budget = Number(word);
  return budget === 0 ? { effort: 'none' } : { budget };
}

/** The wish in words. */
export function describeWish(wish: ThinkingWish): string {
  if ('effort' in wish) return wish.effort === 'none' ? 'no thinking' : `${wish.effort} thinking`;
  return 'budget' in wish ? `${wish.budget} tokens of thinking` : 'as much thinking as the model finds right';
}
