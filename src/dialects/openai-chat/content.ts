// The `content` of a message, both directions: a string, an array of parts, or null, and the cache marks that parts may carry.

import type { CacheMark, ForeignPart, MediaPart, Part, ReasoningPart, TextPart } from '../../ir/request.ts';
import { asArray, asObject, asString, isObject, type Json, type JsonObject, objects } from '../../json.ts';
import { readCacheControl } from '../cache-control.ts';
import { decodeMedia } from './media.ts';
import { dialectId } from './wire.ts';

/** What may stand in a message's `content`: calls and results have places of their own. */
export type ContentPart = TextPart | MediaPart | ReasoningPart | ForeignPart;

/** wire → IR. Parts that we do not know stay as they are: only this dialect can say them. */
export function decodeContent(content: Json | undefined): ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  const parts = asArray(content) ?? (isObject(content) ? [content] : []);
  return parts.flatMap((part) => {
    if (typeof part === 'string') return [{ type: 'text' as const, text: part }];
    const object = asObject(part);
    return object ? decodePart(object) : [];
  });
}

function decodePart(part: JsonObject): ContentPart[] {
  const cache = decodeCache(part);
  const marked = cache && { cache };
  switch (part.type) {
    case undefined:
    case 'text':
    case 'input_text':
    case 'output_text':
      return [{ type: 'text', text: asString(part.text) ?? '', ...marked }];
    case 'refusal':
      return [{ type: 'text', text: asString(part.refusal) ?? '', refusal: true }];
    case 'thinking':
      return [{ type: 'reasoning', text: thinkingText(part.thinking) }];
    default: {
      const media = decodeMedia(part);
      return [media ? { ...media, ...marked } : { type: 'foreign', origin: dialectId, value: part }];
    }
  }
}

/** Mistral says its thoughts as parts within a part. */
function thinkingText(thinking: Json | undefined): string {
  if (typeof thinking === 'string') return thinking;
  return objects(thinking)
    .map((piece) => asString(piece.text) ?? '')
    .join('');
}

/** Anthropic's mark, carried by many clients and routers, or OpenAI's own breakpoint. */
export function decodeCache(holder: JsonObject): CacheMark | undefined {
  const explicit = asObject(holder.prompt_cache_breakpoint)?.mode === 'explicit';
  return readCacheControl(holder) ?? (explicit ? {} : undefined);
}

/** The parts with a mark on the last of them that can carry one. */
export function markLast(parts: readonly Part[], cache: CacheMark | undefined): readonly Part[] {
  const last = parts.findLastIndex((part) => part.type !== 'reasoning' && part.type !== 'foreign');
  return cache && last >= 0 ? parts.map((part, index) => (index === last ? { ...part, cache } : part)) : parts;
}
