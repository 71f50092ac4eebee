// JSON Schema and the subset of it that Gemini takes (`parameters`, `responseSchema`). One down-leveller for every source:
// it works from a list of what is allowed, so that tomorrow's keyword cannot slip through, and moves what it must drop into
// the description, where the model still reads it. What the subset would turn into something else goes as JSON Schema.

import { asArray, asNumber, asObject, asString, isObject, type Json, type JsonObject } from '../../json.ts';
import { both, flattened, pin, type Scope, scopeOf } from '../schema-flatten.ts';
import { branchesOf, mergedBranches } from './schema-root.ts';

/** The keywords that may stand at a schema position of the result, in either form. */
export const allowedKeywords: readonly string[] = [
  'type',
  'description',
  'enum',
  'properties',
  'required',
  'items',
  'anyOf',
  'minimum',
  'maximum',
];

/** Those that the service knows only in JSON Schema (`parametersJsonSchema`, `responseJsonSchema`). */
export const plainKeywords: readonly string[] = ['prefixItems', 'additionalProperties'];

const typeNames = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object']);

/** Keywords that the subset lacks and that help a model all the same: how each is said in words. */
const hintWords: readonly (readonly [keyword: string, words: (value: string) => string])[] = [
  ['format', (value) => `format ${value}`],
  ['pattern', (value) => `pattern ${value}`],
  ['minLength', (value) => `at least ${value} characters`],
  ['maxLength', (value) => `at most ${value} characters`],
  ['exclusiveMinimum', (value) => `greater than ${value}`],
  ['exclusiveMaximum', (value) => `less than ${value}`],
  ['multipleOf', (value) => `a multiple of ${value}`],
  ['minItems', (value) => `at least ${value} items`],
  ['maxItems', (value) => `at most ${value} items`],
  ['uniqueItems', () => 'items are unique'],
  ['minProperties', (value) => `at least ${value} members`],
  ['maxProperties', (value) => `at most ${value} members`],
  ['default', (value) => `default ${value}`],
  ['examples', (value) => `for example ${value}`],
  ['example', (value) => `for example ${value}`],
  ['deprecated', () => 'deprecated'],
  ['not', (value) => `not ${value}`],
  ['if', (value) => `if ${value}`],
  ['then', (value) => `then ${value}`],
  ['else', (value) => `else ${value}`],
  ['dependentRequired', (value) => `members that demand others: ${value}`],
  ['dependentSchemas', (value) => `members that demand a schema: ${value}`],
  ['dependencies', (value) => `members that demand others: ${value}`],
  ['contains', (value) => `contains an item that is ${value}`],
  ['propertyNames', (value) => `names of members are ${value}`],
  ['patternProperties', (value) => `members by the pattern of their names: ${value}`],
];

/** A schema under the member that can say it; where the subset lacks a word for it, the service takes JSON Schema instead. */
export function schemaMember(own: string, plain: string, encoded: JsonObject): JsonObject {
  return fitsSubset(encoded) ? { [own]: encoded } : { [plain]: lowered(encoded) };
}

function fitsSubset(schema: JsonObject): boolean {
  if (schema.type === undefined && schema.anyOf === undefined) return false;
  return plainKeywords.every((keyword) => schema[keyword] === undefined) && nested(schema).every(fitsSubset);
}

function nested(schema: JsonObject): JsonObject[] {
  return [...Object.values(asObject(schema.properties) ?? {}), schema.items ?? null, ...(asArray(schema.anyOf) ?? [])]
    .map((value) => asObject(value))
    .filter((value) => value !== undefined);
}

/** The same in JSON Schema, where the names of types are written small. */
function lowered(schema: JsonObject): JsonObject {
  const each = (value: Json): Json => {
    const list = asArray(value);
    return list ? list.map((entry) => lowered(asObject(entry) ?? {})) : lowered(asObject(value) ?? {});
  };
  const small: Record<string, Json> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    if (keyword === 'type') small.type = String(value).toLowerCase();
    else if (keyword === 'properties')
      small.properties = Object.fromEntries(
        Object.entries(asObject(value) ?? {}).map(([name, inner]) => [name, each(inner ?? null)]),
      );
    else
      small[keyword] = ['items', 'prefixItems', 'anyOf', 'additionalProperties'].includes(keyword)
        ? each(value)
        : value;
  }
  return small;
}

