// JSON Schema as Anthropic takes it: a plain object at the root of a tool's input, and objects closed against further members
// where the output is constrained (structured outputs, strict tools).

import { asArray, asObject, isObject, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { mergedRoot } from '../merged-root.ts';

/** A tool's schema with `type: object` at its root. Object branches at the root are merged: all properties, and what all require. */
export function inputSchema(parameters: JsonObject | undefined, report: Report): JsonObject {
  if (!parameters) return { type: 'object', properties: {} };
  const merged = mergedRoot(parameters);
  if (!merged) return parameters.type === 'object' ? parameters : { ...parameters, type: 'object' };
  report({
    what: 'input_schema',
    why: 'Anthropic takes no anyOf, oneOf or allOf at the root of a tool schema; its object branches were merged.',
  });
  return merged;
}

/** Members of a schema that hold schemas by name, and those that hold one schema or a list of them. */
const named = ['properties', '$defs', 'definitions', 'patternProperties'];
const nested = ['items', 'prefixItems', 'anyOf', 'oneOf', 'allOf', 'not', 'if', 'then', 'else'];

/** The schema with `additionalProperties: false` on every object, as constrained output demands. */
export function closedSchema(schema: JsonObject, report: Report): JsonObject {
  const closed: Record<string, Json> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    const members = named.includes(key) ? asObject(value) : undefined;
    if (members) closed[key] = eachMember(members, report);
    else closed[key] = nested.includes(key) ? closedValue(value, report) : value;
  }
  if (!isObjectSchema(schema)) return closed;
  const open = schema.additionalProperties;
  if (open !== undefined && open !== false)
    report({
      what: 'additionalProperties',
      why: 'Anthropic constrains output to objects without further members; additionalProperties was set to false.',
    });
  return { ...closed, additionalProperties: false };
}

function closedValue(value: Json, report: Report): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => closedValue(entry, report));
  const object = asObject(value);
  return object ? closedSchema(object, report) : value;
}

function eachMember(members: JsonObject, report: Report): JsonObject {
  return Object.fromEntries(
    Object.entries(members).map(([name, schema]) => [
      name,
      schema === undefined ? schema : closedValue(schema, report),
    ]),
  );
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return (
    type === 'object' || asArray(type)?.includes('object') === true || (type === undefined && isObject(properties))
  );
}
