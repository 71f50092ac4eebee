// Gemini's own `Schema` (upper-case types, `nullable`, counts as strings) as plain JSON Schema.

import { asArray, asObject, asString, type Json, type JsonObject, strings } from '../../json.ts';
import { camel } from './wire.ts';

/** Counts are int64 in the vendor's schema, and int64 is written as a string in its JSON. */
const counts = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);
/** How deep a stranger's schema is read. */
const deepest = 64;

/** The schema in lower-case types; what lies deeper than 64 levels may be anything. `depth`: how many levels it lies below the root. */
export function decodeSchema(schema: JsonObject, depth = 0): JsonObject {
  if (depth > deepest) return {};
  const decoded: Record<string, Json> = {};
  const given = camel(schema);
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const member = decodeMember(key, value, depth + 1);
    if (member !== undefined) decoded[key] = member;
  }
  const ordered = inOrder(decoded, strings(given.propertyOrdering));
  return given.nullable === true ? nullable(ordered) : ordered;
}

/** The order in which members are to be written: JSON Schema says it by the order of `properties`. */
function inOrder(schema: Record<string, Json>, names: readonly string[]): Record<string, Json> {
  const properties = asObject(schema.properties);
  if (!properties || names.length === 0) return schema;
  const first = names
    .filter((name) => Object.hasOwn(properties, name))
    .map((name) => [name, properties[name]] as const);
  return { ...schema, properties: { ...Object.fromEntries(first), ...properties } };
}

function decodeMember(key: string, value: Json, depth: number): Json | undefined {
  if (key === 'type') return decodeType(value);
  if (key === 'nullable' || key === 'propertyOrdering') return undefined;
  if (key === 'format' && value === 'enum') return undefined;
  if (counts.has(key)) return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (key === 'properties' || key === '$defs' || key === 'definitions') return decodeEach(value, depth);
  if (key === 'items' || key === 'additionalProperties') return decodeNested(value, depth);
  if (key === 'anyOf' || key === 'oneOf' || key === 'allOf' || key === 'prefixItems')
    return asArray(value)?.map((branch) => decodeNested(branch, depth));
  return value;
}

function decodeNested(value: Json, depth: number): Json {
  const schema = asObject(value);
  return schema ? decodeSchema(schema, depth) : value;
}

function decodeEach(value: Json, depth: number): Json {
  const schemas = Object.entries(asObject(value) ?? {});
  return Object.fromEntries(schemas.map(([name, schema]) => [name, decodeNested(schema ?? {}, depth)]));
}

function decodeType(value: Json): Json | undefined {
  const name = asString(value);
  if (name === undefined) return asArray(value)?.map((type) => asString(type)?.toLowerCase() ?? type);
  return name === 'TYPE_UNSPECIFIED' ? undefined : name.toLowerCase();
}

function nullable(schema: Record<string, Json>): JsonObject {
  const values = asArray(schema.enum);
  return {
    ...schema,
    ...(typeof schema.type === 'string' && { type: [schema.type, 'null'] }),
    ...(values && { enum: [...values, null] }),
  };
}