/** A tool's parameters; undefined where the tool takes none, since an object without properties is refused at the root. */
export function encodeParameters(schema: JsonObject): JsonObject | undefined {
  const scope = scopeOf(schema);
  const root = mergedBranches(flattened(schema, scope), scope);
  const encoded = encodeObject({ ...root, type: 'object' }, scope);
  return encoded.properties === undefined && encoded.additionalProperties === undefined ? undefined : encoded;
}

/** The schema of a JSON answer. */
export function encodeSchema(schema: JsonObject): JsonObject {
  return encodeNode(schema, scopeOf(schema));
}

function encodeNode(value: Json | undefined, scope: Scope): JsonObject {
  const schema = asObject(value);
  if (!schema) return anyValue;
  const deeper = scope.enter();
  if (!deeper) return { type: 'OBJECT', description: 'Nested too deeply to be described.' };
  const flat = flattened(schema, deeper);
  const branches = branchesOf(flat);
  if (branches.length > 0) return encodeUnion(flat, branches, deeper);
  return encodeObject(flat, deeper);
}

/** Where a schema says nothing of the type. The subset demands one, and any would forbid the values of all others. */
const anyValue: JsonObject = {};

function encodeObject(flat: JsonObject, scope: Scope): JsonObject {
  const hints: string[] = [];
  const values = enumOf(flat);
  const type = typeOf(flat, values, hints);
  if (type === undefined) return worded({}, flat, [...hints, ...hintsOf(flat, scope)]);
  const encoded: Record<string, Json> = { type: type.toUpperCase() };
  if (type === 'object') addMembers(encoded, flat, scope);
  if (type === 'array') addItems(encoded, flat, scope);
  if (type === 'integer' || type === 'number') addRange(encoded, flat);
  if (values.length > 0 && type === 'string') encoded.enum = values;
  else if (values.length > 0) hints.push(`one of ${values.join(', ')}`);
  hints.push(...hintsOf(flat, scope));
  return worded(encoded, flat, hints);
}

function worded(encoded: JsonObject, flat: JsonObject, hints: readonly string[]): JsonObject {
  const description = described(flat, hints);
  return description === '' ? encoded : { ...encoded, description };
}

/** The one type: of a list the first that is not null; where none is named, what the other keywords tell. */
function typeOf(flat: JsonObject, values: readonly string[], hints: string[]): string | undefined {
  const given = (asArray(flat.type) ?? [flat.type]).map((type) => asString(type)?.toLowerCase());
  if (given.includes('null') || flat.nullable === true || nullIn(flat.enum)) hints.push('may be null');
  const named = given.filter((type) => type !== undefined && typeNames.has(type));
  if (named.length > 1) hints.push(`may also be ${named.slice(1).join(' or ')}`);
  if (named[0] !== undefined) return named[0];
  if (isObject(flat.properties) || isObject(flat.additionalProperties)) return 'object';
  if (flat.items !== undefined || flat.prefixItems !== undefined) return 'array';
  if (values.length > 0) return typeOfValues(flat);
  return given.includes('null') ? 'string' : undefined;
}

function typeOfValues(flat: JsonObject): string {
  const values = enumValues(flat).filter((value) => value !== null);
  if (values.every((value) => typeof value === 'boolean')) return 'boolean';
  return values.every((value) => asNumber(value) !== undefined) ? 'number' : 'string';
}

function nullIn(value: Json | undefined): boolean {
  return asArray(value)?.includes(null) ?? false;
}

function enumValues(flat: JsonObject): readonly Json[] {
  return flat.const !== undefined ? [flat.const] : (asArray(flat.enum) ?? []);
}

