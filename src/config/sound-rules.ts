// Rules of operators that are well-formed and cannot be applied: each is left out with a reason, and the others go on.

import { readJson } from '../json.ts';
import type { ErrorRuleItem } from './error-rules.ts';
import type { LoginAliasItem } from './logins.ts';
import type { Notary, Notice } from './notice.ts';
import { type KeyPath, printPath } from './outline.ts';
import { patternFault } from './pattern.ts';
import { isSpoken } from './payload.ts';
import type { Config, ParsedConfig } from './schema.ts';

/** The rules that can be applied, and a warning for each other one. */
export interface Sound<Rules> {
  readonly rules: Rules;
  readonly notices: readonly Notice[];
}

interface Fault {
  readonly path: KeyPath;
  readonly message: string;
  readonly advice: string;
}

/** Rules for errors whose patterns compile and that say which errors they are for. */
export function soundErrorRules<Rule extends ErrorRuleItem>(
  rules: readonly Rule[],
  path: KeyPath,
  notary: Notary,
): Sound<readonly Rule[]> {
  return without(rules, (rule, index) => errorRuleFault(rule, [...path, index]), notary);
}

function errorRuleFault(rule: ErrorRuleItem, path: KeyPath): Fault | undefined {
  const { status, match = [], 'match-regexr': patterns = [] } = rule;
  if (status === undefined && match.length + patterns.length === 0) {
    const message = `${printPath(path)} would concern every error`;
    return { path, message, advice: 'Name a status, texts (match) or patterns (match-regexr).' };
  }
  for (const [index, pattern] of patterns.entries()) {
    const reason = patternFault(pattern);
    const here = [...path, 'match-regexr', index];
    const advice = 'Correct the regular expression, or write the text under match, where no character is special.';
    if (reason !== undefined) return { path: here, message: `${printPath(here)} cannot be read: ${reason}`, advice };
  }
  return undefined;
}

/** Payload rules that concern some request, and whose raw values are JSON. */
export function soundPayload(payload: ParsedConfig['payload'], notary: Notary): Sound<Config['payload']> {
  const notices: Notice[] = [];
  const sound = <Rule extends Pick<RawRule, 'models'>>(
    list: keyof typeof payload,
    rules: readonly Rule[],
    faultOf: (rule: Rule, path: KeyPath) => Fault | undefined = payloadFault,
  ) => {
    const kept = without(rules, (rule, index) => faultOf(rule, ['payload', list, index]), notary);
    notices.push(...kept.notices);
    return kept.rules;
  };
  const raw = (list: 'default-raw' | 'override-raw') =>
    sound(list, payload[list], (rule, path) => payloadFault(rule, path) ?? rawFault(rule.params, [...path, 'params']));
  const rules = {
    default: sound('default', payload.default),
    'default-raw': raw('default-raw'),
    override: sound('override', payload.override),
    'override-raw': raw('override-raw'),
    filter: sound('filter', payload.filter),
  };
  return { rules, notices };
}

type RawRule = ParsedConfig['payload']['override-raw'][number];

function payloadFault({ models }: Pick<RawRule, 'models'>, path: KeyPath): Fault | undefined {
  if (models.some(isSpoken)) return undefined;
  const here = [...path, 'models'];
  const [fault, advice] =
    models.length === 0
      ? ['names no model', "Name the models it is for; '*' is all of them."]
      : ['is for a protocol that nothing here speaks', 'Remove it, or name another protocol.'];
  return { path: here, message: `${printPath(here)} ${fault}`, advice };
}

function rawFault(params: Readonly<Record<string, string>>, path: KeyPath): Fault | undefined {
  const broken = Object.keys(params).find((key) => readJson(params[key] ?? '') === undefined);
  if (broken === undefined) return undefined;
  const here = [...path, broken];
  return {
    path: here,
    message: `${printPath(here)} is not JSON`,
    advice: `Write JSON text, such as '["a"]' or '"text"' with its quotes; or use the list without -raw.`,
  };
}

type Aliases = Config['oauth-model-alias'];

/** Aliases of logins by channel in lower case: those of both keys, and no two of one name in a channel. */
export function soundAliases(parsed: ParsedConfig, notary: Notary): Sound<Aliases> {
  const channels = new Map<string, readonly LoginAliasItem[]>();
  const notices: Notice[] = [];
  for (const key of ['oauth-model-alias', 'oauth-model-mappings'] as const) {
    for (const [channel, items] of Object.entries(parsed[key])) {
      const name = channel.trim().toLowerCase();
      if (channels.has(name)) continue;
      const sound = without(
        items,
        (item, index) => aliasFault(item, items.slice(0, index), [key, channel, index]),
        notary,
      );
      channels.set(name, sound.rules);
      notices.push(...sound.notices);
    }
  }
  return { rules: Object.fromEntries(channels), notices };
}

function aliasFault(item: LoginAliasItem, before: readonly LoginAliasItem[], path: KeyPath): Fault | undefined {
  const { name, alias } = item;
  const here = [...path, 'alias'];
  if (name === '' || alias === '') {
    return { path, message: `${printPath(path)} has no name or no alias`, advice: 'Write both, or remove it.' };
  }
  if (name === alias) {
    return { path: here, message: `${printPath(here)} is the name itself`, advice: 'Give it another name.' };
  }
  if (!before.some((other) => other.alias === alias)) return undefined;
  const message = `${printPath(here)} "${alias}" is taken by another model of this channel`;
  return { path: here, message, advice: 'Keep one of the two.' };
}

/** Rules for errors of logins, by channel. */
export function soundLoginRules(
  channels: ParsedConfig['oauth-request-scoped-errors'],
  notary: Notary,
): Sound<Config['oauth-request-scoped-errors']> {
  const read = Object.entries(channels).map(
    ([channel, rules]) => [channel, soundErrorRules(rules, ['oauth-request-scoped-errors', channel], notary)] as const,
  );
  return {
    rules: Object.fromEntries(read.map(([channel, { rules }]) => [channel, rules])),
    notices: read.flatMap(([, { notices }]) => notices),
  };
}

function without<Rule>(
  rules: readonly Rule[],
  faultOf: (rule: Rule, index: number) => Fault | undefined,
  notary: Notary,
): Sound<readonly Rule[]> {
  const notices: Notice[] = [];
  const kept = rules.filter((rule, index) => {
    const fault = faultOf(rule, index);
    if (fault) notices.push(notary.at('warning', fault.path, `${fault.message}; this rule is not used`, fault.advice));
    return !fault;
  });
  return { rules: kept, notices };
}
