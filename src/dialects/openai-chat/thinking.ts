// How much to think, both directions: OpenAI says it in one word, and each vendor of compatible services found another switch.

import type { Effort, Target } from '../../envelope.ts';
import { asBudget, asEffort, isEffort, isWanted, thinks } from '../../ir/reasoning.ts';
import type { Reasoning } from '../../ir/request.ts';
import { asBoolean, asNumber, asObject, asString, compact, type JsonObject } from '../../json.ts';
import { type Report, reportOthers, unknownMember } from '../../loss.ts';
import { flag, number, type Shapes, text } from '../shape.ts';

/** Every member that may say how much to think, but `reasoning_effort`. */
export const thinkingShapes: Shapes = {
  reasoning: { enabled: flag, exclude: flag, max_tokens: number },
  include_reasoning: flag,
  thinking: { type: text, budget_tokens: number },
  enable_thinking: flag,
  thinking_budget: number,
  chat_template_kwargs: { enable_thinking: flag, thinking: flag, thinking_budget: number },
  reasoning_split: flag,
};

/** Every member that may say how much to think. */
export const thinkingMembers: readonly string[] = ['reasoning_effort', ...Object.keys(thinkingShapes)];

const unknownEffort = {
  what: 'reasoning_effort',
  why: 'The gateway does not know this level, so the model decides.',
} as const;

/** wire → IR. The vendor's own member first; the others fill in what it leaves open. */
export function decodeThinking(body: JsonObject, report: Report): Reasoning | undefined {
  const template = asObject(body.chat_template_kwargs) ?? {};
  const router = asObject(body.reasoning);
  const told = [
    ofWord(body, report),
    router && ofSwitch(router.enabled, router.max_tokens, router.effort),
    ofType(asObject(body.thinking)),
    ofSwitch(body.enable_thinking, body.thinking_budget),
    ofSwitch(template.enable_thinking ?? template.thinking, template.thinking_budget),
  ].find((reasoning) => reasoning !== undefined);
  reportOthers(router, ['effort', 'enabled', 'max_tokens', 'exclude'], 'reasoning', unknownMember, report);
  reportOthers(asObject(body.thinking), ['type', 'budget_tokens', 'effort'], 'thinking', unknownMember, report);
  reportOthers(
    template,
    ['enable_thinking', 'thinking', 'thinking_budget'],
    'chat_template_kwargs',
    unknownMember,
    report,
  );
  const effort = router?.effort ?? undefined;
  if (effort !== undefined && effort !== 'auto' && !isEffort(effort)) report(unknownEffort);
  const omitted = router?.exclude === true || body.include_reasoning === false;
  return omitted ? { ...told, display: 'omitted' } : told;
}

function ofWord({ reasoning_effort: word }: JsonObject, report: Report): Reasoning | undefined {
  if (word === undefined || word === null) return undefined;
  if (isEffort(word)) return { effort: word };
  if (word === 'auto') return { auto: true };
  report(unknownEffort);
  return undefined;
}

function ofSwitch(enabled: unknown, budget: unknown, effort?: unknown): Reasoning | undefined {
  if (isEffort(effort)) return { effort };
  const on = asBoolean(enabled);
  if (on === false) return { effort: 'none' };
  const tokens = asNumber(budget);
  if (tokens !== undefined && tokens >= 0) return { budget: tokens };
  return on || tokens !== undefined ? { auto: true } : undefined;
}

function ofType(thinking: JsonObject | undefined): Reasoning | undefined {
  const type = asString(thinking?.type);
  if (!thinking || !type) return undefined;
  return type === 'disabled' ? { effort: 'none' } : ofSwitch(true, thinking.budget_tokens, thinking.effort);
}

/** IR → wire: the one switch that this service knows. */
export function encodeThinking(reasoning: Reasoning | undefined, target: Target, report: Report): JsonObject {
  if (!reasoning || onlyDisplay(reasoning, target)) return {};
  if (!thinks(target.limits.reasoning)) {
    if (isWanted(reasoning))
      report({ what: 'reasoning_effort', why: 'This model does not think; the wish was left out.' });
    return {};
  }
  const effort = asEffort(reasoning, target.limits.reasoning);
  switch (target.accent.thinking) {
    case 'thinking-type':
      return { thinking: encodeType(effort, target) };
    case 'enable_thinking':
      return encodeSwitch(reasoning, effort, target);
    case 'openrouter':
      return { reasoning: encodeRouter(reasoning, effort, target) };
    default:
      return encodeWord(effort, target, report);
  }
}

/** Nothing is said of how much; only OpenRouter can be told what to show. */
function onlyDisplay({ effort, budget, auto }: Reasoning, { accent }: Target): boolean {
  return effort === undefined && budget === undefined && !auto && accent.thinking !== 'openrouter';
}

function encodeWord(effort: Effort | 'auto', { limits }: Target, report: Report): JsonObject {
  if (effort === 'auto') return {};
  if (!limits.reasoning || limits.reasoning.levels?.length) return { reasoning_effort: effort };
  if (effort !== 'none') report({ what: 'reasoning_effort', why: 'This model takes no levels of thinking.' });
  return {};
}

/** DeepSeek, GLM, Kimi; the level beside the switch only where the model has levels. */
function encodeType(effort: Effort | 'auto', { limits }: Target): JsonObject {
  if (effort === 'none') return { type: 'disabled' };
  return { type: 'enabled', ...(effort !== 'auto' && limits.reasoning?.levels?.length && { effort }) };
}

/** Qwen: a switch, and a budget where one was named or the model has a range for it. */
function encodeSwitch(reasoning: Reasoning, effort: Effort | 'auto', { limits }: Target): JsonObject {
  if (effort === 'none') return { enable_thinking: false };
  const counts = reasoning.budget !== undefined || limits.reasoning?.budget !== undefined;
  const budget = counts ? asBudget(reasoning, limits.reasoning) : -1;
  return { enable_thinking: true, ...(budget > 0 && { thinking_budget: budget }) };
}

/** OpenRouter: tokens where a number of them was named and the model counts them, else a level. */
function encodeRouter(reasoning: Reasoning, effort: Effort | 'auto', { limits }: Target): JsonObject {
  const { budget, display } = reasoning;
  const counted = budget !== undefined && budget > 0 && (!limits.reasoning || limits.reasoning.budget !== undefined);
  return compact({
    max_tokens: counted ? asBudget(reasoning, limits.reasoning) : undefined,
    effort: counted || effort === 'auto' ? undefined : effort,
    enabled: effort === 'auto' && display !== 'omitted' ? true : undefined,
    exclude: display === 'omitted' ? true : undefined,
  });
}
