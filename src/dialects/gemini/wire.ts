// Gemini's wire format, as far as it is read and written here: the shapes, the two spellings of its members, and the words
// that several files share.

import { badRequest } from '../../errors.ts';
import { asArray, asNumber, isObject, type Json, type JsonObject, saidAs } from '../../json.ts';
import { type Report, reportOthers } from '../../loss.ts';

/** A part as it is written: one kind of content, and what may stand beside any (`thought`, `thoughtSignature`). */
export type WirePart = {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly inlineData?: WireBlob;
  readonly fileData?: { readonly mimeType?: string; readonly fileUri: string };
  readonly functionCall?: { readonly id?: string; readonly name: string; readonly args: JsonObject };
  readonly functionResponse?: {
    readonly id?: string;
    readonly name: string;
    readonly response: JsonObject;
    readonly parts?: readonly { readonly inlineData: WireBlob }[];
  };
  readonly executableCode?: { readonly language: string; readonly code: string };
  readonly codeExecutionResult?: { readonly outcome: string; readonly output: string };
};
/** Bytes in base64. */
export type WireBlob = { readonly mimeType: string; readonly data: string };
/** A turn as it is written; its parts may be some that a client of this dialect wrote. */
export type WireContent = { readonly role: 'user' | 'model'; readonly parts: readonly (WirePart | JsonObject)[] };

/** What the gateway calls this dialect; also the origin of what only it can say. */
export const dialectId = 'gemini';
/** Who makes the thought signatures that stand unmarked. */
export const nativeMaker = 'google';

/** What Google documents for a function call that comes without its signature: the validator lets it pass. */
export const unsealedCall = 'skip_thought_signature_validator';
/** The documented words that stand where a signature is missing. */
export const sealPlaceholders: readonly string[] = [unsealedCall, 'context_engineering_is_the_way_to_go'];

/**
 * The object with its members in camelCase: the service reads both spellings (`inline_data`, `inlineData`). One level only, so
 * that names that users choose (arguments, properties) are never touched.
 */
export function camel(object: JsonObject): JsonObject {
  for (const key in object) if (key.includes('_')) return respelled(object);
  return object;
}

/** The camelCase reading of what should be an object; empty where it is anything else. */
export function camelOf(value: unknown): JsonObject {
  return isObject(value) ? camel(value) : {};
}

/** The same of a member. */
export function section(object: JsonObject, key: string): JsonObject {
  return camelOf(object[key]);
}

/** A number; the vendor prints int64 as a string, and reads any number in quotes. */
export function numberIn(value: Json | undefined): number | undefined {
  return asNumber(typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
}

/** The same of a member, which stands in the object at this place. Throws for anything else. */
export function numberOf(object: JsonObject, key: string, where: string): number | undefined {
  const place = `${where}.${key}`;
  return saidAs(object[key], numberIn, () => badRequest(`${place} must be a number.`, place));
}

function respelled(object: JsonObject): JsonObject {
  const pairs = Object.entries(object).map(([key, value]) => [camelWord(key), value] as const);
  const own = Object.entries(object).filter(([key]) => !key.includes('_'));
  return Object.fromEntries([...pairs, ...own]);
}

function camelWord(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

/** `maxOutputTokens` as `max_output_tokens`: how losses are named. */
export function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Reports every meaningful member that is not among the known ones. */
export function reportRest(object: JsonObject, known: readonly string[], where: string, report: Report): void {
  reportOthers(object, known, where, 'Only Gemini has this field; it was left out.', (loss) =>
    report({ ...loss, what: snake(loss.what) }),
  );
}

/** An array, or one thing that stands for an array of one. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  return asArray(value) ?? [value];
}
