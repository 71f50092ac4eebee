// How much to think, in a Messages body that passes by: what the model's name asked for is written over what stands there, what stands
// there is held against what the model takes, and what Anthropic would refuse beside it is put right. Services of other makers read
// this dialect in their own way: there only the wish of the name is written, and nothing for a model that does not think.

import type { Body } from '../../body.ts';
import type { Effort, Operation, ReasoningLimits, Target } from '../../envelope.ts';
import { admitBudget, admitLevel, asEffort, isWanted, takesLevels, thinks } from '../../ir/reasoning.ts';
import type { Reasoning } from '../../ir/request.ts';
import { asArray, asNumber, asObject, asString, isObject, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { amend, withChanges } from '../passing.ts';
import { withoutOrphanedThinking } from './drop-seals.ts';
import {
  decodeEffort,
  decodeThinking,
  encodeAmount,
  forcedChoice,
  leastBudgetOf,
  lowered,
  noRoom,
  noThinking,
} from './thinking.ts';
import { nativeMaker } from './wire.ts';

/** Every path at which a body says how much to think. */
export const thinkingPaths: readonly string[] = ['thinking.type', 'thinking.budget_tokens', 'output_config.effort'];

/** The body with the thinking its model takes. Throws for a level or a budget that the model does not have. */
export function fitThinking(body: Body, target: Target, operation: Operation, report: Report): Body {
  const wish = target.thinking;
  if (!thinks(target.limits.reasoning)) return stripped(body, wish, report);
  if (target.maker !== nativeMaker) return wish ? written(body, wish, target, report) : body;
  const roomy = operation === 'generate' ? withMaxTokens(body, target) : body;
  const asked = wish ? wished(roomy, wish, target, report) : admitted(roomy, target, report);
  return acceptable(asked, target, report);
}

/** For a model that does not think. */
function stripped(body: Body, wish: Reasoning | undefined, report: Report): Body {
  const effort = decodeEffort(asObject(body.get('output_config')));
  const asked = wish ?? decodeThinking(asObject(body.get('thinking')), effort, () => undefined).reasoning;
  if (asked && isWanted(asked)) report(noThinking);
  return amend(body.without('thinking'), ['output_config'], { effort: undefined });
}

/** Without a limit of the client's the answer may be as long as the model can write. */
function withMaxTokens(body: Body, { limits }: Target): Body {
  const told = body.get('max_tokens') ?? undefined;
  return told === undefined && limits.maxOutput !== undefined ? body.set('max_tokens', limits.maxOutput) : body;
}

/** The wish of the name, where the tool loop that is being continued began with a thought or needs none. */
function wished(body: Body, wish: Reasoning, target: Target, report: Report): Body {
  const edited = withoutEfforts(written(body, wish, target, report));
  if (asObject(edited.get('thinking'))?.type !== 'enabled') return edited;
  const fitted = withoutOrphanedThinking(edited, asArray(edited.get('messages')) ?? []);
  if (fitted !== edited)
    report({
      what: 'thinking',
      why: 'The tool calls being continued came without the thinking that led to them; this turn goes on without thinking.',
    });
  return fitted;
}

/** The wish in place of what the body says; what it says of showing thoughts stays. */
function written(body: Body, wish: Reasoning, target: Target, report: Report): Body {
  const maxTokens = asNumber(body.get('max_tokens')) ?? Number.POSITIVE_INFINITY;
  const { thinking, effort } = encodeAmount(wish, target, maxTokens, report);
  const edited = amend(body, ['output_config'], { effort });
  if (!thinking) return edited.without('thinking');
  if (thinking.type === 'disabled') return edited.set('thinking', { type: 'disabled' });
  const budget = thinking.type === 'enabled' ? thinking.budget_tokens : undefined;
  return amend(edited, ['thinking'], { type: thinking.type, budget_tokens: budget });
}

/** Messages may ask for an effort of their own. */
function withoutEfforts(body: Body): Body {
  if (!body.raw('messages')?.includes('"output_config"')) return body;
  const messages = asArray(body.get('messages'));
  if (!messages?.some(asksForEffort)) return body;
  const plain = messages.map((message) => (asksForEffort(message) ? withoutEffort(message) : message));
  return body.set('messages', plain, messages);
}

function asksForEffort(message: Json): message is JsonObject {
  return isObject(message) && asObject(message.output_config)?.effort !== undefined;
}

function withoutEffort(message: JsonObject): JsonObject {
  const config = withChanges(asObject(message.output_config) ?? {}, { effort: undefined });
  return withChanges(message, { output_config: Object.keys(config).length > 0 ? config : undefined });
}

/** The client's own wish, in the form that the model takes. */
function admitted(body: Body, target: Target, report: Report): Body {
  const limits = target.limits.reasoning;
  if (!limits) return body;
  const thinking = asObject(body.get('thinking'));
  const word = asObject(body.get('output_config'))?.effort ?? undefined;
  const level = word === undefined ? undefined : admitLevel(word, 'output_config.effort', target);
  const foreign = thinking && foreignForm(thinking, level, target);
  if (foreign) return written(body, foreign, target, report);
  if (level === 'none') return written(body, { effort: 'none' }, target, report);
  return level !== undefined && takesLevels(limits) ? withEffort(body, word, level, limits) : body;
}

/** The wish of a body that says it in a form its model does not take: a budget where only levels are known, or the reverse. */
function foreignForm(thinking: JsonObject, level: Effort | 'auto' | undefined, target: Target): Reasoning | undefined {
  const limits = target.limits.reasoning;
  const effort: Reasoning = level === undefined || level === 'auto' ? { auto: true } : { effort: level };
  if (thinking.type === 'adaptive') return takesLevels(limits) ? undefined : effort;
  if (thinking.type !== 'enabled') return undefined;
  const told = thinking.budget_tokens ?? undefined;
  const budget = told === undefined ? undefined : admitBudget(told, 'thinking.budget_tokens', target);
  if (budget === 0) return { effort: 'none' };
  if (limits?.budget) return budget === -1 ? { auto: true } : undefined;
  return level === undefined && budget !== undefined && budget > 0 ? { budget } : effort;
}

function withEffort(body: Body, word: Json | undefined, level: Effort | 'auto', limits: ReasoningLimits): Body {
  const effort = level === 'auto' ? asEffort({ auto: true }, limits) : asEffort({ effort: level }, limits);
  if (effort === 'auto') return amend(body, ['output_config'], { effort: undefined });
  return effort === word ? body : amend(body, ['output_config'], { effort });
}

/** What Anthropic refuses beside thinking, put right; a body without such a fault stays as it is. */
function acceptable(body: Body, target: Target, report: Report): Body {
  const thinking = asObject(body.get('thinking'));
  const type = asString(thinking?.type);
  if (type !== 'enabled' && type !== 'adaptive') return body;
  const limits = target.limits.reasoning;
  const choice = asString(asObject(body.get('tool_choice'))?.type);
  if (choice === 'any' || choice === 'tool') {
    report(forcedChoice);
    const leaveOut = type === 'enabled' || limits?.off === false;
    return leaveOut ? body.without('thinking') : body.set('thinking', { type: 'disabled' });
  }
  const budget = asNumber(thinking?.budget_tokens);
  const maxTokens = asNumber(body.get('max_tokens'));
  const cramped = type === 'enabled' && budget !== undefined && maxTokens !== undefined && budget >= maxTokens;
  if (!cramped) return withoutKnobs(body, report);
  const least = leastBudgetOf(limits);
  if (maxTokens - 1 < least) {
    report(noRoom(maxTokens, least));
    return body.without('thinking');
  }
  report(lowered(maxTokens));
  return withoutKnobs(amend(body, ['thinking'], { budget_tokens: maxTokens - 1 }), report);
}

const knobs: readonly (readonly [what: string, isTaken: (value: number) => boolean, why: string])[] = [
  ['temperature', (value) => value === 1, 'Anthropic takes no temperature while thinking.'],
  ['top_p', (value) => value >= 0.95, 'Anthropic takes a top_p below 0.95 only without thinking.'],
  ['top_k', () => false, 'Anthropic takes no top_k while thinking.'],
];

function withoutKnobs(body: Body, report: Report): Body {
  return knobs.reduce((edited, [what, isTaken, why]) => {
    const value = asNumber(edited.get(what));
    if (value === undefined || isTaken(value)) return edited;
    report({ what, why });
    return edited.without(what);
  }, body);
}
