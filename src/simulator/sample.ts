// A value that satisfies a JSON Schema (or Gemini's dialect of it): what the simulator calls tools with and answers structured
// requests by.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asNumber, asObject, asString, isObject, objects } from '../json.ts';
import { percentDecoded } from './hearing.ts';
import { pick, prose } from './words.ts';

/** Recursive schemas are followed this deep; beyond, only what is required is given, then null. */
const deepest = 8;

/** A value the schema admits, by the seed. Keywords it does not know are ignored. */
export function sample(schema: Json | undefined, seed: string): Json {
  const root = asObject(schema) ?? {};
  return valueFor(root, { root, seed, depth: 0 });
}

interface Place {
  readonly root: JsonObject;
  readonly seed: string;
  readonly depth: number;
}

function valueFor(written: JsonObject, place: Place): Json {
  if (place.depth > deepest + 8) return null;
  const schema = resolved(written, place);
  if (schema.const !== undefined) return schema.const;
  const choices = asArray(schema.enum);
  if (choices !== undefined && choices.length > 0) return choices[pick(choices.length, place.seed, 'enum')] ?? null;
  const branch = branchOf(schema, place);
  if (branch !== undefined) return valueFor(branch, within(place, 'branch'));
  return valueOfType(typeOf(schema), schema, place);
}

function valueOfType(type: string, schema: JsonObject, place: Place): Json {
  switch (type) {
    case 'object':
      return objectOf(schema, place);
    case 'array':
      return arrayOf(schema, place);
    case 'string':
      return textOf(schema, place);
    case 'integer':
    case 'number':
      return numberOf(schema, type === 'integer', place);
    case 'boolean':
      return pick(2, place.seed, 'boolean') === 1;
    default:
      return null;
  }
}

/** `$ref` followed and `allOf` merged. */
function resolved(schema: JsonObject, place: Place): JsonObject {
  let current = schema;
  for (let hops = 0; hops < deepest; hops++) {
    const reference = asString(current.$ref);
    if (reference === undefined) break;
    const target = reference
      .replace(/^#\/?/, '')
      .split('/')
      .filter((name) => name !== '')
      .reduce<Json | undefined>((value, name) => asObject(value)?.[unescaped(name)], place.root);
    if (!isObject(target)) break;
    current = target;
  }
  return objects(current.allOf).reduce<JsonObject>((whole, part) => merged(whole, resolvedOnce(part, place)), current);
}

function resolvedOnce(part: JsonObject, place: Place): JsonObject {
  return part.$ref === undefined || place.depth > deepest ? part : resolved(part, within(place, 'allOf'));
}

function merged(whole: JsonObject, part: JsonObject): JsonObject {
  return {
    ...whole,
    ...part,
    properties: { ...asObject(whole.properties), ...asObject(part.properties) },
    required: [...(asArray(whole.required) ?? []), ...(asArray(part.required) ?? [])],
  };
}

const unescaped = (name: string): string => percentDecoded(name).replaceAll('~1', '/').replaceAll('~0', '~');

function branchOf(schema: JsonObject, place: Place): JsonObject | undefined {
  const branches = [...objects(schema.anyOf), ...objects(schema.oneOf)];
  const plain = branches.filter((branch) => asString(branch.type)?.toLowerCase() !== 'null');
  if (plain.length === 0) return branches[0];
  return place.depth > deepest ? plain[0] : plain[pick(plain.length, place.seed, 'branch')];
}

function typeOf(schema: JsonObject): string {
  const types = (asArray(schema.type) ?? [schema.type]).flatMap((type) => asString(type)?.toLowerCase() ?? []);
  const known = types.find((type) => type !== 'null') ?? types[0];
  if (known !== undefined) return known;
  if (schema.properties !== undefined || schema.required !== undefined) return 'object';
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array';
  if (schema.minimum !== undefined || schema.maximum !== undefined) return 'number';
  return 'string';
}

function objectOf(schema: JsonObject, place: Place): JsonObject {
  const properties = asObject(schema.properties) ?? {};
  const required = (asArray(schema.required) ?? []).flatMap((name) => asString(name) ?? []);
  const names = place.depth > 2 ? required : [...new Set([...Object.keys(properties), ...required])];
  const entries = names.map((name) => [name, valueFor(asObject(properties[name]) ?? {}, within(place, name))] as const);
  return Object.fromEntries(entries);
}

function arrayOf(schema: JsonObject, place: Place): readonly Json[] {
  const first = objects(schema.prefixItems);
  const least = asNumber(schema.minItems) ?? Number(asString(schema.minItems) ?? (place.depth > 2 ? 0 : 1));
  const count = Math.max(first.length, Math.min(least, 50));
  return Array.from({ length: count }, (_, index) =>
    valueFor(first[index] ?? asObject(schema.items) ?? {}, within(place, String(index))),
  );
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-08-01T12:00:00Z',
  date: '2026-08-01',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '123e4567-e89b-42d3-a456-426614174000',
};

function textOf(schema: JsonObject, place: Place): string {
  const formatted = formats[asString(schema.format) ?? ''];
  if (formatted !== undefined) return formatted;
  const least = Math.min(asNumber(schema.minLength) ?? 0, 100_000);
  const most = asNumber(schema.maxLength) ?? Number.POSITIVE_INFINITY;
  const text = prose(2, place.seed).padEnd(least, ' and so on');
  return text.slice(0, most);
}

function numberOf(schema: JsonObject, whole: boolean, place: Place): number {
  const step = asNumber(schema.multipleOf) ?? (whole ? 1 : 0);
  const least = lowest(schema, step);
  const most = asNumber(schema.maximum) ?? asNumber(schema.exclusiveMaximum) ?? least + 10;
  if (step === 0) return most > least ? (least + most) / 2 : least;
  const first = Math.ceil(least / step);
  const strict = schema.maximum === undefined && schema.exclusiveMaximum !== undefined;
  const last = strict ? Math.ceil(most / step) - 1 : Math.floor(most / step);
  return (first + pick(Math.max(1, last - first + 1), place.seed, 'number')) * step;
}

function lowest(schema: JsonObject, step: number): number {
  const above = asNumber(schema.exclusiveMinimum);
  if (above === undefined) return asNumber(schema.minimum) ?? Math.min(1, (asNumber(schema.maximum) ?? 1) - 1);
  if (step === 0) return above + Number.EPSILON * Math.max(1, Math.abs(above));
  return (Math.floor(above / step) + 1) * step;
}

const within = (place: Place, name: string): Place => ({
  ...place,
  seed: `${place.seed}/${name}`,
  depth: place.depth + 1,
});
