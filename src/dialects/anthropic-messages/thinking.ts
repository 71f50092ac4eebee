// How much to think: the three forms of `thinking` (adaptive with an effort, manual with a budget, off), what a client asked for
// in them, and which of them a model takes. Rules (Anthropic, extended thinking): 1024 <= budget_tokens < max_tokens; no forced
// tool choice while thinking; under a budget a continued tool loop must start with the thinking block it began with, which adaptive
// thinking does not ask for.

import type { Effort, ReasoningLimits, Target } from '../../envelope.ts';
import { forcesTool } from '../../ir/hosted.ts';
import {
  asBudget,
  asEffort,
  budgetOfEffort,
  isEffort,
  isOff,
  isWanted,
  takesLevels,
  thinks,
} from '../../ir/reasoning.ts';
import type { ChatRequest, Part, Reasoning } from '../../ir/request.ts';
import { asNumber, asString, type JsonObject } from '../../json.ts';
import type { Loss, Report } from '../../loss.ts';
import { nativeMaker, type ThinkingValue } from './wire.ts';

const leastBudget = 1024;
/** An answer that is longer than this can do with less thinking. */
const largestReserve = 16_384;

/** The intent behind `thinking` and an effort (of the request, or of the last message that sets one). */
export function decodeThinking(
  value: JsonObject | undefined,
  effort: Effort | undefined,
  report: Report,
): { reasoning?: Reasoning } {
  const display = decodeDisplay(asString(value?.display), report);
  const level = effort && { effort };
  switch (asString(value?.type)) {
    case 'disabled':
      return { reasoning: { effort: 'none' } };
    case 'adaptive':
      return { reasoning: { auto: true, ...level, ...display } };
    case 'enabled': {
      const budget = asNumber(value?.budget_tokens);
      if (effort && budget !== undefined)
        report({ what: 'effort', why: 'A thinking budget and an effort were given; the budget is followed.' });
      return { reasoning: { ...(budget === undefined ? (level ?? { auto: true }) : { budget }), ...display } };
    }
    case 'between_tools':
      report({
        what: 'thinking',
        why: 'Only Anthropic can think between tools alone; the model decides when to think.',
      });
      return { reasoning: { auto: true, ...level } };
    default:
      if (value)
        report({ what: 'thinking', why: 'The gateway does not know this type of thinking, so the model decides.' });
      return effort ? { reasoning: { effort, ...display } } : {};
  }
}

function decodeDisplay(display: string | undefined, report: Report): Pick<Reasoning, 'display'> {
  if (display === 'omitted') return { display };
  if (display === 'summarized' || display === 'updates') return { display: 'summary' };
  if (display)
    report({ what: 'thinking', where: 'thinking.display', why: 'The gateway knows summarized, updates and omitted.' });
  return {};
}

/** The effort in an `output_config`; undefined where there is none, or one that we do not know. */
export function decodeEffort(config: JsonObject | undefined): Effort | undefined {
  return isEffort(config?.effort) ? config.effort : undefined;
}

/** What is written for the wish to think. */
export interface Thinking {
  readonly thinking?: ThinkingValue;
  readonly effort?: string;
  /** The model will think: other rules hold for sampling. */
  readonly on: boolean;
}
const silent: Thinking = { on: false };
const disabled: Thinking = { on: false, thinking: { type: 'disabled' } };

/** Reported where a model was asked to think that does not. */
export const noThinking = {
  what: 'reasoning_effort',
  why: 'This model does not think; the wish was left out.',
} as const;
/** Reported where thinking was asked for beside a forced tool call. */
export const forcedChoice = {
  what: 'thinking',
  why: 'Anthropic does not think when a tool call is forced; the tool choice was kept.',
} as const;

/** Why a budget had to go. */
export function noRoom(maxTokens: number, least: number): Loss {
  const why = `max_tokens of ${maxTokens} leaves no room for a thinking budget of at least ${least}; the model answers without thinking.`;
  return { what: 'thinking', why };
}

/** Why a budget is less than the client named. */
export function lowered(maxTokens: number): Loss {
  return {
    what: 'thinking',
    why: `A thinking budget must be below max_tokens of ${maxTokens}; it was lowered to one less.`,
  };
}

/** The least budget that the model takes. */
export function leastBudgetOf(limits: ReasoningLimits | undefined): number {
  return Math.max(limits?.budget?.min ?? leastBudget, leastBudget);
}

/**
 * What is written for the request's wish. Thinking that Anthropic would refuse (beside a forced call, under `max_tokens` too small for it,
 * in a tool loop that lost its first thought) is left out or lowered, and reported.
 */
