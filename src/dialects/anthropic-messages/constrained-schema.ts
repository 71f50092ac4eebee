// JSON Schema as Anthropic takes it where it constrains what the model writes (structured outputs, strict tools): a small subset
// with closed objects. What the subset lacks goes into the description, as the vendor's own client libraries put it.

import { asArray, asObject, asString, compact, type Json, type JsonObject, objects, strings } from '../../json.ts';
import type { Loss, Report } from '../../loss.ts';
import { both, flattened, resolve, type Scope, scopeOf } from '../schema-flatten.ts';

/** What the fitting of one schema has come to. */
interface Fitting {
  readonly scope: Scope;
  readonly losses: Map<string, Loss>;
  /** Something was met that no constraint can say. */
  hopeless: boolean;
}

const open: Loss = {
  what: 'additionalProperties',
  why: 'Anthropic constrains output to objects without further members; additionalProperties was set to false.',
};
const unenforced: Loss = {
  what: 'schema',
  why: 'Anthropic enforces only a part of JSON Schema; the other rules stand in the description, where the model reads them.',
};

/**
 * The schema within the subset; undefined where it cannot be constrained to: Anthropic takes no recursion, no reference out of
 * the schema, and nothing that may be any value.
 */
export function constrainedSchema(schema: JsonObject, report: Report): JsonObject | undefined {
  if (!leadsSomewhere(schema, { document: schema, path: [], seen: new Set() })) return undefined;
  const fitting: Fitting = { scope: scopeOf(schema), losses: new Map(), hopeless: false };
  const fitted = constrain(schema, fitting);
  if (fitting.hopeless) return undefined;
  for (const loss of fitting.losses.values()) report(loss);
  return fitted;
}

interface Walk {
  readonly document: JsonObject;
  readonly path: readonly string[];
  readonly seen: Set<string>;
}

/** Whether every reference has a target within the document, and none comes back to itself. */
function leadsSomewhere(value: Json | undefined, walk: Walk): boolean {
  const list = asArray(value);
  if (list) return list.every((entry) => leadsSomewhere(entry, walk));
  const schema = asObject(value);
  if (!schema) return true;
  const reference = asString(schema.$ref);
  return (reference === undefined || follows(reference, walk)) && leadsSomewhere(Object.values(schema) as Json[], walk);
}

function follows(reference: string, { document, path, seen }: Walk): boolean {
  if (path.includes(reference)) return false;
  if (seen.has(reference)) return true;
  const target = asObject(resolve(reference, document));
  if (!target || !leadsSomewhere(target, { document, path: [...path, reference], seen })) return false;
  seen.add(reference);
  return true;
}

const definitions: readonly string[] = ['$defs', 'definitions'];
const definitionPath = /^#\/(?:\$defs|definitions)\/[^/]+$/;

function constrain(value: Json | undefined, fitting: Fitting): JsonObject {
  const schema = asObject(value);
  const deeper = fitting.scope.enter();
  if (!schema || !deeper) return hopeless(fitting);
  const { $ref, ...beside } = withoutDefinitions(schema);
  const reference = asString($ref);
  const plain = reference !== undefined && definitionPath.test(reference) && Object.keys(beside).length === 0;
  const fitted = plain ? { $ref: reference } : fitFlat(flattened(withoutDefinitions(schema), deeper), fitting);
  return { ...fitDefinitions(schema, fitting), ...fitted };
}

function hopeless(fitting: Fitting): JsonObject {
  fitting.hopeless = true;
  return {};
}

function withoutDefinitions(schema: JsonObject): JsonObject {
  return picked(schema, (key) => !definitions.includes(key));
}

function picked(schema: JsonObject, wanted: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => wanted(key)));
}

function fitDefinitions(schema: JsonObject, fitting: Fitting): JsonObject {
  const kept = definitions.flatMap((key) => {
    const members = asObject(schema[key]);
    return members ? [[key, fitEach(members, fitting)] as const] : [];
  });
  return Object.fromEntries(kept);
}

function fitEach(members: JsonObject, fitting: Fitting): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, constrain(member, fitting)]));
}

/** A schema without references and `allOf`. */
function fitFlat(flat: JsonObject, fitting: Fitting): JsonObject {
  const key = asArray(flat.anyOf) ? 'anyOf' : 'oneOf';
  const branches = objects(flat[key]);
  if (branches.length > 0) return fitUnion(flat, key, branches, fitting);
  const types = asArray(flat.type);
  if (!types || asArray(flat.enum)) return fitPlain(flat, fitting);
  const { description, title, ...rest } = flat;
  // Properties and items belong to one type only.
  if (types.some((type) => type === 'object' || type === 'array'))
    return fitFlat({ ...compact({ description, title }), anyOf: types.map((type) => ofType(rest, type)) }, fitting);
  return fitPlain(types.length === 1 ? { ...flat, type: types[0] ?? null } : flat, fitting);
}

const ofObjects = ['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'];
const ofArrays = ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains'];

/** The schema for one of the types it names, without what speaks of another. */
function ofType(schema: JsonObject, type: Json): JsonObject {
  const foreign = [...(type === 'object' ? [] : ofObjects), ...(type === 'array' ? [] : ofArrays)];
  return { ...picked(schema, (key) => !foreign.includes(key)), type };
}

/**
 * Anthropic knows `anyOf` alone. What stands beside the branches goes into each: closed objects that lack a part of their members
 * would admit nothing.
 */
