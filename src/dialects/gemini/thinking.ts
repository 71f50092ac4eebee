// How much to think, in Gemini's words: 2.5 models take a token budget, 3.x models a level, never both in one request.

import type { Effort, Target } from '../../envelope.ts';
import { asBudget, asEffort, isEffort, isOff, isWanted, takesLevels, thinks } from '../../ir/reasoning.ts';
import type { Reasoning } from '../../ir/request.ts';
import { asString, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { expectShape, flag, text } from '../shape.ts';
import { camel, nativeMaker, numberOf, reportRest, section } from './wire.ts';

const thinkingMembers = ['includeThoughts', 'thinkingBudget', 'thinkingLevel'];

/** The thinking intent of `generationConfig.thinkingConfig`; thoughts are shown only to those who ask (`includeThoughts`). */
export function decodeThinking(config: JsonObject, report: Report): Reasoning | undefined {
  const where = 'generationConfig.thinkingConfig';
  reportRest(config, thinkingMembers, where, report);
  expectShape(config, { includeThoughts: flag, thinkingLevel: text }, where);
  const level = asString(config.thinkingLevel)?.toLowerCase();
  const budget = numberOf(config, 'thinkingBudget', where);
  if (level !== undefined && level !== 'thinking_level_unspecified' && !isEffort(level))
    report({
      what: 'thinking_level',
      where: `${where}.thinkingLevel`,
      why: 'The gateway does not know this level; it was left out.',
    });
  const shown = config.includeThoughts === true;
  if (level === undefined && budget === undefined && !shown) return undefined;
  const display = shown ? 'summary' : 'omitted';
  if (isEffort(level)) return { effort: level, display };
  if (budget === undefined || budget < 0) return { auto: true, display };
  return { budget, display };
}

/** Whether the client wants to see thoughts. */
export function thoughtsWanted(request: JsonObject): boolean {
  return section(section(camel(request), 'generationConfig'), 'thinkingConfig').includeThoughts === true;
}

/** `thinkingConfig` for the target: a level where it takes levels, else a budget; undefined where nothing is to be said. */
export function encodeThinking(
  reasoning: Reasoning | undefined,
  target: Target,
  report: Report,
): JsonObject | undefined {
  if (!reasoning) return undefined;
  const limits = target.limits.reasoning;
  if (!thinks(limits)) {
    if (isWanted(reasoning)) report(noThinking);
    return undefined;
  }
  const amount = encodeAmount(reasoning, target);
  const off = amount.thinkingBudget === 0 || isOff(reasoning);
  const includeThoughts = !off && reasoning.display !== 'omitted';
  return { ...amount, ...(includeThoughts && { includeThoughts }) };
}

/** Reported where a model was asked to think that does not. */
export const noThinking = {
  what: 'reasoning',
  why: 'This model does not think; the thinking settings were left out.',
} as const;

/** The level or the budget; neither where the model shall decide by levels. */
export function encodeAmount(reasoning: Reasoning, target: Target): JsonObject {
  return speaksLevels(reasoning, target) ? level(reasoning, target) : budget(reasoning, target);
}

/**
 * Whether the target wants a signature on the first call of every step. All of Google's models since 3 do; on one whose name
 * does not tell its age the documented stand-in does no harm.
 */
export function demandsSeals({ model, maker }: Target): boolean {
  return maker === nativeMaker && !/gemini-[12](?:\D|$)/i.test(model);
}

/**
 * Whether the target is surely a Gemini of the third generation or later: these take media within function responses, and JSON
 * output or hosted tools beside functions.
 */
export function isGemini3({ model, limits }: Target): boolean {
  const generation = /gemini-(\d+)/i.exec(model)?.[1];
  if (generation !== undefined) return Number(generation) >= 3;
  return /gemini/i.test(model) && (limits.reasoning?.levels?.length ?? 0) > 0;
}

function speaksLevels(reasoning: Reasoning, target: Target): boolean {
  const limits = target.limits.reasoning;
  if (limits) return takesLevels(limits);
  if (/gemini-\d/i.test(target.model)) return isGemini3(target);
  return reasoning.effort !== undefined;
}

function budget(reasoning: Reasoning, target: Target): JsonObject {
  return { thinkingBudget: asBudget(reasoning, target.limits.reasoning) };
}

/** No level means off: a model that must think gets its lowest one, a model that also takes a budget a budget of 0. */
function level(reasoning: Reasoning, target: Target): JsonObject {
  const limits = target.limits.reasoning;
  const effort = asEffort(reasoning, limits);
  if (effort === 'auto') return {};
  if (effort !== 'none') return { thinkingLevel: levelWords[effort] };
  if (limits?.off === true && limits.budget) return { thinkingBudget: 0 };
  return { thinkingLevel: levelWords[asEffort({ effort: 'minimal' }, limits) as Exclude<Effort, 'none'>] };
}

const levelWords: Record<Exclude<Effort, 'none'>, string> = {
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
};
