// The root of a tool's schema, which must be one object on Gemini's wire: its alternatives become one.

import { asArray, asObject, asString, isObject, type Json, type JsonObject, objects, strings } from '../../json.ts';
import { flattened, type Scope } from '../schema-flatten.ts';

/** `anyOf` and `oneOf` are one thing here: the wire knows only the former. */
export function branchesOf(flat: JsonObject): readonly JsonObject[] {
  return [...objects(flat.anyOf), ...objects(flat.oneOf)];
}

/** Alternatives merge into the union of properties, required where all require it; what only some require is said in words. */
export function mergedBranches(schema: JsonObject, scope: Scope): JsonObject {
  const branches = branchesOf(schema).map((branch) => flattened(branch, scope));
  const flat = withDemands(schema, branches);
  const shapes = branches.filter((branch) => isObject(branch.properties));
  if (shapes.length === 0) return flat;
  const properties = { ...united(shapes), ...asObject(flat.properties) };
  const required = shapes
    .map((branch) => asArray(branch.required) ?? [])
    .reduce((kept, names) => kept.filter((name) => names.includes(name)));
  const { anyOf: _anyOf, oneOf: _oneOf, ...base } = flat;
  return { ...base, properties, required: [...(asArray(flat.required) ?? []), ...required] };
}

/** Properties of all shapes; one that they describe differently may be any of these. */
function united(shapes: readonly JsonObject[]): JsonObject {
  const kinds = new Map<string, Map<string, Json>>();
  for (const [name, value] of shapes.flatMap((shape) => Object.entries(asObject(shape.properties) ?? {}))) {
    const known = kinds.get(name) ?? new Map<string, Json>();
    kinds.set(name, known.set(JSON.stringify(value), value ?? null));
  }
  return Object.fromEntries(
    [...kinds].map(([name, known]) => {
      const [only = null, ...others] = known.values();
      return [name, others.length > 0 ? { anyOf: [only, ...others] } : only];
    }),
  );
}

function withDemands(flat: JsonObject, branches: readonly JsonObject[]): JsonObject {
  const demands = [...new Set(branches.map((branch) => strings(branch.required).join(' and ')))];
  if (demands.length < 2 || demands.includes('')) return flat;
  const words = `Must have ${demands.join(', or ')}.`;
  const given = asString(flat.description);
  return { ...flat, description: given ? `${given} (${words})` : words };
}
