// What both of OpenAI's services refuse, in their words: wrong types, numbers out of range, bad names, bad schemas.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asNumber, asObject, asString, isObject, objects } from '../json.ts';
import { refuse } from './speaker.ts';

/** How a scalar member is typed; `|null` is allowed everywhere, as the vendor's types do. */
export type Rule =
  | 'string'
  | 'boolean'
  | 'array'
  | 'object'
  | 'any'
  | readonly string[]
  | { readonly longest: number }
  | { readonly number: 'integer' | 'decimal'; readonly least?: number; readonly most?: number };

/** The end user's id, and the key of a prompt cache. */
export const id: Rule = { longest: 64 };

/** Refuses members without a rule, and members that break theirs. */
export function checkMembers(
  body: JsonObject,
  rules: Readonly<Record<string, Rule>>,
  unknown: (name: string) => string,
): void {
  for (const [name, value] of Object.entries(body)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) refuse(unknown(name), { param: name, code: 'unknown_parameter' });
    if (value !== null && value !== undefined) checkRule(name, value, rule);
  }
}

function checkRule(name: string, value: Json, rule: Rule): void {
  if (rule === 'any') return;
  if (typeof rule === 'string') checkType(name, value, rule);
  else if ('number' in rule) checkNumber(name, value, rule);
  else if ('longest' in rule) checkLength(name, required(name, value), rule.longest);
  else checkChoice(name, value, rule);
}

function checkType(name: string, value: Json, type: string): void {
  if (typeOf(value) === type) return;
  refuse(`Invalid type for '${name}': expected ${article(type)}, but got ${article(typeOf(value))} instead.`, {
    param: name,
    code: 'invalid_type',
  });
}

function checkNumber(name: string, value: Json, rule: Extract<Rule, { number: string }>): void {
  const number = asNumber(value);
  if (number === undefined || (rule.number === 'integer' && !Number.isInteger(number)))
    refuse(`Invalid type for '${name}': expected ${article(rule.number)}, but got ${article(typeOf(value))} instead.`, {
      param: name,
      code: 'invalid_type',
    });
  if (rule.least !== undefined && number < rule.least)
    refuse(
      `Invalid '${name}': ${rule.number} below minimum value. Expected a value >= ${rule.least}, but got ${number} instead.`,
      {
        param: name,
        code: `${rule.number}_below_min_value`,
      },
    );
  if (rule.most !== undefined && number > rule.most)
    refuse(
      `Invalid '${name}': ${rule.number} above maximum value. Expected a value <= ${rule.most}, but got ${number} instead.`,
      {
        param: name,
        code: `${rule.number}_above_max_value`,
      },
    );
}

/** Refuses a value that is none of these. */
export function checkChoice(param: string, value: Json | undefined, choices: readonly string[]): void {
  if (typeof value === 'string' && choices.includes(value)) return;
  const quoted = choices.map((choice) => `'${choice}'`);
  const list = quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
  const got = typeof value === 'string' ? `'${value}'` : JSON.stringify(value ?? null);
  refuse(`Invalid value: ${got}. Supported values are: ${list}.`, { param, code: 'invalid_value' });
}

/** The text at this place; refuses when it is missing or of another type. */
export function required(param: string, value: Json | undefined): string {
  if (value === undefined || value === null)
    refuse(`Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' });
  checkType(param, value, 'string');
  return String(value);
}

/** Refuses text longer than the service takes. */
export function checkLength(param: string, text: string, most: number): void {
  if (text.length > most)
    refuse(
      `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${text.length} instead.`,
      { param, code: 'string_above_max_length' },
    );
}

/** A function's name: at most 64 of letters, digits, `_` and `-`. */
export function checkName(param: string, value: Json | undefined): string {
  const name = required(param, value);
  checkLength(param, name, 64);
  if (!/^[a-zA-Z0-9_-]+$/.test(name))
    refuse(
      `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      { param, code: 'invalid_value' },
    );
  return name;
}

/** The parameters of a function: an object schema; under `strict` closed and with everything required. */
export function checkParameters(param: string, name: string, schema: Json | undefined, strict: boolean): void {
  if (schema === undefined || schema === null) return;
  const root = asObject(schema);
  if (root?.type !== 'object')
    refuse(
      `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(root?.type ?? 'None')}'.`,
      { param, code: 'invalid_function_parameters' },
    );
  if (rootless.some((word) => root[word] !== undefined))
    refuse(
      `Invalid schema for function '${name}': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.`,
      { param, code: 'invalid_function_parameters' },
    );
  checkSchema(param, `function '${name}'`, root, strict);
}

