// What a vendor's schema subset cannot point to or combine, written out: `$ref` becomes its target with cycles cut, `allOf` one
// schema. Depth and size are bounded, since a few references to references can stand for billions of nodes.

import { asArray, asObject, asString, type Json, type JsonObject, objects } from '../json.ts';

const deepest = 32;
const largest = 20_000;

/** Where in a schema we are: the document that references point into, those being followed, and what is left to spend. */
export interface Scope {
  readonly document: JsonObject;
  readonly following: readonly string[];
  /** One level deeper; undefined where the schema is too deep or too large to go on. */
  enter(): Scope | undefined;
  /** The same place, with one more reference that is being followed. */
  follow(reference: string): Scope;
}

/** The root of a document, with nothing followed yet: 32 levels deep, and 20,000 schemas in all, may be entered from it. */
export function scopeOf(document: JsonObject): Scope {
  let nodes = 0;
  const at = (depth: number, following: readonly string[]): Scope => ({
    document,
    following,
    enter: () => (depth >= deepest || ++nodes > largest ? undefined : at(depth + 1, following)),
    follow: (reference) => at(depth, [...following, reference]),
  });
  return at(0, []);
}

/**
 * The schema without `$ref` and `allOf`: their targets are merged into it, what stands beside them wins. The references that
 * were followed stay with the properties of their target, so that a cycle below is seen.
 */
export function flattened(schema: JsonObject, scope: Scope): JsonObject {
  const deeper = scope.enter();
  if (!deeper) return { type: 'object', description: 'Nested too deeply to be described.' };
  const { $ref, allOf, ...own } = schema;
  const reference = asString($ref);
  const referred = reference === undefined ? undefined : target(reference, deeper);
  const pieces = objects(allOf).map((piece) => flattened(piece, deeper));
  const bases = referred ? [referred, ...pieces] : pieces;
  return bases.length === 0 ? own : bases.reduceRight((merged, base) => both(base, merged), own as JsonObject);
}

function target(reference: string, scope: Scope): JsonObject {
  const name = reference.split('/').at(-1) ?? reference;
  if (scope.following.includes(reference)) return { type: 'object', description: `Again a ${name}.` };
  const found = asObject(resolve(reference, scope.document));
  if (!found) return { type: 'object', description: `A ${name}.` };
  const followed = scope.follow(reference);
  return pinned(flattened(found, followed), followed);
}

/** Nested schemas of a followed target, with their references resolved here, where it is still known what was followed. */
function pinned(schema: JsonObject, scope: Scope): JsonObject {
  const properties = asObject(schema.properties);
  const items = asObject(schema.items);
  const further = asObject(schema.additionalProperties);
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, pin(value, scope)])),
    }),
    ...(items && { items: pin(items, scope) }),
    ...(further && { additionalProperties: pin(further, scope) }),
    ...unions(schema, scope),
  };
}

function unions(schema: JsonObject, scope: Scope): JsonObject {
  const kept: Record<string, Json> = {};
  for (const keyword of ['anyOf', 'oneOf', 'prefixItems'] as const) {
    const branches = asArray(schema[keyword]);
    if (branches) kept[keyword] = branches.map((branch) => pin(branch, scope));
  }
  return kept;
}

/** A schema with its references resolved, as deep as references may be followed. */
export function pin(value: Json | undefined, scope: Scope): Json {
  const schema = asObject(value);
  if (!schema) return value ?? {};
  const deeper = scope.enter();
  return deeper ? pinned(flattened(schema, deeper), deeper) : { type: 'object' };
}

/** A JSON pointer within the document: `#/$defs/Node`. Anything else points nowhere we can look. */
export function resolve(reference: string, document: JsonObject): Json | undefined {
  if (reference === '#') return document;
  if (!reference.startsWith('#/')) return undefined;
  let value: Json | undefined = document;
  for (const step of reference.slice(2).split('/')) {
    const key = unescaped(step);
    const list: readonly Json[] | undefined = asArray(value);
    const object: JsonObject | undefined = asObject(value);
    value = list ? list[Number(key)] : object && Object.hasOwn(object, key) ? object[key] : undefined;
  }
  return value;
}

function unescaped(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

/** Both schemas at once: properties and demands add up, for the rest the second one wins. */
export function both(first: JsonObject, second: JsonObject): JsonObject {
  const properties = { ...asObject(first.properties), ...asObject(second.properties) };
  const required = [...(asArray(first.required) ?? []), ...(asArray(second.required) ?? [])];
  return {
    ...first,
    ...second,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  };
}
