// What Anthropic's Messages refuses in a schema that output is constrained to (structured outputs, strict tools): all but the
// subset that its own client libraries fit a schema into.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asNumber, asObject, asString, isObject, objects } from '../json.ts';
import { refuse } from './speaker.ts';

const everywhere =
  '$schema $id type description title enum const default anyOf allOf $ref $defs definitions properties required additionalProperties items';
const byType: Readonly<Record<string, ReadonlySet<string>>> = {
  string: new Set(['format', 'pattern']),
  array: new Set(['minItems']),
};
const known = new Set(everywhere.split(' '));
const formats = new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '));

/** Where a schema stands: what its references point into, which of them led here, and which were found to be sound. */
interface Place {
  readonly at: string;
  readonly root: JsonObject;
  readonly via: readonly string[];
  readonly sound: Set<string>;
}

/** Refuses what the service would; `at` stands in front of the reason. */
export function checkConstrained(schema: JsonObject, at: string): void {
  checkSchema(schema, { at, root: schema, via: [], sound: new Set() });
}

function checkSchema(schema: JsonObject, place: Place): void {
  checkKeywords(schema, place.at);
  checkType(schema, place.at);
  for (const part of partsOf(schema)) if (isObject(part)) checkSchema(part, place);
  const reference = asString(schema.$ref);
  if (reference !== undefined) checkReference(reference, place);
}

function partsOf({ $defs, definitions, properties, items, anyOf, allOf }: JsonObject): readonly (Json | undefined)[] {
  const named = [$defs, definitions, properties].flatMap((members) => Object.values(asObject(members) ?? {}));
  return [...named, items, ...objects(anyOf), ...objects(allOf)];
}

function checkKeywords(schema: JsonObject, at: string): void {
  const type = asString(schema.type) ?? '';
  const own = Object.hasOwn(byType, type) ? byType[type] : undefined;
  const extra = Object.keys(schema).filter((key) => !known.has(key) && !own?.has(key));
  if (extra.length > 0) refuse(`${at}: For '${type}' type, properties ${extra.join(', ')} are not supported`);
  const least = asNumber(schema.minItems) ?? 0;
  if (least > 1) refuse(`${at}: For 'array' type, 'minItems' values other than 0 or 1 are not supported`);
  const format = asString(schema.format);
  if (format !== undefined && !formats.has(format))
    refuse(`${at}: For 'string' type, format '${format}' is not supported`);
}

function checkType(schema: JsonObject, at: string): void {
  const { type } = schema;
  if (!['type', 'anyOf', 'allOf', 'enum', 'const', '$ref'].some((key) => schema[key] !== undefined))
    refuse(`${at}: Schema type '' is not supported`);
  const literals = [...(asArray(schema.enum) ?? []), ...(schema.const === undefined ? [] : [schema.const])];
  if (literals.some((value) => typeof value === 'object' && value !== null))
    refuse(`${at}: Enum values must be strings, numbers, booleans or null`);
  if (literals.length > 0 && asArray(type))
    refuse(`${at}: Enum value ${JSON.stringify(literals[0])} does not match declared type '${JSON.stringify(type)}'`);
  const isObjectType = type === 'object' || asArray(type)?.includes('object');
  if (isObjectType && schema.additionalProperties !== false)
    refuse(`${at}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
}

function checkReference(reference: string, { at, root, via, sound }: Place): void {
  if (via.includes(reference)) refuse(`${at}: Circular reference detected: ${reference}`);
  if (sound.has(reference)) return;
  const [, group, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference) ?? [];
  const target = asObject(asObject(root[group ?? ''])?.[name?.replaceAll('~1', '/').replaceAll('~0', '~') ?? '']);
  if (!target) refuse(`${at}: $ref '${reference}' is not supported`);
  checkSchema(target, { at, root, via: [...via, reference], sound });
  sound.add(reference);
}