const rootless = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];

/** The schema of a structured answer: an object at its root, and no branches there. */
export function checkAnswerSchema(param: string, name: string, schema: Json | undefined, strict: boolean): void {
  if (!isObject(schema)) return;
  const code = 'invalid_json_schema';
  if (schema.type !== 'object')
    refuse(
      `Invalid schema for response_format '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(schema.type ?? 'None')}'.`,
      { param, code },
    );
  if (schema.anyOf !== undefined)
    refuse(
      `Invalid schema for response_format '${name}': In context=(), 'anyOf' is not permitted at the root of the schema.`,
      { param, code },
    );
  checkSchema(param, `response_format '${name}'`, schema, strict);
}

function checkSchema(param: string, what: string, root: JsonObject, strict: boolean): void {
  const bad = (context: readonly string[], why: string): never =>
    refuse(`Invalid schema for ${what}: In context=(${context.map((name) => `'${name}'`).join(', ')}), ${why}`, {
      param,
      code: what.startsWith('function') ? 'invalid_function_parameters' : 'invalid_json_schema',
    });
  const visit = (schema: JsonObject, context: readonly string[]): void => {
    if (schema.type === 'array' && schema.items === undefined && schema.prefixItems === undefined)
      bad(context, 'array schema missing items.');
    if (strict && schema.type === 'object') checkClosed(schema, (why) => bad(context, why));
    for (const [name, inner] of innerSchemas(schema)) visit(inner, [...context, ...name]);
  };
  visit(root, []);
}

/** The schemas within a schema, each with its way there. */
function innerSchemas(schema: JsonObject): readonly (readonly [way: readonly string[], inner: JsonObject])[] {
  const properties = Object.entries(asObject(schema.properties) ?? {}).map(
    ([name, inner]) => [['properties', name], inner] as const,
  );
  const branches = objects(schema.anyOf).map((inner, index) => [['anyOf', String(index)], inner] as const);
  const all = [...properties, [['items'], schema.items] as const, ...branches];
  return all.flatMap(([way, inner]) => (isObject(inner) ? [[way, inner] as const] : []));
}

function checkClosed(schema: JsonObject, bad: (why: string) => never): void {
  if (schema.additionalProperties !== false) bad(`'additionalProperties' is required to be supplied and to be false.`);
  const names = Object.keys(asObject(schema.properties) ?? {});
  const listed = asArray(schema.required) ?? [];
  const missing = names.find((name) => !listed.includes(name));
  if (missing !== undefined)
    bad(
      `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`,
    );
}

/** Refuses a choice of a tool that is not offered. */
export function checkChosen(names: readonly string[], chosen: string | undefined): void {
  if (chosen !== undefined && !names.includes(chosen))
    refuse(`Invalid value for 'tool_choice': tool '${chosen}' was not found in 'tools'.`, { param: 'tool_choice' });
}

/** Refuses an image that is neither an address nor base64 of an image. */
export function checkImageUrl(param: string, value: Json | undefined): void {
  const url = required(param, value);
  const good = /^https?:\/\//.test(url) || /^data:image\/[\w.+-]+;base64,[A-Za-z0-9+/]+=*$/.test(url);
  if (!good)
    refuse(`Invalid '${param}'. Expected a valid URL or base64-encoded data URL of an image.`, {
      param,
      code: 'invalid_value',
    });
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (asNumber(value) !== undefined) return Number.isInteger(asNumber(value)) ? 'integer' : 'decimal';
  return typeof value;
}

const article = (type: string): string => (type === 'null' ? 'null' : `${/^[aoi]/.test(type) ? 'an' : 'a'} ${type}`);

/** What every vendor's `metadata` may be here: at most 16 texts. */
export function checkMetadata(value: Json | undefined): void {
  const metadata = asObject(value);
  if (metadata === undefined) return;
  const entries = Object.entries(metadata);
  if (entries.length > 16)
    refuse(`Invalid 'metadata': too many properties. Expected at most 16.`, { param: 'metadata' });
  for (const [name, member] of entries) {
    if (asString(member) === undefined)
      refuse(
        `Invalid type for 'metadata.${name}': expected a string, but got ${article(typeOf(member ?? null))} instead.`,
        {
          param: `metadata.${name}`,
          code: 'invalid_type',
        },
      );
  }
}
