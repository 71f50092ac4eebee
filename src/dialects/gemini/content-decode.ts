// Turns and their parts, wire → IR. Calls and results without ids (older models, Vertex) keep an empty one: repair pairs them
// by name and order.

import { badRequest } from '../../errors.ts';
import type { Part, ToolResultPart, Turn } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { asObject, asString, type Json, type JsonObject, objects } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { array, expectShape, flag, object, type Shapes, text } from '../shape.ts';
import { foreignPart, inlineMedia, joinRuns, linkedMedia } from './media.ts';
import { readSlot } from './slot.ts';
import { camel, listOf, reportRest, sealPlaceholders } from './wire.ts';

/** wire → IR, turns of the model that follow one another made one. Throws `bad-request` where there are none, or one cannot be read. */
export function decodeContents(value: Json | undefined, report: Report): Turn[] {
  const contents = listOf(value).map((entry, index) => {
    if (typeof entry === 'string') return { role: 'user', parts: [{ text: entry }] };
    const content = asObject(entry);
    if (!content)
      throw badRequest(`contents[${index}] must be an object with "role" and "parts".`, `contents[${index}]`);
    return camel(content);
  });
  if (contents.length === 0) throw badRequest('contents must hold at least one turn.', 'contents');
  const turns: DecodedTurn[] = [];
  for (const [index, content] of contents.entries()) {
    const turn = decodeContent(content, `contents[${index}]`, report);
    const last = turns.at(-1);
    if (turn.role === 'assistant' && last?.role === 'assistant') goOn(last.parts, turn.parts);
    else turns.push(turn);
  }
  return turns;
}

interface DecodedTurn extends Turn {
  readonly parts: Part[];
}

function decodeContent(content: JsonObject, where: string, report: Report): DecodedTurn {
  const role = decodeRole(content.role, `${where}.role`);
  const parts = decodeParts(content.parts, `${where}.parts`, report);
  if (role !== 'assistant' && parts.some(({ type }) => type === 'tool-call'))
    throw badRequest(`${where}.role must be "model", whose turn alone holds functionCall.`, `${where}.role`);
  return { role, parts };
}

/**
 * The vendor's SDK keeps each chunk of a stream as a content of its own: together they are one turn, and their pieces one text. Added
 * in place, since there may be one for each word.
 */
function goOn(parts: Part[], more: readonly Part[]): void {
  const said = more.filter((part) => part.type !== 'text' || part.text !== '' || part.seal !== undefined);
  const last = parts.pop();
  const [next, ...rest] = said;
  const joined =
    (last?.type === 'text' || last?.type === 'reasoning') && !last.seal && next?.type === last.type
      ? [{ ...next, text: last.text + next.text }, ...rest]
      : joinRuns(last ? [last, ...said] : said);
  for (const part of joined) parts.push(part);
}

/** The system instruction: a content, its parts alone, or just text. */
export function decodeSystem(value: Json | undefined, report: Report): Turn[] {
  if (value === undefined || value === null || value === '') return [];
  const content = asObject(value);
  const given = content && 'parts' in content ? content.parts : value;
  const parts = decodeParts(given, 'systemInstruction.parts', report);
  return parts.length > 0 ? [{ role: 'system', parts }] : [];
}

function decodeRole(role: Json | undefined, where: string): Turn['role'] {
  if (role === 'model') return 'assistant';
  if (role === 'system') return 'system';
  if (role === undefined || role === null || role === 'user' || role === 'function' || role === 'tool') return 'user';
  throw badRequest(`${where} must be "user" or "model".`, where);
}

function decodeParts(value: Json | undefined, where: string, report: Report): Part[] {
  const parts = listOf(value).flatMap((entry, index): Part[] => {
    const place = `${where}[${index}]`;
    if (typeof entry === 'string') return [{ type: 'text', text: entry }];
    const part = asObject(entry);
    if (!part) throw badRequest(`${place} must be an object.`, place);
    const decoded = decodePart(camel(part), part, place, report);
    return decoded ? [decoded] : [];
  });
  return joinThoughts(joinRuns(parts));
}

