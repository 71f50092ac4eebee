// JSON Schema as OpenAI's services take it, for tools and for structured answers, in Chat and in Responses alike.

import type { Target } from '../envelope.ts';
import type { Output, Turn } from '../ir/request.ts';
import { asArray, asObject, isObject, type JsonObject, objects } from '../json.ts';
import type { Report } from '../loss.ts';
import { mergedRoot } from './merged-root.ts';

/** A schema as it is sent, and whether the model is held to it. */
interface OpenAiSchema {
  readonly schema: JsonObject;
  /** Absent where nothing was said of it. */
  readonly strict?: boolean;
}

/**
 * The schema with `items` on every array ("array schema missing items" otherwise), and the strictness that it allows: under `strict`
 * every object must be closed and require all its properties, which other vendors' strict schemas need not.
 */
function openAiSchema(schema: JsonObject, strict: boolean | undefined, report: Report): OpenAiSchema {
  const whole = some(schema, isBareArray) ? filled(schema) : schema;
  if (strict === undefined) return { schema: whole };
  if (!strict || !some(whole, isOpen)) return { schema: whole, strict };
  report({
    what: 'strict',
    why: 'OpenAI is strict only with schemas whose objects are closed and require all their properties; the schema is followed as well as the model can.',
  });
  return { schema: whole, strict: false };
}

/** The parameters of a function, whose root must be an object; where the service is like OpenAI, one without branches. */
export function openAiParameters(
  schema: JsonObject,
  strict: boolean | undefined,
  target: Pick<Target, 'maker' | 'accent'>,
  report: Report,
): OpenAiSchema {
  const root = isLikeOpenAi(target) ? plainRoot(schema, report) : schema;
  return openAiSchema(root.type === undefined ? { type: 'object', ...root } : root, strict, report);
}

/** The service's words: an object, "and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level". */
function plainRoot(schema: JsonObject, report: Report): JsonObject {
  const merged = mergedRoot(schema);
  if (!merged && schema.enum === undefined && schema.not === undefined) return schema;
  report({
    what: 'parameters',
    why: 'OpenAI takes no anyOf, oneOf, allOf, enum or not at the root of a function’s parameters; object branches were merged.',
  });
  const { enum: _enum, not: _not, ...plain } = merged ?? schema;
  return plain;
}

/**
 * The schema of a structured answer. Undefined where the service would refuse it ("schema must be a JSON Schema of 'type: "object"'",
 * "root objects must not be anyOf"): it is then asked for in words.
 */
export function openAiAnswer(
  schema: JsonObject,
  strict: boolean | undefined,
  target: Pick<Target, 'maker' | 'accent'>,
  report: Report,
): OpenAiSchema | undefined {
  if (!isLikeOpenAi(target)) return openAiSchema(schema, strict, report);
  const root = answerRoot(schema);
  if (root) return openAiSchema(root, strict, report);
  report({
    what: 'response_format',
    why: 'OpenAI takes a schema for the answer only where its root is an object without anyOf; the format is asked for in words.',
  });
  return undefined;
}

function answerRoot(schema: JsonObject): JsonObject | undefined {
  const root = isUntyped(schema) ? { type: 'object', ...schema } : schema;
  return root.type === 'object' && root.anyOf === undefined ? root : undefined;
}

/**
 * What must be said of the format in words, or undefined: a schema that the service would refuse, or the word that its JSON mode wants
 * to see ("must contain the word 'json' in some form"), which others that speak its dialects want too. `turns`: where the word counts.
 */
export function formatInWords(
  output: Output | undefined,
  turns: readonly Turn[],
  target: Pick<Target, 'maker' | 'accent'>,
): string | undefined {
  if (output?.type !== 'json') return undefined;
  if (!output.schema) return asksForJson(turns) ? undefined : 'Answer with one JSON object only.';
  if (!isLikeOpenAi(target) || answerRoot(output.schema)) return undefined;
  return `Answer with one JSON value only, following this JSON Schema: ${JSON.stringify(output.schema)}`;
}

/** Only what was said first counts, so that the prompt keeps its beginning as the conversation goes on. */
function asksForJson(turns: readonly Turn[]): boolean {
  const first = turns.slice(0, turns.findIndex(({ role }) => role === 'user') + 1);
  return first.some(({ parts }) => parts.some((part) => part.type === 'text' && /json/i.test(part.text)));
}

function isUntyped(schema: JsonObject): boolean {
  return ['type', '$ref', 'anyOf', 'oneOf', 'allOf', 'not', 'enum', 'const'].every((key) => schema[key] === undefined);
}

function isLikeOpenAi({ maker, accent }: Pick<Target, 'maker' | 'accent'>): boolean {
  return maker === 'openai' || accent.plainRoots === true;
}

/** Members that hold schemas by name, and those that hold one schema or a list of them. */
const named = ['properties', '$defs', 'definitions', 'patternProperties'];
const nested = ['items', 'prefixItems', 'anyOf', 'oneOf', 'allOf', 'not', 'additionalProperties'];

function some(schema: JsonObject, test: (schema: JsonObject) => boolean): boolean {
  return test(schema) || inner(schema).some((each) => some(each, test));
}

function inner(schema: JsonObject): readonly JsonObject[] {
  const byName = named.flatMap((key) => Object.values(asObject(schema[key]) ?? {}));
  const direct = nested.map((key) => schema[key]);
  return [...byName, ...direct].flatMap((value) => (isObject(value) ? [value] : objects(value)));
}

function isOfType({ type }: JsonObject, wanted: string): boolean {
  return type === wanted || asArray(type)?.includes(wanted) === true;
}

function isBareArray(schema: JsonObject): boolean {
  return isOfType(schema, 'array') && schema.items === undefined && schema.prefixItems === undefined;
}

/** One that says nothing of further members is left to whoever called it strict. */
function isOpen(schema: JsonObject): boolean {
  if (!isOfType(schema, 'object')) return false;
  const required = asArray(schema.required) ?? [];
  const names = Object.keys(asObject(schema.properties) ?? {});
  return (schema.additionalProperties ?? false) !== false || names.some((name) => !required.includes(name));
}

function filled(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).map(([key, value]) => {
    const members = named.includes(key) ? asObject(value) : undefined;
    if (members) return [key, eachOf(members)];
    if (!nested.includes(key)) return [key, value];
    const list = asArray(value);
    if (list) return [key, list.map((each) => (isObject(each) ? filled(each) : each))];
    return [key, isObject(value) ? filled(value) : value];
  });
  const copy = Object.fromEntries(entries) as JsonObject;
  return isBareArray(schema) ? { ...copy, items: {} } : copy;
}

function eachOf(members: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, isObject(value) ? filled(value) : value]),
  );
}
