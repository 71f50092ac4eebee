// JSON Schema and the subset of it that Gemini takes (`parameters`, `responseSchema`). One down-leveller for every source:
// it works from a list of what is allowed, so that tomorrow's keyword cannot slip through, and moves what it must drop into
// the description, where the model still reads it.

import { asArray, asNumber, asObject, asString, isObject, type Json, type JsonObject, objects } from '../../json.ts';
import { both, flattened, type Scope, scopeOf } from '../schema-flatten.ts';

/** The keywords that may stand at a schema position of the result. */
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
];

/** A tool's parameters; undefined where the tool takes none, since an object without properties is refused at the root. */
export function encodeParameters(schema: JsonObject): JsonObject | undefined {
  const scope = scopeOf(schema);
  const root = mergedBranches(flattened(schema, scope), scope);
  const encoded = encodeObject({ ...root, type: 'object' }, scope);
  return encoded.properties === undefined ? undefined : encoded;
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

/** Where a schema says nothing of the type: the wire demands one, and a string can hold any value. */
const anyValue: JsonObject = { type: 'STRING', description: 'Any JSON value.' };

function encodeObject(flat: JsonObject, scope: Scope): JsonObject {
  const hints: string[] = [];
  const values = enumOf(flat);
  const type = typeOf(flat, values, hints);
  if (type === undefined) return { ...anyValue, description: described(flat, [...hints, 'any JSON value']) };
  const encoded: Record<string, Json> = { type: type.toUpperCase() };
  if (type === 'object') addMembers(encoded, flat, scope, hints);
  if (type === 'array') encoded.items = encodeItems(flat, scope);
  if (type === 'integer' || type === 'number') addRange(encoded, flat);
  if (values.length > 0 && type === 'string') encoded.enum = values;
  else if (values.length > 0) hints.push(`one of ${values.join(', ')}`);
  hints.push(...hintsOf(flat));
  const description = described(flat, hints);
  if (description !== '') encoded.description = description;
  return encoded;
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

function addMembers(encoded: Record<string, Json>, flat: JsonObject, scope: Scope, hints: string[]): void {
  const properties = Object.entries(asObject(flat.properties) ?? {});
  if (properties.length > 0)
    encoded.properties = Object.fromEntries(properties.map(([name, schema]) => [name, encodeNode(schema, scope)]));
  const names = new Set(properties.map(([name]) => name));
  const required = (asArray(flat.required) ?? []).filter((name) => typeof name === 'string' && names.has(name));
  if (required.length > 0) encoded.required = [...new Set(required)];
  const further = asObject(flat.additionalProperties);
  const type = further && asString(flattened(further, scope).type);
  if (type !== undefined) hints.push(`further members allowed, each of type ${type}`);
}

/** The wire wants one schema for all items, and wants it always. */
function encodeItems(flat: JsonObject, scope: Scope): JsonObject {
  const tuple = asArray(flat.prefixItems) ?? asArray(flat.items);
  if (!tuple) return encodeNode(flat.items, scope);
  const kinds = objects(tuple);
  return kinds.length > 1 ? encodeUnion({}, kinds, scope) : encodeNode(kinds[0], scope);
}

function addRange(encoded: Record<string, Json>, flat: JsonObject): void {
  for (const keyword of ['minimum', 'maximum'] as const) {
    const limit = flat[keyword];
    if (limit !== undefined && asNumber(limit) !== undefined) encoded[keyword] = limit;
  }
}

function hintsOf(flat: JsonObject): string[] {
  const hints: string[] = [];
  for (const [keyword, words] of hintWords) {
    const value = flat[keyword];
    if (value === undefined || value === null || value === false) continue;
    hints.push(words(asString(value) ?? JSON.stringify(value)));
  }
  return hints;
}

function described(flat: JsonObject, hints: readonly string[]): string {
  const words = asString(flat.description) ?? asString(flat.title) ?? '';
  if (hints.length === 0) return words;
  return words === '' ? `(${hints.join('; ')})` : `${words} (${hints.join('; ')})`;
}

/** `anyOf` and `oneOf` are one thing here: the wire knows only the former. */
function branchesOf(flat: JsonObject): readonly JsonObject[] {
  return [...objects(flat.anyOf), ...objects(flat.oneOf)];
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

/** A tool's root must be one object: its alternatives merge into the union of properties, required where all require it. */
function mergedBranches(flat: JsonObject, scope: Scope): JsonObject {
  const branches = branchesOf(flat).map((branch) => flattened(branch, scope));
  const shapes = branches.filter((branch) => isObject(branch.properties));
  if (shapes.length === 0) return flat;
  const pairs = shapes.flatMap((branch) => Object.entries(asObject(branch.properties) ?? {}));
  const properties = Object.fromEntries([...pairs, ...Object.entries(asObject(flat.properties) ?? {})]);
  const required = shapes
    .map((branch) => asArray(branch.required) ?? [])
    .reduce((kept, names) => kept.filter((name) => names.includes(name)));
  const { anyOf: _anyOf, oneOf: _oneOf, ...base } = flat;
  return { ...base, properties, required: [...(asArray(flat.required) ?? []), ...required] };
}