/** Clients that keep a stream as it came bring a thought back in pieces, of which the last is signed. */
function joinThoughts(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.type === 'reasoning' && last?.type === 'reasoning' && !last.seal)
      joined[joined.length - 1] = { ...part, text: last.text + part.text };
    else joined.push(part);
  }
  return joined;
}

const partMembers = [
  'text',
  'thought',
  'thoughtSignature',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
  'audioTranscription',
  'mediaResolution',
];

const partShapes: Shapes = {
  text,
  thought: flag,
  thoughtSignature: text,
  functionCall: object,
  functionResponse: object,
  inlineData: object,
};
const callShapes: Shapes = { id: text, args: object };
const resultShapes: Shapes = { id: text, name: text, parts: array };

function decodePart(part: JsonObject, source: JsonObject, where: string, report: Report): Part | undefined {
  expectShape(part, partShapes, where);
  reportRest(part, partMembers, where, report);
  const seal = decodeSeal(part.thoughtSignature);
  const sealed = seal && { seal };
  if (part.functionCall !== undefined) return decodeCall(part, sealed, where, report);
  if (part.functionResponse !== undefined) return decodeResult(part, where, report);
  if (typeof part.text === 'string') {
    if (part.thought === true) return { type: 'reasoning', text: part.text, ...sealed };
    return { type: 'text', text: part.text, ...sealed };
  }
  const media = part.thought === true ? undefined : (inlineMedia(part) ?? linkedMedia(part));
  if (media) return { ...media, ...sealed };
  if (part.fileData !== undefined)
    throw badRequest(`${where}.fileData.fileUri is missing.`, `${where}.fileData.fileUri`);
  const foreign = foreignPart(part, source);
  if (foreign) return foreign;
  return seal && { type: part.thought === true ? 'reasoning' : 'text', text: '', seal };
}

/** The seal in a part's slot; the documented placeholders are none. */
function decodeSeal(value: Json | undefined): Seal | undefined {
  if (typeof value !== 'string' || value === '' || sealPlaceholders.includes(value)) return undefined;
  return readSlot(value);
}

const callMembers = ['id', 'name', 'args'];

function decodeCall(part: JsonObject, sealed: { seal: Seal } | undefined, where: string, report: Report): Part {
  const call = camel(asObject(part.functionCall) ?? {});
  expectShape(call, callShapes, `${where}.functionCall`);
  reportRest(call, callMembers, `${where}.functionCall`, report);
  const name = asString(call.name);
  if (!name) throw badRequest(`${where}.functionCall.name is missing.`, `${where}.functionCall.name`);
  return {
    type: 'tool-call',
    id: asString(call.id) ?? '',
    name,
    input: JSON.stringify(asObject(call.args) ?? {}),
    ...sealed,
  };
}

const resultMembers = ['id', 'name', 'response', 'parts'];

function decodeResult(part: JsonObject, where: string, report: Report): ToolResultPart {
  const result = camel(asObject(part.functionResponse) ?? {});
  expectShape(result, resultShapes, `${where}.functionResponse`);
  reportRest(result, resultMembers, `${where}.functionResponse`, report);
  const name = asString(result.name);
  const { text, failed } = decodeResponse(result.response);
  const media = objects(result.parts).flatMap((piece) => {
    const decoded = inlineMedia(camel(piece)) ?? linkedMedia(camel(piece));
    return decoded ? [decoded] : [];
  });
  const texts: Part[] = text === '' ? [] : [{ type: 'text', text }];
  return {
    type: 'tool-result',
    id: asString(result.id) ?? '',
    ...(name !== undefined && { name }),
    content: [...texts, ...media],
    ...(failed && { failed }),
  };
}

/** `{result}` and `{output}` wrap a text, `{error}` a failure; anything else is the tool's own JSON. */
function decodeResponse(value: Json | undefined): { readonly text: string; readonly failed?: boolean } {
  const response = asObject(value);
  if (!response) return { text: value === undefined || value === null ? '' : textOf(value) };
  const [entry, ...others] = Object.entries(response);
  if (!entry) return { text: '' };
  const [key, inner] = entry;
  if (others.length === 0 && key === 'error') return { text: textOf(inner ?? ''), failed: true };
  if (others.length === 0 && (key === 'result' || key === 'output') && typeof inner === 'string')
    return { text: inner };
  return { text: JSON.stringify(response) };
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
