// A conversation as a Chat Completions request, in the accent of the service it goes to. The history is one that `repair` has made
// acceptable, so this is a plain mapping.

import type { Target } from '../../envelope.ts';
import { badRequest } from '../../errors.ts';
import { mendArguments } from '../../ir/arguments.ts';
import { familyOf } from '../../ir/media.ts';
import type { CacheMark, ChatRequest, Part, TextPart, ToolCallPart, ToolResultPart, Turn } from '../../ir/request.ts';
import type { JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { writeCacheControl } from '../cache-control.ts';
import { formatInWords } from '../openai-schema.ts';
import { markLast } from './content.ts';
import { encodeKnobs } from './knobs.ts';
import { encodeMedia } from './media.ts';
import { google, joinReplays, readReplay } from './seals.ts';
import { encodeThinking } from './thinking.ts';
import { encodeTools } from './tools.ts';
import { type ChatMessage, type ChatToolCall, dialectId } from './wire.ts';

interface Context {
  readonly target: Target;
  readonly report: Report;
}

/** IR → wire. */
export function encode(request: ChatRequest, target: Target, report: Report): JsonObject {
  const context = { target, report };
  const current = request.turns.findLastIndex((turn) => turn.role === 'user' && !isOnlyResults(turn));
  const last = request.turns.length - 1;
  const messages = request.turns.flatMap((turn, index) =>
    encodeTurn(index === last ? withMark(turn, request.cache, target) : turn, index > current, context),
  );
  return {
    model: target.model,
    messages: [...formatMessage(request, context), ...marked(messages, request, target)],
    ...encodeTools(request, target, report),
    ...encodeKnobs(request, target, report),
    ...encodeThinking(request.reasoning, target, report),
    stream: target.stream,
    ...(target.stream && target.accent.streamOptions !== false && { stream_options: { include_usage: true } }),
  };
}

/** A service that goes on only with what is marked as an answer begun, gets it marked. */
function marked(messages: readonly ChatMessage[], { begun }: ChatRequest, { accent }: Target): readonly ChatMessage[] {
  const last = messages.at(-1);
  if (!begun || !accent.prefix || last?.role !== 'assistant') return messages;
  return [...messages.slice(0, -1), { ...last, prefix: true }];
}

/** It stands first, so that it does not move as the conversation goes on. */
function formatMessage({ output, turns }: ChatRequest, context: Context): ChatMessage[] {
  const text = formatInWords(output, turns, context.target);
  if (text === undefined) return [];
  return [encodeSystem({ role: 'system', developer: true, parts: [{ type: 'text', text }] }, context)];
}

/** A mark on the request as a whole is a mark on its end, in the form that every service with marks takes. */
function withMark(turn: Turn, cache: CacheMark | undefined, { accent }: Target): Turn {
  return cache && accent.cacheMarks ? { ...turn, parts: markLast(turn.parts, cache) } : turn;
}

function isOnlyResults({ parts }: Turn): boolean {
  return parts.length > 0 && parts.every((part) => part.type === 'tool-result');
}

/** `current`: the turn belongs to the tool loop that the model is in, whose reasoning some services must see again. */
function encodeTurn(turn: Turn, current: boolean, context: Context): ChatMessage[] {
  const named = turn.name ? { name: turn.name } : {};
  if (turn.role === 'assistant')
    return encodeAssistant(turn, current, context).map((message) => ({ ...message, ...named }));
  if (turn.role === 'system') return [{ ...encodeSystem(turn, context), ...named }];
  const results = turn.parts.filter((part) => part.type === 'tool-result');
  const rest = turn.parts.filter((part) => part.type !== 'tool-result');
  const messages: ChatMessage[] = results.map((result) => encodeResult(result, context));
  if (rest.length > 0 || results.length === 0)
    messages.push({ role: 'user', ...named, content: encodeUser(rest, context) });
  return messages;
}

function encodeSystem({ parts, developer }: Turn, context: Context): ChatMessage {
  const { accent, maker } = context.target;
  const foreign = parts.find((part) => part.type !== 'text');
  if (foreign) throw badRequest(`A system message cannot hold a part of type ${foreign.type} for this model.`);
  const knowsDeveloper = accent.developerRole ?? maker === 'openai';
  return {
    role: developer && knowsDeveloper ? 'developer' : 'system',
    content: encodeTexts(parts as readonly TextPart[], '\n\n', context),
  };
}

/**
 * Several texts stay apart at OpenAI, and where a cache mark must stand on one of them; elsewhere they become one string, since many
 * services take nothing else here.
 */
function encodeTexts(parts: readonly TextPart[], separator: string, context: Context): string | readonly JsonObject[] {
  const marked = parts.filter((part) => carried(part.cache, context)).length > 0;
  const apart = marked || (parts.length > 1 && context.target.maker === 'openai');
  return apart ? parts.map((part) => encodeText(part, context)) : parts.map((part) => part.text).join(separator);
}

/** Whether a mark can be said to this service; told once where it cannot. */
function carried(cache: TextPart['cache'], { target, report }: Context): boolean {
  if (!cache) return false;
  if (target.accent.cacheMarks) return true;
  report({ what: 'cache_control', why: 'This service caches by itself and takes no marks.' });
  return false;
}

function encodeText(part: TextPart, context: Context): JsonObject {
  return {
    type: 'text',
    text: part.text,
    ...(part.cache && carried(part.cache, context) && { cache_control: writeCacheControl(part.cache) }),
  };
}

function encodeUser(parts: readonly Part[], context: Context): string | readonly JsonObject[] {
  const [only] = parts;
  if (parts.length === 1 && only?.type === 'text' && !carried(only.cache, context)) return only.text;
  return parts.flatMap((part) => {
    const encoded = encodePart(part, context);
    return encoded ? [...contextOf(part, encoded), encoded] : [];
  });
}

/** A file has no member for what the client says about it; a text that stands for a document says it itself. */
function contextOf(part: Part, { type }: JsonObject): JsonObject[] {
  return part.type === 'media' && part.context && type === 'file' ? [{ type: 'text', text: part.context }] : [];
}

function encodePart(part: Part, context: Context): JsonObject | undefined {
  if (part.type === 'text') return encodeText(part, context);
  if (part.type === 'media') return encodeMediaPart(part, context);
  if (part.type === 'foreign' && part.origin === dialectId) return part.value as JsonObject;
  context.report({ what: `part:${part.type}`, why: 'A user message of Chat Completions has no such part.' });
  return undefined;
}

function encodeMediaPart(part: Part & { type: 'media' }, context: Context): JsonObject {
  const { target, report } = context;
  const family = inputFamily(part.mediaType);
  refuseUnread(part.mediaType, target);
  if (target.limits.input && !target.limits.input.includes(family)) {
    report({ what: `media:${family}`, why: 'This model does not read it; a short text stands in its place.' });
    return { type: 'text', text: `[${family} omitted]` };
  }
  const encoded = encodeMedia(part, target.maker);
  if (!encoded) {
    const form = 'url' in part.source ? 'by URL' : 'by id';
    throw badRequest(`Chat Completions takes no ${part.mediaType} ${form}. Send its content instead.`);
  }
  if (part.cite) report({ what: 'citations', why: 'Chat Completions cannot be asked to cite a document.' });
  return part.cache && carried(part.cache, context)
    ? { ...encoded, cache_control: writeCacheControl(part.cache) }
    : encoded;
}

/** A model may do without a picture, but not without what it is to hear or to watch; a film is none of OpenAI's own parts. */
function refuseUnread(mediaType: string, { maker, limits }: Target): void {
  const family = inputFamily(mediaType);
  if (family !== 'audio' && family !== 'video') return;
  if ((family === 'video' && maker === 'openai') || limits.input?.includes(family) === false)
    throw badRequest(`This model reads no ${family} (${mediaType}). Choose one that does.`);
}

function inputFamily(mediaType: string): 'text' | 'image' | 'audio' | 'video' | 'document' {
  const family = familyOf(mediaType);
  return family === 'image' || family === 'audio' || family === 'video' || family === 'text' ? family : 'document';
}

function encodeResult(result: ToolResultPart, context: Context): ChatMessage {
  const texts = result.content.map((part): TextPart => {
    if (part.type === 'text') return part;
    // Only few services take media here, and repair has moved it away; what still comes leaves a trace.
    context.report({ what: `tool_result:${part.type}`, why: 'A tool message of Chat Completions holds only text.' });
    return { type: 'text', text: part.type === 'media' ? `[${inputFamily(part.mediaType)} omitted]` : '' };
  });
  const last = texts.at(-1);
  const marked = last && result.cache ? [...texts.slice(0, -1), { ...last, cache: result.cache }] : texts;
  const content = encodeTexts(result.failed ? withErrorWord(marked) : marked, '\n\n', context);
  return { role: 'tool', tool_call_id: result.id, content };
}

/** Chat cannot say that a tool failed, except in words. */
function withErrorWord(texts: readonly TextPart[]): readonly TextPart[] {
  const [first, ...rest] = texts;
  if (first && /^\W{0,3}(?:error|failed|failure|exception)\b/i.test(first.text)) return texts;
  return [{ ...first, type: 'text', text: `Error: ${first?.text ?? ''}`.trimEnd() }, ...rest];
}

/** No message where nothing of the turn can be said: services refuse an empty one, or take it for an answer begun. */
function encodeAssistant({ parts }: Turn, current: boolean, context: Context): ChatMessage[] {
  const texts = parts.filter((part) => part.type === 'text');
  const said = texts.filter((part) => !part.refusal);
  const refusal = texts.filter((part) => part.refusal).map((part) => part.text);
  const calls = parts.filter((part) => part.type === 'tool-call');
  if (said.some((part) => part.citations?.length))
    context.report({ what: 'citations', why: 'A message of the history cannot carry its sources.' });
  for (const part of parts) reportUnsaid(part, context.report);
  const reasoning = encodeReasoning(parts, current, context);
  if (texts.length + calls.length + Object.keys(reasoning).length === 0) return [];
  return [
    {
      role: 'assistant',
      // Replies show the texts of one turn without a gap; the history repeats them so.
      content: said.length > 0 ? encodeTexts(said, '', context) : calls.length > 0 || refusal.length > 0 ? null : '',
      ...(refusal.length > 0 && { refusal: refusal.join('') }),
      ...reasoning,
      ...(calls.length > 0 && { tool_calls: calls.map((part) => encodeCall(part, context)) }),
    },
  ];
}

function reportUnsaid(part: Part, report: Report): void {
  if (part.type === 'media')
    report({ what: 'media:assistant', why: 'An assistant message of the history holds only text.' });
  if (part.type === 'foreign')
    report({
      what: `part:${part.origin}`,
      why: 'What another vendor ran by itself cannot be repeated in this history.',
    });
}

/** Members that upstream gave and wants back, and the text of the current tool loop where the service needs it. */
function encodeReasoning(parts: readonly Part[], current: boolean, { target, report }: Context): Partial<ChatMessage> {
  const thoughts = parts.filter((part) => part.type === 'reasoning');
  if (thoughts.length === 0) return {};
  const replays = thoughts.flatMap(({ seal }) => (seal && readReplay(seal.token)) ?? []);
  const field = target.accent.replayReasoning;
  const text = field && current ? thoughts.map((part) => part.text).join('') : '';
  if (replays.length === 0 && text === '' && (current || !field))
    report({ what: 'reasoning_history', why: 'This service does not take back the thoughts of earlier replies.' });
  return { ...(field && text !== '' && { [field]: text }), ...joinReplays(replays) };
}

function encodeCall({ id, name, input, seal, cache }: ToolCallPart, context: Context): ChatToolCall {
  const extra = {
    ...(seal && { extra_content: google(seal.token) }),
    ...(cache && carried(cache, context) && { cache_control: writeCacheControl(cache) }),
  };
  return { id, type: 'function', function: { name, arguments: intactArguments(input, context.report) }, ...extra };
}

/** Services parse the arguments of the history (chat templates want them as objects) and answer 400 to what is no JSON. */
function intactArguments(text: string, report: Report): string {
  const { args, flaw } = mendArguments(text, report);
  return flaw || text.trim() === '' ? JSON.stringify(args) : text;
}
