// The operator's payload rules as data: which bodies they concern and what they write. Applied by relay/overrides.ts.

import { isSpoken, type PayloadMatcherItem, protocols } from '../config/payload.ts';
import type { Config } from '../config/schema.ts';
import type { DialectId } from '../envelope.ts';
import { type Json, readJson } from '../json.ts';

/** All rules, in the order in which they are applied. */
export interface PayloadRules {
  /** Set where the client's own body has nothing at the path; the first rule for a path wins. */
  readonly defaults: readonly PayloadRule[];
  /** Always set; the last rule for a path wins. */
  readonly overrides: readonly PayloadRule[];
  /** Taken away, after all others. */
  readonly filters: readonly PayloadFilter[];
}
/** Values for the bodies that it is for. */
export interface PayloadRule {
  readonly models: readonly PayloadMatcher[];
  /** Dotted path and value. */
  readonly params: readonly (readonly [path: string, value: Json])[];
}
/** What is taken out of the bodies that it is for; `params` are dotted paths. */
export interface PayloadFilter {
  readonly models: readonly PayloadMatcher[];
  readonly params: readonly string[];
}
/** All that is said must hold; any matcher of a rule may. */
export interface PayloadMatcher {
  /** `*` stands for any run of characters; case counts. Tested against the upstream's id and the client's name with and without its suffix. */
  readonly name?: string;
  /** The upstream's dialect. */
  readonly protocol?: DialectId;
  /** The client's dialect. */
  readonly fromProtocol?: DialectId;
  /** Client headers; values are patterns like `name`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of what stands at a path, one value is the same as this (`match`) or none is; one is not null (`exist`) or none is there. */
  readonly match?: readonly (readonly [path: string, value: Json])[];
  readonly notMatch?: readonly (readonly [path: string, value: Json])[];
  readonly exist?: readonly string[];
  readonly notExist?: readonly string[];
}

/** The rules of a configuration. `default` goes before `default-raw` and `override` before `override-raw`; within each, the file's order. */
export function payloadRulesOf(payload: Config['payload']): PayloadRules {
  return {
    defaults: [...payload.default.map(plainRule), ...payload['default-raw'].map(rawRule)],
    overrides: [...payload.override.map(plainRule), ...payload['override-raw'].map(rawRule)],
    filters: payload.filter.map(({ models, params }) => ({ models: models.filter(isSpoken).map(matcherOf), params })),
  };
}

function plainRule({ models, params }: Config['payload']['default'][number]): PayloadRule {
  return { models: models.filter(isSpoken).map(matcherOf), params: pathsOf(params) };
}

function rawRule({ models, params }: Config['payload']['default-raw'][number]): PayloadRule {
  return {
    models: models.filter(isSpoken).map(matcherOf),
    params: Object.entries(params).flatMap(([path, text]) => {
      const value = readJson(text);
      return value === undefined ? [] : [[path, value] as const];
    }),
  };
}

function matcherOf(item: PayloadMatcherItem): PayloadMatcher {
  const { name, headers, match, 'not-match': notMatch, exist } = item;
  const notExist = item['not-exist'];
  const protocol = item.protocol && protocols[item.protocol];
  const fromProtocol = item['from-protocol'] && protocols[item['from-protocol']];
  return {
    ...(name && { name }),
    ...(protocol && { protocol }),
    ...(fromProtocol && { fromProtocol }),
    ...(headers && { headers }),
    ...(match && { match: match.flatMap(pathsOf) }),
    ...(notMatch && { notMatch: notMatch.flatMap(pathsOf) }),
    ...(exist && { exist }),
    ...(notExist && { notExist }),
  };
}

function pathsOf(params: Readonly<Record<string, unknown>>): readonly (readonly [path: string, value: Json])[] {
  return Object.entries(params).map(([path, value]) => [path, jsonOf(value)] as const);
}

/** A value of the configuration as JSON has it: YAML also knows infinity, and not-a-number. */
function jsonOf(value: unknown): Json {
  return readJson(JSON.stringify(value) ?? 'null') ?? null;
}
