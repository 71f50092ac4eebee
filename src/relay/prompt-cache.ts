// What helps an upstream find its prompt cache, where the client's own dialect could not say it.

import { goesBy } from '../dialects/session.ts';
import type { Envelope, Target } from '../envelope.ts';
import type { ChatRequest, Part } from '../ir/request.ts';

/**
 * The request with what the upstream wants for its cache and the client, whose dialect it is not, did not give. `sticky`: conversations
 * stay with their account.
 */
export function cached(request: ChatRequest, envelope: Envelope, { accent }: Target, sticky: boolean): ChatRequest {
  if (accent.cacheKey === true) return keyed(request, envelope);
  const heeded = sticky ? unkeyed(request, envelope) : request;
  return accent.autoCache === true && envelope.operation === 'generate' ? marked(heeded) : heeded;
}

/**
 * Where caches are found by content, a key can only bring requests to the account that holds theirs: which the gateway does itself where
 * it knows the conversation by this key. Nothing is lost then.
 */
function unkeyed(request: ChatRequest, { session }: Envelope): ChatRequest {
  if (request.cacheKey === undefined || !goesBy(session, request.cacheKey)) return request;
  const { cacheKey: _, ...others } = request;
  return others;
}

/**
 * Clients of other dialects name their session where OpenAI wants a cache key, which sends a conversation's requests to the machine
 * that holds its cache. Nothing is made up for those that name none.
 */
function keyed(request: ChatRequest, { session }: Envelope): ChatRequest {
  return request.cacheKey !== undefined || session === undefined ? request : { ...request, cacheKey: session };
}

/**
 * Anthropic caches nothing unless told to, and the other vendors everything: their clients set no marks, and each turn of an agent
 * would be paid in full. A mark on the request as a whole stands beside the conversation, whose bytes stay the same from turn to
 * turn. Writing to the cache is dearer than not, so a lone question gets none.
 */
function marked(request: ChatRequest): ChatRequest {
  const goesOn = request.tools.length > 0 || request.turns.some(({ role }) => role === 'assistant');
  return goesOn && !hasMarks(request) ? { ...request, cache: {} } : request;
}

function hasMarks({ cache, tools, turns }: ChatRequest): boolean {
  return cache !== undefined || tools.some(isMarked) || turns.some(({ parts }) => parts.some(holdsMark));
}

function holdsMark(part: Part): boolean {
  return isMarked(part) || (part.type === 'tool-result' && part.content.some(isMarked));
}

const isMarked = (thing: object): boolean => 'cache' in thing && thing.cache !== undefined;
