// How much to think: effort levels and token budgets, and how an intent is said to a model that knows only one of the two.

import type { Effort, ReasoningLimits } from '../envelope.ts';
import type { Reasoning } from './request.ts';

/** From least to most. */
export const efforts: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

const budgets: Record<Effort, number> = {
  none: 0,
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 128_000,
};

export function isEffort(value: unknown): value is Effort {
  return typeof value === 'string' && (efforts as readonly string[]).includes(value);
}

/** The effort that a token budget amounts to: 1-512 minimal, -1024 low, -8192 medium, -24576 high, above xhigh. */
export function effortOfBudget(budget: number): Effort {
  if (budget <= 0) return 'none';
  for (const effort of ['minimal', 'low', 'medium', 'high'] as const) if (budget <= budgets[effort]) return effort;
  return 'xhigh';
}

export function budgetOfEffort(effort: Effort): number {
  return budgets[effort];
}

/** The intent as a level the model takes; 'auto' where the model shall decide. Nearest level, ties to the lower. */
export function asEffort(reasoning: Reasoning, limits: ReasoningLimits | undefined): Effort | 'auto' {
  const wanted = reasoning.effort ?? (reasoning.budget === undefined ? undefined : effortOfBudget(reasoning.budget));
  if (wanted === undefined) return 'auto';
  if (wanted === 'none' && limits?.off !== false) return 'none';
  return nearest(wanted, limits?.levels);
}

/** The intent as a token budget within the model's range; -1 where the model shall decide, 0 for off. */
export function asBudget(reasoning: Reasoning, limits: ReasoningLimits | undefined): number {
  const wanted = reasoning.budget ?? (reasoning.effort === undefined ? undefined : budgetOfEffort(reasoning.effort));
  const range = limits?.budget;
  if (wanted === undefined || wanted < 0) {
    if (limits?.auto !== false || !range) return -1;
    return Math.floor((range.min + range.max) / 2);
  }
  if (wanted === 0) return limits?.off === false ? (range?.min ?? 0) : 0;
  return range ? Math.min(Math.max(wanted, range.min), range.max) : wanted;
}

function nearest(wanted: Effort, levels: readonly Effort[] | undefined): Effort {
  if (!levels?.length || levels.includes(wanted)) return wanted;
  const rank = efforts.indexOf(wanted);
  const byDistance = levels
    .filter((level) => level !== 'none')
    .toSorted((a, b) => distance(a, rank) - distance(b, rank) || efforts.indexOf(a) - efforts.indexOf(b));
  return byDistance[0] ?? wanted;
}

function distance(effort: Effort, rank: number): number {
  return Math.abs(efforts.indexOf(effort) - rank);
}
