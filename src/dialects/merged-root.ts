// A tool's schema for services that take no branches at its root: Anthropic and OpenAI both refuse anyOf, oneOf and allOf there.

import { asArray, asObject, type Json, type JsonObject, objects, strings } from '../json.ts';

const branches: readonly string[] = ['anyOf', 'oneOf', 'allOf'];

/** The object branches of the root as one object: all properties, and what all require. Undefined where there are no branches. */
export function mergedRoot(root: JsonObject): JsonObject | undefined {
  if (!branches.some((key) => asArray(root[key]))) return undefined;
  const rest = Object.fromEntries(Object.entries(root).filter(([key]) => !branches.includes(key)));
  const alternatives = [...objects(root.anyOf), ...objects(root.oneOf)];
  const all = objects(root.allOf);
  const properties: Record<string, Json> = {};
  for (const schema of [...alternatives, ...all, root]) {
    for (const [name, property] of Object.entries(asObject(schema.properties) ?? {}))
      if (property !== undefined) properties[name] = property;
  }
  const common = alternatives
    .map((schema) => strings(schema.required))
    .reduce<readonly string[] | undefined>(
      (shared, names) => (shared ? shared.filter((name) => names.includes(name)) : names),
      undefined,
    );
  const needed = new Set([root, ...all].flatMap((schema) => strings(schema.required)).concat(common ?? []));
  const { required: _, ...others } = rest;
  return { ...others, type: 'object', properties, ...(needed.size > 0 && { required: [...needed] }) };
}
