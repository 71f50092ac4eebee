// How much to think, in a body that passes by: `thinkingConfig` in either spelling, with the level or the budget its model takes.

import type { Body } from '../../body.ts';
import type { Operation, Target } from '../../envelope.ts';
import {
  admitBudget,
  admitLevel,
  asEffort,
  isEffort,
  isWanted,
  suitsBudget,
  takesLevels,
  thinks,
} from '../../ir/reasoning.ts';
import type { Reasoning } from '../../ir/request.ts';
import { asObject, asString, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { amend } from '../passing.ts';
import { encodeAmount, noThinking } from './thinking.ts';
import { numberIn } from './wire.ts';

const generations = ['generationConfig', 'generation_config'] as const;
const configs = ['thinkingConfig', 'thinking_config'] as const;
const amounts = ['thinkingLevel', 'thinking_level', 'thinkingBudget', 'thinking_budget'] as const;

/** Every path at which a body may say how much to think. */
export const thinkingPaths: readonly string[] = generations.flatMap((generation) =>
  configs.flatMap((config) => amounts.map((amount) => `${generation}.${config}.${amount}`)),
);

/** The body with the thinking its model takes. Throws for a level or a budget that the model does not have. */
export function fitThinking(body: Body, target: Target, operation: Operation, report: Report): Body {
  const limits = target.limits.reasoning;
  if (operation !== 'generate' || (!target.thinking && !limits)) return body;
  const place = placeIn(body);
  const wish = target.thinking ?? wishOf(place.config, target);
  if (!thinks(limits)) {
    if (wish && isWanted(wish)) report(noThinking);
    return amend(body, [place.generation], { [place.name]: undefined });
  }
  if (!wish || (!target.thinking && suits(place.config ?? {}, target))) return body;
  const others = Object.fromEntries(amounts.map((name) => [name, undefined]));
  return amend(body, [place.generation, place.name], { ...others, ...encodeAmount(wish, target) });
}

/** Where the thinking settings stand, or would stand. */
interface Place {
  readonly generation: string;
  readonly name: string;
  readonly config?: JsonObject;
}

function placeIn(body: Body): Place {
  const generation = generations.find((key) => body.has(key)) ?? generations[0];
  const settings = asObject(body.get(generation)) ?? {};
  const name = configs.find((key) => asObject(settings[key])) ?? configs[0];
  const config = asObject(settings[name]);
  return { generation, name, ...(config && { config }) };
}

/** What the settings ask for, in the words of the model; undefined where they do not say. */
function wishOf(config: JsonObject | undefined, target: Target): Reasoning | undefined {
  const word = levelIn(config);
  if (word !== undefined) {
    const level = thinks(target.limits.reasoning) ? admitLevel(word, `${where}.thinkingLevel`, target) : 'auto';
    return level === 'auto' ? { auto: true } : { effort: level };
  }
  const tokens = numberIn(budgetIn(config));
  const budget = tokens === undefined ? undefined : admitBudget(tokens, `${where}.thinkingBudget`, target);
  if (budget === undefined) return undefined;
  return budget < 0 ? { auto: true } : { budget };
}

const where = 'generationConfig.thinkingConfig';

function levelIn(config: JsonObject | undefined): Json | undefined {
  const word = config?.thinkingLevel ?? config?.thinking_level ?? undefined;
  return word === '' || word === 'THINKING_LEVEL_UNSPECIFIED' ? undefined : word;
}

function budgetIn(config: JsonObject | undefined): Json | undefined {
  return config?.thinkingBudget ?? config?.thinking_budget ?? undefined;
}

/** Whether the settings can be sent as they are. That both a level and a budget are there is for the service to refuse. */
function suits(config: JsonObject, { limits: { reasoning: limits } }: Target): boolean {
  const word = asString(levelIn(config))?.toLowerCase();
  if (word !== undefined)
    return takesLevels(limits) && isEffort(word) && word !== 'none' && asEffort({ effort: word }, limits) === word;
  const budget = numberIn(budgetIn(config));
  return budget === undefined || suitsBudget(budget, limits);
}
