// How much to think, in a Chat body that passes by: what the model's name asked for is written over what stands there, and what
// stands there is held against what the model takes. Only the members that say how much are touched.

import type { Body } from '../../body.ts';
import type { Operation, Target } from '../../envelope.ts';
import { admitBudget, admitLevel, asEffort, suitsBudget, takesLevels, thinks } from '../../ir/reasoning.ts';
import { asObject, isObject, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { amend, withMember } from '../passing.ts';
import { decodeThinking, encodeThinking } from './thinking.ts';

/** Members that are a wish by themselves. */
const words = ['reasoning_effort', 'enable_thinking', 'thinking_budget'] as const;
/** Objects and those of their members that say how much; the others say what to show, or are nobody's we know. */
const amounts = {
  reasoning: ['effort', 'max_tokens', 'enabled'],
  thinking: ['type', 'budget_tokens', 'effort'],
  chat_template_kwargs: ['enable_thinking', 'thinking', 'thinking_budget'],
} as const;

/** Every path at which a body may say how much to think. */
export const thinkingPaths: readonly string[] = [
  ...words,
  ...Object.entries(amounts).flatMap(([key, names]) => names.map((name) => `${key}.${name}`)),
];

/** The body with the thinking its model takes. Throws for a level or a budget that the model does not have. */
export function fitThinking(body: Body, target: Target, _operation: Operation, report: Report): Body {
  if (target.thinking) return written(body, encodeThinking(target.thinking, target, report));
  if (!target.limits.reasoning) return body;
  const told = toldBy(body);
  if (Object.keys(told).length === 0) return body;
  const suits = levelsSuit(told, target) && budgetsSuit(told, target) && thinks(target.limits.reasoning);
  if (suits) return body;
  const reasoning = decodeThinking(inSmallLetters(told), () => undefined);
  return written(body, encodeThinking(reasoning, target, report));
}

/** The members that say how much, alone. */
function toldBy(body: Body): JsonObject {
  const keys = [...words, ...Object.keys(amounts)].filter((key) => body.has(key));
  return Object.fromEntries(keys.map((key) => [key, body.get(key)]));
}

/** Levels are read in any case. */
function inSmallLetters(told: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(told).map(([key, value]) => [
      key,
      isObject(value) ? inSmallLetters(value) : typeof value === 'string' ? value.trim().toLowerCase() : value,
    ]),
  );
}

/** Whether every level is one that the service reads at this place and the model has. */
function levelsSuit(told: JsonObject, target: Target): boolean {
  const { reasoning_effort: word } = told;
  const elsewhere = target.accent.thinking !== undefined && target.accent.thinking !== 'reasoning_effort';
  const plain = isLevelFit(word, 'reasoning_effort', target) && !(isTold(word) && elsewhere);
  const routed = isLevelFit(asObject(told.reasoning)?.effort, 'reasoning.effort', target);
  return isLevelFit(asObject(told.thinking)?.effort, 'thinking.effort', target) && routed && plain;
}

function isLevelFit(word: Json | undefined, where: string, target: Target): boolean {
  if (!isTold(word) || !thinks(target.limits.reasoning)) return true;
  const level = admitLevel(word, where, target);
  if (level === 'auto') return false;
  return takesLevels(target.limits.reasoning) && asEffort({ effort: level }, target.limits.reasoning) === word;
}

function budgetsSuit(told: JsonObject, target: Target): boolean {
  const budgets: readonly (readonly [string, Json | undefined])[] = [
    ['thinking_budget', told.thinking_budget],
    ['reasoning.max_tokens', asObject(told.reasoning)?.max_tokens],
    ['thinking.budget_tokens', asObject(told.thinking)?.budget_tokens],
  ];
  return budgets.every(([where, budget]) => isBudgetFit(budget, where, target));
}

function isBudgetFit(value: Json | undefined, where: string, target: Target): boolean {
  if (!isTold(value)) return true;
  const budget = admitBudget(value, where, target);
  return budget === undefined || suitsBudget(budget, target.limits.reasoning);
}

function isTold(value: Json | undefined): value is Json {
  return value !== undefined && value !== null;
}

/** The body with these members in place of all that said how much. */
function written(body: Body, said: JsonObject): Body {
  const plain = words.reduce((edited, key) => withMember(edited, key, said[key]), body);
  return Object.entries(amounts).reduce((edited, [key, names]) => {
    const amount = asObject(said[key]);
    return amend(edited, [key], Object.fromEntries(names.map((name) => [name, amount?.[name]])));
  }, plain);
}