export function encodeThinking(request: ChatRequest, target: Target, maxTokens: number, report: Report): Thinking {
  const { reasoning } = request;
  const limits = target.limits.reasoning;
  if (!reasoning) return silent;
  if (!thinks(limits)) {
    if (isWanted(reasoning)) report(noThinking);
    return silent;
  }
  if (isOff(reasoning) && limits?.off !== false) return disabled;
  const obstacle = obstacleTo(request, isAdaptive(reasoning, target), target.maker);
  if (obstacle !== undefined) {
    report({ what: 'thinking', why: obstacle });
    return withoutThinking(reasoning, limits);
  }
  return encodeAmount(reasoning, target, maxTokens, report);
}

/** The wish in the form that the model takes, whatever else the request holds. */
export function encodeAmount(reasoning: Reasoning, target: Target, maxTokens: number, report: Report): Thinking {
  const limits = target.limits.reasoning;
  if (isOff(reasoning) && limits?.off !== false) return disabled;
  if (isAdaptive(reasoning, target)) return adaptive(reasoning, limits);
  return manual(reasoning, limits, maxTokens, report);
}

/** Of other makers' services it is sure only that they know this dialect's older form. */
function isAdaptive(reasoning: Reasoning, { maker, limits }: Target): boolean {
  return maker === nativeMaker && usesLevels(reasoning, limits.reasoning);
}

/** Models that take levels think adaptively; for an unknown model the client's own form decides. */
function usesLevels(reasoning: Reasoning, limits: ReasoningLimits | undefined): boolean {
  if (takesLevels(limits)) return true;
  return !limits?.budget && reasoning.budget === undefined;
}

/** Why this request cannot be answered with thinking on. */
function obstacleTo(request: ChatRequest, adapts: boolean, maker: string): string | undefined {
  if (request.tools.length > 0 && forcesTool(request.toolChoice)) return forcedChoice.why;
  if (adapts) return undefined;
  const parts = request.turns.findLast(({ role }) => role === 'assistant')?.parts ?? [];
  if (parts.some(({ type }) => type === 'tool-call') && !parts.some((part) => isSealedBy(part, maker)))
    return 'The tool calls being continued came without the thinking that led to them; this turn goes on without thinking.';
  return undefined;
}

function isSealedBy(part: Part, maker: string): boolean {
  return part.type === 'reasoning' && part.seal?.maker === maker;
}

/** Newer models think unless told not to; those that take only a budget do not think unasked. */
function withoutThinking(reasoning: Reasoning, limits: ReasoningLimits | undefined): Thinking {
  const thinksUnasked = usesLevels(reasoning, limits) && limits?.off !== false;
  return thinksUnasked ? { on: false, thinking: { type: 'disabled' } } : silent;
}

function adaptive(reasoning: Reasoning, limits: ReasoningLimits | undefined): Thinking {
  const level = asEffort(reasoning, limits);
  const effort = level === 'minimal' || level === 'none' ? 'low' : level;
  return {
    on: true,
    thinking: { type: 'adaptive', ...displayOf(reasoning) },
    ...(effort !== 'auto' && { effort }),
  };
}

/**
 * A budget that the client named is lowered to below `max_tokens` and no further; one that stands for an effort or for none leaves
 * a part for the answer. Where even the least does not fit, there is no thinking.
 */
function manual(
  reasoning: Reasoning,
  limits: ReasoningLimits | undefined,
  maxTokens: number,
  report: Report,
): Thinking {
  const least = leastBudgetOf(limits);
  const wanted = budgetWanted(reasoning, limits, least);
  const named = reasoning.budget !== undefined && reasoning.budget >= 0;
  const budget = Math.min(wanted, maxTokens - (named ? 1 : answerRoom(maxTokens)));
  if (budget < least) {
    report(noRoom(maxTokens, least));
    return silent;
  }
  if (named && budget < wanted) report(lowered(maxTokens));
  return { on: true, thinking: { type: 'enabled', budget_tokens: budget, ...displayOf(reasoning) } };
}

/** Whoever leaves it to the model gets what `high` is at most. */
function budgetWanted(reasoning: Reasoning, limits: ReasoningLimits | undefined, least: number): number {
  const most = limits?.budget?.max ?? Number.POSITIVE_INFINITY;
  const asked = asBudget(reasoning, limits);
  const high = budgetOfEffort('high');
  const left = reasoning.effort === undefined && (reasoning.budget === undefined || reasoning.budget < 0);
  const wanted = asked < 0 ? high : left ? Math.min(asked, high) : asked;
  return Math.min(Math.max(wanted, least), most);
}

/** What thinking leaves of `max_tokens`, which caps both. */
function answerRoom(maxTokens: number): number {
  return Math.min(Math.ceil(maxTokens / 2), largestReserve);
}

function displayOf({ display }: Reasoning): { display?: 'summarized' | 'omitted' } {
  if (display === undefined) return {};
  return { display: display === 'omitted' ? 'omitted' : 'summarized' };
}
