// How much to think: one level of effort under `reasoning`, beside what to show of it.

import type { Body } from '../../body.ts';
import type { ModelLimits, Operation, Target } from '../../envelope.ts';
import { admitLevel, asEffort, isWanted, takesLevels, thinks } from '../../ir/reasoning.ts';
import type { Reasoning } from '../../ir/request.ts';
import { asObject, compact, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { amend } from '../passing.ts';

/** The one path at which a body says how much to think. */
export const thinkingPaths: readonly string[] = ['reasoning.effort'];

/** IR → wire. */
export function encodeReasoning(
  reasoning: Reasoning | undefined,
  limits: ModelLimits,
  report: Report,
): JsonObject | undefined {
  if (!reasoning) return undefined;
  if (!thinks(limits.reasoning)) {
    if (isWanted(reasoning)) report(noThinking);
    return undefined;
  }
  const asked = asEffort(reasoning, limits.reasoning);
  if (reasoning.budget !== undefined && reasoning.budget > 0)
    report({
      what: 'thinking_budget',
      why: `OpenAI models take a level of effort, not tokens; '${asked}' was asked for.`,
    });
  const effort = asked === 'auto' ? undefined : asked;
  const hidden = effort === 'none' || reasoning.display === 'omitted';
  const summary = hidden ? undefined : reasoning.display === 'full' ? 'detailed' : 'auto';
  if (effort === undefined && summary === undefined) return undefined;
  return compact({ effort, summary });
}

const noThinking = { what: 'reasoning_effort', why: 'This model does not think; the wish was left out.' } as const;

/** A body that passes by with the effort its model takes. Throws for a level that the model does not have. */
export function fitThinking(body: Body, target: Target, _operation: Operation, report: Report): Body {
  const { thinking: wish, limits } = target;
  if (!thinks(limits.reasoning)) return stripped(body, wish, report);
  if (wish) return withEffort(body, asEffort(wish, limits.reasoning));
  const word = limits.reasoning && effortIn(body);
  if (word === undefined) return body;
  const level = admitLevel(word, 'reasoning.effort', target);
  const effort = asEffort(level === 'auto' ? { auto: true } : { effort: level }, limits.reasoning);
  const suits = effort === word && level !== 'auto' && takesLevels(limits.reasoning);
  return suits ? body : withEffort(body, effort);
}

function effortIn(body: Body): Json | undefined {
  return asObject(body.get('reasoning'))?.effort ?? undefined;
}

/** For a model that does not think. */
function stripped(body: Body, wish: Reasoning | undefined, report: Report): Body {
  const word = effortIn(body);
  if (wish ? isWanted(wish) : word !== undefined && word !== 'none') report(noThinking);
  return body.without('reasoning');
}

function withEffort(body: Body, effort: string): Body {
  return amend(body, ['reasoning'], { effort: effort === 'auto' ? undefined : effort });
}