function fitUnion(
  flat: JsonObject,
  key: 'anyOf' | 'oneOf',
  branches: readonly JsonObject[],
  fitting: Fitting,
): JsonObject {
  const { [key]: given, description, title, $schema: _schema, ...beside } = flat;
  if (asArray(given)?.length !== branches.length) return hopeless(fitting);
  const base = picked(beside, (name) => !notes.includes(name));
  const whole = Object.keys(base).length === 0;
  const joined = whole ? branches : branches.map((branch) => both(base, flattened(branch, fitting.scope)));
  const words = described(
    asString(description),
    picked(beside, (name) => notes.includes(name)),
    fitting,
  );
  return {
    ...(words !== '' && { description: words }),
    ...compact({ title }),
    anyOf: joined.map((branch) => constrain(branch, fitting)),
  };
}

/** A schema of one type, or of a few words to choose among. */
function fitPlain(flat: JsonObject, fitting: Fitting): JsonObject {
  const literals = literalsOf(flat);
  const type = flat.type ?? impliedType(flat);
  if (type === undefined && Object.keys(literals).length === 0) return hopeless(fitting);
  const { description, kept, rest } = membersOf(flat, type, fitting);
  const words = described(
    asString(description),
    picked(rest, (key) => !Object.hasOwn(literals, key)),
    fitting,
  );
  // Anthropic holds literals against the type and refuses a list of types beside them.
  const single = Object.keys(literals).length === 0 || typeof type === 'string';
  return {
    ...(single && type !== undefined && { type }),
    ...literals,
    ...(words !== '' && { description: words }),
    ...kept,
  };
}

/** Literals have to be plain values. */
function literalsOf({ enum: values, const: value }: JsonObject): JsonObject {
  const list = asArray(values) ?? [];
  return {
    ...(list.length > 0 && list.every(isPlain) && { enum: list }),
    ...(value !== undefined && isPlain(value) && { const: value }),
  };
}

function isPlain(value: Json): boolean {
  return value === null || typeof value !== 'object';
}

/** Where no type is named, what the other keywords tell. */
function impliedType(flat: JsonObject): string | undefined {
  const told = (...keys: readonly string[]) => keys.some((key) => flat[key] !== undefined);
  if (told('properties')) return 'object';
  if (told('items', 'prefixItems', 'minItems', 'maxItems')) return 'array';
  if (told('pattern', 'minLength', 'maxLength', 'format')) return 'string';
  return told('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf') ? 'number' : undefined;
}

interface Members {
  readonly description?: Json;
  /** What may stand in the result as it is. */
  readonly kept: JsonObject;
  readonly rest: JsonObject;
}

function membersOf(flat: JsonObject, type: Json | undefined, fitting: Fitting): Members {
  const { type: _type, $schema: _schema, $id: _id, description, title, ...others } = flat;
  const { kept, rest } = ownMembers(others, type, fitting);
  return { ...(description !== undefined && { description }), kept: { ...compact({ title }), ...kept }, rest };
}

function ownMembers(flat: JsonObject, type: Json | undefined, fitting: Fitting): Omit<Members, 'description'> {
  if (type === 'object') return objectMembers(flat, fitting);
  if (type === 'array') return arrayMembers(flat, fitting);
  const { format, ...rest } = flat;
  return type === 'string' && formats.has(asString(format) ?? '') && format !== undefined
    ? { kept: { format }, rest }
    : { kept: {}, rest: flat };
}

const formats = new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '));

function objectMembers(flat: JsonObject, fitting: Fitting): Omit<Members, 'description'> {
  const { properties, required, additionalProperties, ...rest } = flat;
  if (additionalProperties !== undefined && additionalProperties !== false) fitting.losses.set(open.what, open);
  const fitted = fitEach(asObject(properties) ?? {}, fitting);
  const names = [...new Set(strings(required))];
  if (names.some((name) => !Object.hasOwn(fitted, name))) fitting.hopeless = true;
  const needed = required !== undefined && { required: names };
  return { kept: { properties: fitted, ...needed, additionalProperties: false }, rest };
}

function arrayMembers(flat: JsonObject, fitting: Fitting): Omit<Members, 'description'> {
  const { items, minItems, ...rest } = flat;
  const one = asObject(items);
  const solid = one !== undefined && Object.keys(one).length > 0;
  const few = minItems === 0 || minItems === 1;
  return {
    kept: { ...(solid && { items: constrain(one, fitting) }), ...(few && { minItems }) },
    rest: {
      ...rest,
      ...(Array.isArray(items) && { items }),
      ...(minItems !== undefined && !few && { minItems }),
    },
  };
}

/** Members that say something of a value and demand nothing. */
const notes = ['default', 'example', 'examples', 'deprecated', 'readOnly', 'writeOnly', '$comment'];

/** A bound or a pattern in the description is told to the model, and so no loss; a rule made of schemas it may well not follow. */
function described(description: string | undefined, rest: JsonObject, fitting: Fitting): string {
  const rules = Object.entries(rest).filter(([, value]) => value !== undefined);
  if (rules.some(([key, value]) => typeof value === 'object' && value !== null && !notes.includes(key)))
    fitting.losses.set(unenforced.what, unenforced);
  if (rules.length === 0) return description ?? '';
  const hints = `(${rules.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join('; ')})`;
  return description ? `${description} ${hints}` : hints;
}