/** Enum values are strings on this wire. */
function enumOf(flat: JsonObject): string[] {
  const words = enumValues(flat)
    .filter((value) => value !== null && value !== '')
    .map((value) => asString(value) ?? JSON.stringify(value));
  return [...new Set(words)];
}

function addMembers(encoded: Record<string, Json>, flat: JsonObject, scope: Scope): void {
  const properties = Object.entries(asObject(flat.properties) ?? {});
  if (properties.length > 0)
    encoded.properties = Object.fromEntries(properties.map(([name, schema]) => [name, encodeNode(schema, scope)]));
  const names = new Set(properties.map(([name]) => name));
  const required = (asArray(flat.required) ?? []).filter((name) => typeof name === 'string' && names.has(name));
  if (required.length > 0) encoded.required = [...new Set(required)];
  const further = asObject(flat.additionalProperties);
  const others = further && encodeNode(further, scope);
  if (others && Object.keys(others).length > 0) encoded.additionalProperties = others;
}

/** The subset wants one schema for all items, and wants it always; only JSON Schema can say them one by one. */
function addItems(encoded: Record<string, Json>, flat: JsonObject, scope: Scope): void {
  const tuple = asArray(flat.prefixItems) ?? asArray(flat.items) ?? [];
  if (tuple.length > 0) encoded.prefixItems = tuple.map((item) => encodeNode(item, scope));
  if (tuple.length === 0 || isObject(flat.items)) encoded.items = encodeNode(flat.items, scope);
}

function addRange(encoded: Record<string, Json>, flat: JsonObject): void {
  for (const keyword of ['minimum', 'maximum'] as const) {
    const limit = flat[keyword];
    if (limit !== undefined && asNumber(limit) !== undefined) encoded[keyword] = limit;
  }
}

function hintsOf(flat: JsonObject, scope: Scope): string[] {
  const hints: string[] = [];
  for (const [keyword, words] of hintWords) {
    const value = flat[keyword];
    if (value === undefined || value === null || value === false) continue;
    hints.push(words(asString(value) ?? JSON.stringify(isObject(value) ? pin(value, scope) : value)));
  }
  return hints;
}

function described(flat: JsonObject, hints: readonly string[]): string {
  const words = asString(flat.description) ?? asString(flat.title) ?? '';
  if (hints.length === 0) return words;
  return words === '' ? `(${hints.join('; ')})` : `${words} (${hints.join('; ')})`;
}

/**
 * Alternatives. Nulls become a note, a single branch the schema itself. Where several remain, `anyOf` must stand alone (Vertex:
 * "it must be the only field set"), so that what stood beside it goes into every branch.
 */
function encodeUnion(flat: JsonObject, branches: readonly JsonObject[], scope: Scope): JsonObject {
  const { anyOf: _anyOf, oneOf: _oneOf, ...base } = flat;
  const all = branches.map((branch) => flattened(branch, scope));
  const solid = all.filter((branch) => branch.type !== 'null');
  const nullable = solid.length < all.length ? { nullable: true } : {};
  const [only] = solid;
  if (solid.length < 2) return encodeNode({ ...joined(base, only ?? {}), ...nullable }, scope);
  return united(solid.map((branch) => encodeNode({ ...joined(base, branch), ...nullable }, scope)));
}

/** Encoded branches as one schema: each said once, and words that are chosen among as one enum. */
function united(branches: readonly JsonObject[]): JsonObject {
  const distinct = [...new Map(branches.map((branch) => [JSON.stringify(branch), branch])).values()];
  const [first] = distinct;
  if (first && distinct.length === 1) return first;
  const words = distinct.flatMap((branch) => asArray(branch.enum) ?? []);
  const choice = distinct.every((branch) => branch.enum !== undefined && branch.description === first?.description);
  return choice ? { ...first, enum: [...new Set(words)] } : { anyOf: distinct };
}

/** What stands beside alternatives together with one of them. */
function joined(base: JsonObject, branch: JsonObject): JsonObject {
  const description = [base.description, branch.description].filter((text) => typeof text === 'string').join(' ');
  return { ...both(base, branch), ...(description !== '' && { description }) };
}
