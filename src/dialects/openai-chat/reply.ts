// Whole replies: in and out of the IR.

import { collect } from '../../ir/fold.ts';
import { writeDataUrl } from '../../ir/media.ts';
import type { Reply } from '../../ir/reply.ts';
import type { Citation, Part, ReasoningPart, TextPart, ToolCallPart } from '../../ir/request.ts';
import { asObject, type JsonObject } from '../../json.ts';
import type { Origin, ReplyCodec, ReplyContext } from '../dialect.ts';
import { meter } from '../openai-meter.ts';
import { encodeUsage } from '../openai-usage.ts';
import { reportPause } from '../paused.ts';
import { encodeCitation } from './annotations.ts';
import { encodeFinish } from './finish.ts';
import { encodeTold, logprobsWanted } from './logprobs.ts';
import { type Thought, thoughtOf, writeExtra } from './seals.ts';
import { ReplyReader } from './stream-decode.ts';
import { replyId, reportLostSeals, reportTextSeal } from './stream-encode.ts';
import { type ChatAnnotation, type ChatToolCall, dialectId } from './wire.ts';

/** `chat.completion` objects. Of several choices the first is read. */
export const reply: ReplyCodec = { modelMember: 'model', decode, encode, meter };

/** A whole reply is a stream of one chunk. */
function decode(body: JsonObject, origin: Origin): Reply {
  const reader = new ReplyReader(origin);
  return collect([...reader.read(body), ...reader.end(true)]);
}

function encode({ id, parts, usage, finish }: Reply, context: ReplyContext): JsonObject {
  const calls = encodeCalls(parts, context);
  reportPause(finish.reason, context.report);
  return {
    id: replyId(id, context),
    object: 'chat.completion',
    created: context.created,
    model: context.model,
    choices: [
      {
        index: 0,
        message: encodeMessage(parts, calls, context),
        logprobs: logprobsWanted(context.request) ? encodeTold(parts.filter(isText)) : null,
        finish_reason: encodeFinish(finish.reason, calls.length > 0),
      },
    ],
    ...(usage && { usage: encodeUsage(usage) }),
  };
}

function encodeMessage(parts: readonly Part[], calls: readonly ChatToolCall[], context: ReplyContext): JsonObject {
  const texts = parts.filter(isText);
  const said = texts.filter((part) => !part.refusal);
  const refusal = texts.filter((part) => part.refusal);
  if (texts.some((part) => part.seal)) reportTextSeal(context);
  const content = join(said);
  const reasoning = join(parts.filter((part) => part.type === 'reasoning'));
  const annotations = encodeAnnotations(said, context);
  const images = encodeImages(parts, context);
  return {
    role: 'assistant',
    content: content === '' && calls.length + refusal.length > 0 ? null : content,
    refusal: refusal.length > 0 ? join(refusal) : null,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(annotations.length > 0 && { annotations }),
    ...(images.length > 0 && { images }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function isText(part: Part): part is TextPart {
  return part.type === 'text';
}

function join(parts: readonly (TextPart | ReasoningPart)[]): string {
  return parts.map((part) => part.text).join('');
}

function encodeAnnotations(texts: readonly TextPart[], context: ReplyContext): ChatAnnotation[] {
  let before = 0;
  return texts.flatMap(({ text, citations = [] }) => {
    const start = before;
    before += text.length;
    return citations.flatMap((citation: Citation) => {
      const annotation = encodeCitation(citation, start, text.length);
      if (annotation) return [annotation];
      context.report({ what: 'citations', why: 'A source without an address cannot be shown.' });
      return [];
    });
  });
}

function encodeImages(parts: readonly Part[], { report }: ReplyContext): JsonObject[] {
  return parts.flatMap((part): JsonObject[] => {
    if (part.type === 'foreign' && part.origin === dialectId) return [asObject(part.value) ?? {}];
    if (part.type === 'foreign')
      report({
        what: `tool:${part.meaning?.tool ?? part.origin}`,
        why: 'Chat Completions does not show what a vendor ran by itself.',
      });
    if (part.type !== 'media') return [];
    const { mediaType, source } = part;
    if (mediaType.startsWith('image/') && !('file' in source))
      return [
        { type: 'image_url', image_url: { url: 'url' in source ? source.url : writeDataUrl(mediaType, source.data) } },
      ];
    report({ what: 'media', why: `A reply of Chat Completions cannot show ${mediaType}.` });
    return [];
  });
}

function encodeCalls(parts: readonly Part[], context: ReplyContext): ChatToolCall[] {
  let thoughts: Thought[] = [];
  const calls: ChatToolCall[] = [];
  for (const part of parts) {
    if (part.type === 'reasoning') thoughts.push(thoughtOf(part.text, part.seal, part.redacted));
    if (part.type !== 'tool-call') continue;
    const extra = writeExtra(part.seal, thoughts);
    if (extra) thoughts = [];
    calls.push(encodeCall(part, extra));
  }
  if (thoughts.some((thought) => thought.seal)) reportLostSeals(context);
  return calls;
}

function encodeCall({ id, name, input, freeform }: ToolCallPart, extra: JsonObject | undefined): ChatToolCall {
  const call: ChatToolCall = freeform
    ? { id, type: 'custom', custom: { name, input } }
    : { id, type: 'function', function: { name, arguments: input } };
  return extra ? { ...call, extra_content: extra } : call;
}
