// JSON as values: the types, and a parse that keeps every number its sender could write.

/** A value as `parseJson` gives it: nobody changes it, and numbers too long for a double are kept as their text. */
export type Json = string | number | boolean | null | RawNumber | readonly Json[] | JsonObject;
/** Its members may be undefined: printing leaves those out, as if they were not there. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}
/** A number kept as its source text (`JSON.rawJSON`), because a double cannot hold it. Prints back verbatim. */
export interface RawNumber {
  readonly rawJSON: string;
}

const rawJSON = (JSON as unknown as { rawJSON(text: string): RawNumber }).rawJSON;
const isRawJSON = (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON;
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/**
 * Only a run of 16 or more number characters can lose digits in a double, and only an exponent of three or more digits can lead out
 * of its range in fewer; the reviver is paid for only then. Such an exponent ends where a JSON value ends, which ids and base64 do not.
 * A run is looked through from its first digit alone.
 */
const bigNumber = /(?<!\d)\d[-+.\deE]{15}|\d[eE][-+]?\d{3,}(?![^\s,\]}])/;

/** Parses JSON text without losing what a double cannot hold of a number. Throws SyntaxError. */
export function parseJson(text: string): Json {
  if (!bigNumber.test(text)) return JSON.parse(text) as Json;
  return (JSON.parse as ParseWithSource)(text, (_key, value, context) =>
    typeof value === 'number' &&
    context.source !== undefined &&
    String(value) !== context.source &&
    bigNumber.test(context.source)
      ? rawJSON(context.source)
      : value,
  ) as Json;
}

/** Parses JSON text; undefined when it is none (`null` is a value). */
export function readJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Parses JSON text that should be an object; undefined when it is anything else or no JSON at all. */
export function parseObject(text: string): JsonObject | undefined {
  return asObject(readJson(text));
}

/** The same where nobody needs all digits of long numbers: not looking for them spares a pass over the text. */
export function parseRounded(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether it is an object in the sense of JSON: no list, no null, and no number that is kept as its text. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw(value);
}
/** Asked of every object, and nearly none is one: `isRawJSON`, a call out of compiled code, is left for those that look like one. */
function isRaw(value: object): boolean {
  return 'rawJSON' in value && isRawJSON(value);
}
/** The value if it is an object; undefined for anything else. */
export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}
/** The value if it is an array, whatever is in it; undefined for anything else. */
export function asArray(value: unknown): readonly Json[] | undefined {
  return Array.isArray(value) ? (value as readonly Json[]) : undefined;
}
/** The objects of an array; anything that is not an array counts as empty. */
export function objects(value: unknown): readonly JsonObject[] {
  return asArray(value)?.filter(isObject) ?? [];
}
/** The strings of an array; anything that is not an array counts as empty. */
export function strings(value: unknown): readonly string[] {
  return asArray(value)?.filter((entry) => typeof entry === 'string') ?? [];
}
/** An array of nothing but strings; undefined for anything else. */
export function asStrings(value: unknown): readonly string[] | undefined {
  const list = strings(value);
  return list.length === asArray(value)?.length ? list : undefined;
}
/** What is said, read as this; undefined where it is absent or null. Throws what `refuse` gives where it cannot be read so. */
export function saidAs<T>(
  value: Json | undefined,
  as: (value: Json) => T | undefined,
  refuse: () => Error,
): T | undefined {
  if (value === undefined || value === null) return undefined;
  const told = as(value);
  if (told === undefined) throw refuse();
  return told;
}
/** The members of an object that are strings; undefined where there is none. */
export function stringMembers(value: unknown): Record<string, string> | undefined {
  const members = Object.entries(asObject(value) ?? {}).filter(
    (member): member is [string, string] => typeof member[1] === 'string',
  );
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}
/** The value if it is a string, be it empty; undefined for anything else. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
/** A finite number; a RawNumber counts by its nearest double. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object' || value === null || !isRaw(value)) return undefined;
  return asNumber(Number((value as RawNumber).rawJSON));
}
/** The value if it is true or false; undefined for anything else, also for words and numbers that mean one of them. */
export function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** Whether a member says anything: it is there and not null, false or empty. */
export function isSaid(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false;
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : true;
}

/** The object without its undefined members, itself where it has none: for building wire bodies under `exactOptionalPropertyTypes`. */
export function compact<const T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  for (const key in value) if (value[key] === undefined) return kept(value);
  return value as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** A loop by name makes no list of the members. */
function kept<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const told: Partial<T> = {};
  for (const key in value) if (value[key] !== undefined) told[key] = value[key];
  return told as { [K in keyof T]: Exclude<T[K], undefined> };
}
