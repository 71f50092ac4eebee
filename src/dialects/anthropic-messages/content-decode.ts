// Content blocks as parts: of a client's messages, and of an upstream's reply. What an empty or missing content means is settled
// here; what a history must look like is not (ir/repair.ts).

import { badRequest, type GatewayError } from '../../errors.ts';
import { argumentText } from '../../ir/arguments.ts';
import type { Citation, MediaPart, MediaSource, Part, TextPart, ToolCallPart } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { asArray, asObject, asString, compact, type Json, type JsonObject, objects, parseObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { expectShape, type Kind, type Shapes } from '../shape.ts';
import { decodeMark } from './cache.ts';
import { answers, foreignPart, isServerCall, textOf } from './foreign.ts';
import type { ReadSlot, Slot } from './seals.ts';
import { dialectId } from './wire.ts';

/** How blocks are read, and where reports go. */
export interface Reading {
  readonly readSlot: ReadSlot;
  readonly report: Report;
  /** What members of a block must be. */
  readonly shapes: Shapes;
}

/** A string, an array of blocks, one block, or nothing; a tool's JSON that is no block counts as its text. Throws `bad-request` for anything else. */
export function decodeContent(content: Json | undefined, where: string, reading: Reading): Part[] {
  if (content === undefined || content === null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  const single = asObject(content);
  if (single && typeof single.type !== 'string') return [{ type: 'text', text: JSON.stringify(single) }];
  const blocks = single ? [single] : asArray(content);
  if (!blocks) throw invalid(where, 'a string or an array of content blocks is expected');
  const read = blocks.map((block, index) => {
    if (typeof block === 'string') return { type: 'text', text: block };
    const object = asObject(block);
    if (!object) throw invalid(`${where}[${index}]`, 'a content block must be an object');
    return object;
  });
  return decodeBlocks(read, where, reading);
}

function decodeBlocks(blocks: readonly JsonObject[], where: string, reading: Reading): Part[] {
  const parts: Part[] = [];
  let awaited: Seal | undefined;
  for (let index = 0; index < blocks.length; index++) {
    const block = blocks[index];
    if (!block) continue;
    expectShape(block, reading.shapes, `${where}[${index}]`, misshapen);
    const next = blocks[index + 1];
    if (isServerCall(block) && next && answers(block, next)) {
      parts.push(foreignPart([block, next]));
      index++;
      continue;
    }
    const slot = hangingSlot(block, reading);
    if (slot?.hangs === 'next') awaited = slot.seal;
    else if (slot) sealLastCall(parts, slot.seal);
    else if (block.type === 'tool_use') {
      parts.push({ ...decodeCall(block, `${where}[${index}]`), ...(awaited && { seal: awaited }) });
      awaited = undefined;
    } else parts.push(...decodeBlock(block, `${where}[${index}]`, reading));
  }
  return parts;
}

/** The slot of an empty thinking block that bears the seal of a call. */
function hangingSlot(block: JsonObject, { readSlot }: Reading): Slot | undefined {
  const slot = block.type === 'thinking' ? readSlot(asString(block.signature) ?? '') : undefined;
  return slot?.hangs ? slot : undefined;
}

function sealLastCall(parts: Part[], seal: Seal): void {
  const last = parts.findLastIndex(({ type }) => type === 'tool-call');
  const call = parts[last];
  if (call?.type === 'tool-call') parts[last] = { ...call, seal };
}

function decodeBlock(block: JsonObject, where: string, reading: Reading): Part[] {
  switch (asString(block.type) ?? (typeof block.text === 'string' ? 'text' : undefined)) {
    case 'text':
      return [decodeText(block)];
    case 'image':
      return [decodeMedia(block, 'image', where)];
    case 'document':
      return decodeDocument(block, where, reading);
    case 'thinking':
      return [decodeThinking(block, reading)];
    case 'redacted_thinking': {
      const data = asString(block.data) ?? '';
      return [
        { type: 'reasoning', text: '', redacted: true, ...(data !== '' && { seal: reading.readSlot(data).seal }) },
      ];
    }
    case 'tool_result':
      return [
        {
          type: 'tool-result',
          id: asString(block.tool_use_id) ?? '',
          content: decodeContent(block.content, `${where}.content`, reading),
          ...(block.is_error === true && { failed: true }),
          ...decodeMark(block),
        },
      ];
    case undefined:
      throw invalid(`${where}.type`, 'a content block needs a type');
    default:
      return [foreignPart([block])];
  }
}

function decodeText(block: JsonObject): TextPart {
  const citations = objects(block.citations).map(decodeCitation);
  return {
    type: 'text',
    text: asString(block.text) ?? '',
    ...(citations.length > 0 && { citations }),
    ...decodeMark(block),
  };
}

/** Messages cites places in the source, not in the text: the citation belongs to its whole text block. */
export function decodeCitation(value: JsonObject): Citation {
  const source = asString(value.source);
  const url = asString(value.url) ?? (source?.includes('://') ? source : undefined);
  const title = asString(value.title) ?? asString(value.document_title) ?? (url === undefined ? source : undefined);
  return compact({ url, title, quote: asString(value.cited_text) || undefined });
}

function decodeThinking(block: JsonObject, { readSlot }: Reading): Part {
  const signature = asString(block.signature) ?? '';
  return {
    type: 'reasoning',
    text: asString(block.thinking) ?? '',
    ...(signature !== '' && { seal: readSlot(signature).seal }),
  };
}

/** The text of an `input` as it came. A string that holds an object's JSON (some compatible services) counts as that object. */
export function argumentsText(input: Json | undefined): string {
  return typeof input === 'string' && !parseObject(input) ? JSON.stringify(input) : argumentText(input) || '{}';
}

/** A `tool_use` block. Throws `bad-request` for one without a name. */
export function decodeCall(block: JsonObject, where: string): ToolCallPart {
  const name = asString(block.name);
  if (name === undefined || name === '') throw invalid(`${where}.name`, 'a tool_use block needs the name of its tool');
  return compact({
    type: 'tool-call',
    id: asString(block.id) ?? '',
    name,
    namespace: asString(block.toolset_name),
    input: argumentsText(block.input),
    ...decodeMark(block),
  });
}

function decodeMedia(block: JsonObject, family: 'image' | 'document', where: string): MediaPart {
  const { mediaType, source } = decodeSource(block, family, where);
  return compact({
    type: 'media',
    mediaType,
    source,
    name: asString(block.title) || undefined,
    context: asString(block.context) || undefined,
    cite: asObject(block.citations)?.enabled === true ? true : undefined,
    ...decodeMark(block),
  });
}

function decodeSource(
  block: JsonObject,
  family: 'image' | 'document',
  where: string,
): { mediaType: string; source: MediaSource } {
  const source = asObject(block.source) ?? {};
  const unknown = family === 'image' ? 'image/*' : 'application/pdf';
  const data = asString(source.data);
  const url = asString(source.url);
  const file = asString(source.file_id);
  if (source.type === 'text' && data !== undefined)
    return { mediaType: 'text/plain', source: { data: Buffer.from(data).toString('base64') } };
  if (source.type === 'base64' && data !== undefined)
    return { mediaType: asString(source.media_type) ?? unknown, source: { data } };
  if (source.type === 'url' && url !== undefined) return { mediaType: unknown, source: { url } };
  if (source.type === 'file' && file !== undefined) return { mediaType: unknown, source: { file, origin: dialectId } };
  throw invalid(`${where}.source`, 'a source of type base64, url, file or text with its content is expected');
}

/** A document made of blocks: plain text where it is nothing else, else its inner parts. */
function decodeDocument(block: JsonObject, where: string, reading: Reading): Part[] {
  const source = asObject(block.source);
  if (source?.type !== 'content') return [decodeMedia(block, 'document', where)];
  const onlyText = objects(source.content).every(({ type }) => type === 'text');
  if (onlyText)
    return [decodeMedia({ ...block, source: { type: 'text', data: textOf(source.content) } }, 'document', where)];
  if (block.title || block.context)
    reading.report({
      what: 'document_title',
      where,
      why: 'A document of mixed blocks became its parts; its title was left out.',
    });
  return decodeContent(source.content, `${where}.source.content`, reading);
}

/** A member that is something else than it must be. */
export function misshapen(where: string, kind: Kind): GatewayError {
  return invalid(where, `${kind} is expected`);
}

/** A client's mistake as `bad-request`: what is wrong, after the path of the member at fault (`messages[2].content`). */
export function invalid(where: string, why: string): GatewayError {
  return badRequest(`${where}: ${why}.`, where);
}
