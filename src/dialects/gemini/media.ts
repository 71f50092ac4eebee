// Media and Google's own tool parts: read alike in requests and replies.

import { typeOfName } from '../../ir/media.ts';
import type { ForeignPart, HostedKind, Meaning, MediaPart, Part } from '../../ir/request.ts';
import { asString, type JsonObject } from '../../json.ts';
import { dialectId, section } from './wire.ts';

const details: ReadonlyMap<string, NonNullable<MediaPart['detail']>> = new Map([
  ['MEDIA_RESOLUTION_LOW', 'low'],
  ['MEDIA_RESOLUTION_HIGH', 'high'],
  ['MEDIA_RESOLUTION_ULTRA_HIGH', 'original'],
]);

/** The image detail that a `mediaResolution` word means; undefined for what is no common word. */
export function detailOf(word: unknown): MediaPart['detail'] {
  return typeof word === 'string' ? details.get(word) : undefined;
}

/** `inlineData` as a media part. */
export function inlineMedia(part: JsonObject): MediaPart | undefined {
  const blob = section(part, 'inlineData');
  const data = asString(blob.data);
  if (data === undefined) return undefined;
  return {
    type: 'media',
    mediaType: asString(blob.mimeType) || 'application/octet-stream',
    source: { data },
    ...facts(part, blob),
  };
}

/** `fileData` as a media part: a public address, or a file that only Google can read. */
export function linkedMedia(part: JsonObject): MediaPart | undefined {
  const file = section(part, 'fileData');
  const address = asString(file.fileUri);
  if (!address) return undefined;
  const source = isPublic(address) ? { url: address } : ({ file: address, origin: dialectId } as const);
  return { type: 'media', mediaType: asString(file.mimeType) || typeOfAddress(address), source, ...facts(part, file) };
}

function facts(part: JsonObject, blob: JsonObject): { name?: string; detail?: NonNullable<MediaPart['detail']> } {
  const name = asString(blob.displayName);
  const detail = detailOf(section(part, 'mediaResolution').level);
  return { ...(name && { name }), ...(detail && { detail }) };
}

function isPublic(address: string): boolean {
  return /^https?:\/\//i.test(address) && !/^https:\/\/generativelanguage\.googleapis\.com\//i.test(address);
}

/** The media type that an address tells; YouTube pages are videos here, and an unknown one most likely an image. */
export function typeOfAddress(address: string): string {
  if (/^https?:\/\/(?:[\w-]+\.)?(?:youtube\.com|youtu\.be)\//i.test(address)) return 'video/*';
  return typeOfName(address) ?? 'image/*';
}

/** A part that only this wire can say, with what it means to others; undefined for a part that says nothing. */
export function foreignPart(part: JsonObject, source: JsonObject): ForeignPart | undefined {
  const said = Object.keys(part).some((key) => key !== 'thought' && key !== 'thoughtSignature' && key !== 'text');
  if (!said) return undefined;
  const meaning = meaningOf(part);
  return { type: 'foreign', origin: dialectId, value: source, ...(meaning && { meaning }) };
}

/** Code and what came of it, which stand in two parts on this wire. */
export function ran(code: ForeignPart, result: ForeignPart): ForeignPart {
  const meaning: Meaning = { tool: 'code-execution', ...code.meaning, ...result.meaning };
  return { type: 'foreign', origin: dialectId, value: [code.value, result.value], meaning };
}

/** The parts with code and the result right behind it as one. */
export function joinRuns(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.type === 'foreign' && part.type === 'foreign' && isCode(last) && isResult(part))
      joined[joined.length - 1] = ran(last, part);
    else joined.push(part);
  }
  return joined;
}

function isCode({ meaning }: ForeignPart): boolean {
  return meaning?.tool === 'code-execution' && meaning.output === undefined;
}

function isResult({ meaning }: ForeignPart): boolean {
  return meaning?.tool === 'code-execution' && meaning.input === undefined;
}

const failures = new Set(['OUTCOME_FAILED', 'OUTCOME_DEADLINE_EXCEEDED']);

function meaningOf(part: JsonObject): Meaning | undefined {
  const code = section(part, 'executableCode');
  if (typeof code.code === 'string') return { tool: 'code-execution', ...identified(code), input: code.code };
  const outcome = section(part, 'codeExecutionResult');
  if (part.codeExecutionResult !== undefined)
    return {
      tool: 'code-execution',
      ...identified(outcome),
      output: asString(outcome.output) ?? '',
      ...(failures.has(asString(outcome.outcome) ?? '') && { failed: true }),
    };
  const call = section(part, 'toolCall');
  if (part.toolCall !== undefined)
    return { tool: toolOf(call.toolType), ...identified(call), input: JSON.stringify(call.args ?? {}) };
  const response = section(part, 'toolResponse');
  if (part.toolResponse !== undefined)
    return {
      tool: toolOf(response.toolType),
      ...identified(response),
      output: JSON.stringify(response.response ?? {}),
    };
  return undefined;
}

function identified(value: JsonObject): { id?: string } {
  const id = asString(value.id);
  return id ? { id } : {};
}

const toolTypes: ReadonlyMap<string, HostedKind> = new Map([
  ['GOOGLE_SEARCH_WEB', 'web-search'],
  ['GOOGLE_SEARCH_IMAGE', 'web-search'],
  ['URL_CONTEXT', 'web-fetch'],
  ['GOOGLE_MAPS', 'maps'],
  ['FILE_SEARCH', 'file-search'],
]);

function toolOf(word: unknown): HostedKind {
  return (typeof word === 'string' && toolTypes.get(word)) || 'other';
}
