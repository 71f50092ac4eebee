// How much to think: effort levels and token budgets, how an intent is said to a model that knows only one of the two, and what a
// client may ask of a model in the model's own dialect.

import type { Effort, ReasoningLimits, Target, ThinkingWish } from '../envelope.ts';
import { badRequest } from '../errors.ts';
import { asNumber, type Json } from '../json.ts';
import type { ChatRequest, Reasoning } from './request.ts';

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

/** Whether something a client wrote is one of our levels, in lower case. */
export function isEffort(value: unknown): value is Effort {
  return typeof value === 'string' && (efforts as readonly string[]).includes(value);
}

/** The effort that a token budget amounts to: 1-512 minimal, -1024 low, -8192 medium, -24576 high, above xhigh. */
export function effortOfBudget(budget: number): Effort {
  if (budget <= 0) return 'none';
  for (const effort of ['minimal', 'low', 'medium', 'high'] as const) if (budget <= budgets[effort]) return effort;
  return 'xhigh';
}

/** The tokens that stand for a level where only a budget can be said: 0 for `none`, 128,000 for `max`. Not clamped to any model. */
export function budgetOfEffort(effort: Effort): number {
  return budgets[effort];
}

/** Whether the model thinks, as far as is known: one that takes neither levels nor budgets does not. */
export function thinks(limits: ReasoningLimits | undefined): boolean {
  return limits === undefined || takesLevels(limits) || limits.budget !== undefined;
}

/** Whether the model is known to take effort levels. False where nothing is known of it: ask `limits` itself to tell that apart. */
export function takesLevels(limits: ReasoningLimits | undefined): boolean {
  return (limits?.levels?.length ?? 0) > 0;
}

/** Thinking shall be switched off. */
export function isOff({ effort, budget }: Reasoning): boolean {
  return effort === 'none' || budget === 0;
}

/** Something is said of how much to think, and it is not that there shall be none. */
export function isWanted(reasoning: Reasoning): boolean {
  const { effort, budget, auto } = reasoning;
  return !isOff(reasoning) && (effort !== undefined || budget !== undefined || auto === true);
}

/** The request with what the model's name asked for in place of its own wish; what the client wants to see stays. */
export function withWish(request: ChatRequest, wish: ThinkingWish | undefined): ChatRequest {
  if (!wish) return request;
  const display = request.reasoning?.display;
  return { ...request, reasoning: { ...wish, ...(display && { display }) } };
}

/**
 * A level as a client wrote it in the model's own dialect. Throws 400 for one that the model does not have; `auto` and `none` never
 * fail and neither does `low`: whoever asks for little thinking shall have it of any model.
 */
export function admitLevel(word: Json, where: string, { model, limits }: Target): Effort | 'auto' {
  const level = typeof word === 'string' ? word.trim().toLowerCase() : undefined;
  if (level === 'auto') return 'auto';
  const levels = limits.reasoning?.levels ?? [];
  const open = levels.length === 0 || level === 'none' || level === 'low';
  if (isEffort(level) && (open || levels.includes(level))) return level;
  const shown = typeof word === 'string' ? word.slice(0, longestWord) : JSON.stringify(word).slice(0, longestWord);
  const valid = (levels.length > 0 ? levels : efforts).join(', ');
  return refuse(model, `level "${shown}" not supported, valid levels: ${valid}`, where, 'level_not_supported');
}

/** A budget as a client wrote it in the model's own dialect. Throws 400 for one outside the model's range; 0 is off, -1 is `auto`. */
export function admitBudget(value: Json, where: string, { model, limits }: Target): number | undefined {
  const budget = asNumber(value);
  const range = limits.reasoning?.budget;
  if (budget === undefined || !range || budget === 0 || budget === -1) return budget;
  if (budget >= range.min && budget <= range.max) return budget;
  const why = `budget ${budget} out of range [${range.min},${range.max}]`;
  return refuse(model, why, where, 'budget_out_of_range');
}

/** Whether a budget that was admitted can be sent as it is: off, the model's own choice and a number are each for models that take them. */
export function suitsBudget(budget: number, limits: ReasoningLimits | undefined): boolean {
  if (!limits) return true;
  return limits.budget !== undefined && asBudget({ budget }, limits) === budget;
}

const longestWord = 64;

function refuse(model: string, why: string, where: string, code: string): never {
  throw badRequest(`${where}: ${why} (model ${model}).`, where, code);
}

/** The intent as a level the model takes; 'auto' where the model shall decide. Nearest level, ties to the lower. */
export function asEffort(reasoning: Reasoning, limits: ReasoningLimits | undefined): Effort | 'auto' {
  const wanted = effortWanted(reasoning, limits);
  if (wanted === undefined) return 'auto';
  if (wanted === 'none' && limits?.off !== false) return 'none';
  return nearest(wanted, limits?.levels);
}

/** A model that cannot decide itself gets the middle. */
function effortWanted({ effort, budget }: Reasoning, limits: ReasoningLimits | undefined): Effort | undefined {
  if (effort !== undefined) return effort;
  if (budget !== undefined && budget >= 0) return effortOfBudget(budget);
  return limits?.auto === false && takesLevels(limits) ? 'medium' : undefined;
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
