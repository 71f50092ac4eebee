// Turns and their parts, IR → wire.

import type { Target } from '../../envelope.ts';
import { badRequest } from '../../errors.ts';
import { mendArguments } from '../../ir/arguments.ts';
import type { ChatRequest, MediaPart, Part, ToolCallPart, ToolResultPart, Turn } from '../../ir/request.ts';
import { asArray, type JsonObject, objects, parseObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { typeOfAddress } from './media.ts';
import { demandsSeals, isGemini3 } from './thinking.ts';
import { unsealedCall, type WireBlob, type WireContent, type WirePart } from './wire.ts';

/** What the turns of one request share while they are written. */
interface Writer {
  readonly report: Report;
  /** Vertex refuses ids on calls and responses. */
  readonly ids: boolean;
  /** Whether media may stand within a function response; otherwise it follows them. */
  readonly mediaInResults: boolean;
  /** Whether the first call of every step needs a signature. */
  readonly sealedSteps: boolean;
}

/** IR → wire, all turns but the system's. Those of which nothing is left are left out. */
export function encodeContents({ turns }: ChatRequest, target: Target, report: Report): WireContent[] {
  const spoken = turns.filter((turn) => turn.role !== 'system');
  const writer: Writer = {
    report,
    ids: target.accent.noCallIds !== true,
    mediaInResults: isGemini3(target),
    sealedSteps: demandsSeals(target),
  };
  return spoken.flatMap((turn) => {
    if (turn.role === 'user') return content('user', encodeUser(turn, writer));
    return content('model', encodeAssistant(turn, writer));
  });
}

/** System texts, one part each. Media cannot stand there. */
export function encodeSystem({ turns }: ChatRequest, further: readonly string[]): JsonObject | undefined {
  const texts = turns
    .filter((turn) => turn.role === 'system')
    .flatMap((turn) => turn.parts)
    .map((part) => {
      if (part.type === 'text') return part.text;
      throw badRequest(`Gemini takes only text in system messages, not a part of type "${part.type}".`, 'system');
    })
    .concat(further)
    .filter((text) => text !== '');
  return texts.length > 0 ? { parts: texts.map((text) => ({ text })) } : undefined;
}

function content(role: WireContent['role'], parts: readonly (WirePart | JsonObject)[]): WireContent[] {
  return parts.length > 0 ? [{ role, parts }] : [];
}

/** All function responses first, then what follows them. */
function encodeUser(turn: Turn, writer: Writer): (WirePart | JsonObject)[] {
  const results = turn.parts.filter((part) => part.type === 'tool-result');
  const responses = results.map((result) => encodeResult(result, writer));
  const loose = writer.mediaInResults ? results.flatMap(linkedIn) : results.flatMap(mediaIn);
  const others = turn.parts.filter((part) => part.type !== 'tool-result');
  return [...responses, ...[...loose, ...others].flatMap((part) => encodePart(part, writer))];
}

/**
 * Gemini 3 wants a signature on "the first function call in each step of the current turn". Calls that have none get the
 * documented word, in earlier turns too: a prompt whose beginning changes when the user speaks again is found in no cache.
 */
function encodeAssistant(turn: Turn, writer: Writer): (WirePart | JsonObject)[] {
  const first = turn.parts.find((part) => part.type === 'tool-call');
  return turn.parts.flatMap((part) => {
    const encoded = encodePart(part, writer);
    if (!writer.sealedSteps || part !== first || first?.seal) return encoded;
    return encoded.map((call) => ({ ...call, thoughtSignature: unsealedCall }));
  });
}

function encodePart(part: Part, writer: Writer): (WirePart | JsonObject)[] {
  const seal = 'seal' in part ? part.seal : undefined;
  const sealed = seal && { thoughtSignature: seal.token };
  noteMarks(part, writer.report);
  switch (part.type) {
    case 'text':
      return part.text === '' && !seal ? [] : [{ text: part.text, ...sealed }];
    case 'reasoning':
      return part.text === '' && !seal ? [] : [{ text: part.text, thought: true, ...sealed }];
    case 'media':
      return encodeMedia(part, sealed, writer.report);
    case 'tool-call':
      return [{ functionCall: encodeCall(part, writer), ...sealed }];
    case 'tool-result':
      return [encodeResult(part, writer)];
    case 'foreign':
      // Of this dialect, since `repair` has told those of others in words.
      return [...objects(asArray(part.value) ?? [part.value])];
  }
}

function noteMarks(part: Part, report: Report): void {
  if ('cache' in part && part.cache)
    report({ what: 'cache_control', why: 'Gemini caches prompts by itself and takes no marks.' });
  if (part.type === 'text' && part.citations?.length)
    report({ what: 'citations', why: 'Gemini takes no citations in a history; their text stays.' });
  if (part.type === 'media' && part.cite)
    report({ what: 'citations', where: 'documents', why: 'Gemini does not cite documents it is given.' });
}

function encodeCall({ id, name, input }: ToolCallPart, writer: Writer): NonNullable<WirePart['functionCall']> {
  return { ...(writer.ids && { id }), name, args: mendArguments(input, writer.report).args };
}

function encodeMedia(
  part: MediaPart,
  sealed: { thoughtSignature: string } | undefined,
  report: Report,
): (WirePart | JsonObject)[] {
  if (part.name !== undefined) report({ what: 'filename', why: 'Gemini does not take file names.' });
  const context = part.context ? [{ text: part.context }] : [];
  return [...context, { ...encodeSource(part), ...sealed }];
}

function encodeSource({ source, mediaType }: MediaPart): WirePart {
  if ('data' in source) return { inlineData: { mimeType: mediaType, data: source.data } };
  if ('url' in source) return { fileData: { ...typed(mediaType, source.url), fileUri: source.url } };
  return { fileData: { ...typed(mediaType, source.file), fileUri: source.file } };
}

/** A media type that is only a family (`image/*`) says nothing; the ending of the address may know. */
function typed(mediaType: string, address: string): { mimeType?: string } {
  if (!mediaType.endsWith('*')) return { mimeType: mediaType };
  const guess = typeOfAddress(address);
  return guess.endsWith('*') ? {} : { mimeType: guess };
}

function encodeResult(result: ToolResultPart, writer: Writer): WirePart {
  for (const part of [result, ...result.content]) noteMarks(part, writer.report);
  const inline = writer.mediaInResults ? mediaIn(result).flatMap(blobOf) : [];
  return {
    functionResponse: {
      ...(writer.ids && { id: result.id }),
      // `repair` gives each result the name of its call.
      name: result.name ?? '',
      response: encodeResponse(result),
      ...(inline.length > 0 && { parts: inline.map((inlineData) => ({ inlineData })) }),
    },
  };
}

function mediaIn(result: ToolResultPart): MediaPart[] {
  return result.content.filter((part) => part.type === 'media');
}

/** Media that no function response can hold, since it is only an address. */
function linkedIn(result: ToolResultPart): MediaPart[] {
  return mediaIn(result).filter((part) => !('data' in part.source));
}

function blobOf({ source, mediaType }: MediaPart): WireBlob[] {
  return 'data' in source ? [{ mimeType: mediaType, data: source.data }] : [];
}

/** The response must be an object: the tool's own where it wrote one, else its text under the documented names. */
function encodeResponse(result: ToolResultPart): JsonObject {
  const text = result.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  const value = text.trimStart().startsWith('{') ? parseObject(text) : undefined;
  if (result.failed) return { error: value ?? text };
  return value ?? { result: text };
}
