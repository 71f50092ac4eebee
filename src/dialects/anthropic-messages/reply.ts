// Whole replies: a Message object as a Reply and back, and what one says of itself without being parsed.

import type { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import { mendArguments } from '../../ir/arguments.ts';
import type { Reply } from '../../ir/reply.ts';
import type { Citation, Part, ReasoningPart, TextPart, ToolCallPart } from '../../ir/request.ts';
import { asArray, asObject, asString, compact, type Json, type JsonObject } from '../../json.ts';
import { lookupIn } from '../../lookup.ts';
import type { Origin, Reading, ReadingDraft, ReplyCodec, ReplyContext } from '../dialect.ts';
import { text } from '../shape.ts';
import { type Reading as BlockReading, decodeContent } from './content-decode.ts';
import { failureOf } from './error.ts';
import { replyBlocks } from './foreign.ts';
import { decodeFinish, decodeUsage, encodeFinish, encodeUsage } from './outcome.ts';
import { upstreamSlot, writeHangingSlot, writeSlot } from './seals.ts';

/** Whole replies: message objects. A body that is no message is an `upstream` error. */
export const reply: ReplyCodec = { modelMember: 'model', decode, encode, meter };

function decode(body: JsonObject, origin: Origin): Reply {
  if (body.type === 'error' || (body.error && !body.content)) throw failureOf(body);
  if (!asArray(body.content))
    throw new GatewayError('upstream', 'The upstream answered with something that is no message.');
  const parts = [...decodeParts(body.content, origin), ...decodeRefusal(body.stop_details)];
  const raw = asString(body.stop_reason);
  const usage = asObject(body.usage);
  const called = parts.some(({ type }) => type === 'tool-call');
  return compact({
    id: asString(body.id) ?? '',
    model: asString(body.model) ?? '',
    parts,
    usage: usage && decodeUsage(lookupIn(usage)),
    finish: compact({ reason: decodeFinish(raw, called), raw, stopSequence: asString(body.stop_sequence) }),
  });
}

function decodeParts(content: Json | undefined, { maker }: Origin): Part[] {
  try {
    const reading: BlockReading = { readSlot: upstreamSlot(maker), report: () => undefined, shapes: { text } };
    return decodeContent(content, 'content', reading).map((part, index) =>
      part.type === 'tool-call' && part.id === '' ? { ...part, id: namelessId(index) } : part,
    );
  } catch (cause) {
    throw new GatewayError('upstream', 'The upstream answered with a message that cannot be read.', { cause });
  }
}

/** For a call whose service gave it none; the same in a stream and in a whole. */
export function namelessId(position: number): string {
  return `toolu_${position}`;
}

/** Why the model declined stands beside the content; in the IR it is a text of its own. */
export function decodeRefusal(stopDetails: Json | undefined): TextPart[] {
  const explanation = asString(asObject(stopDetails)?.explanation);
  return explanation ? [{ type: 'text', text: explanation, refusal: true }] : [];
}

/** `stop_details` of a reply that was declined in these words. Of what category of theirs only Anthropic could say. */
export function encodeRefusal(explanation: string): JsonObject {
  return { type: 'refusal', category: null, explanation };
}

function encode(reply: Reply, context: ReplyContext): JsonObject {
  const called = reply.parts.some(({ type }) => type === 'tool-call');
  const refusal = reply.parts.flatMap((part) => (part.type === 'text' && part.refusal ? [part.text] : [])).join('');
  const ending = encodeFinish(refusal === '' ? reply.finish : { reason: 'filter' }, called);
  return {
    id: messageId(reply.id, context),
    type: 'message',
    role: 'assistant',
    model: context.model,
    content: reply.parts.flatMap((part, index) => encodePart(part, index, context)),
    ...ending,
    ...(refusal !== '' && { stop_details: encodeRefusal(refusal) }),
    usage: encodeUsage(reply.usage),
  };
}

function encodePart(part: Part, position: number, context: ReplyContext): JsonObject[] {
  switch (part.type) {
    case 'text':
      return encodeText(part, context);
    case 'reasoning':
      return encodeReasoning(part, context);
    case 'tool-call':
      return encodeCall(part, position, context);
    case 'foreign':
      return replyBlocks(part, context, position);
    case 'media':
      reportMedia(part.mediaType, context);
      return [];
    case 'tool-result':
      return [];
  }
}

/** An empty text is left out: a client would send it back, and Anthropic refuses it in a history. */
function encodeText(part: TextPart, context: ReplyContext): JsonObject[] {
  if (part.seal) reportTextSeal(context);
  if (part.text === '' || part.refusal) return [];
  const citations = (part.citations ?? [])
    .map((citation) => encodeCitation(citation, context))
    .filter((citation) => citation !== undefined);
  return [{ type: 'text', text: part.text, citations: citations.length > 0 ? citations : null }];
}

function encodeReasoning(part: ReasoningPart, context: ReplyContext): JsonObject[] {
  const signature = part.seal ? writeSlot(part.seal) : '';
  if (part.redacted) return signature === '' ? [] : [{ type: 'redacted_thinking', data: signature }];
  const thinking = omitsThinking(context) ? '' : part.text;
  return thinking === '' && signature === '' ? [] : [{ type: 'thinking', thinking, signature }];
}

function encodeCall(part: ToolCallPart, position: number, context: ReplyContext): JsonObject[] {
  const input = part.freeform ? { input: part.input } : mendArguments(part.input, context.report).args;
  const toolset = part.namespace !== undefined && { toolset_name: part.namespace };
  const call = { type: 'tool_use', id: callId(part.id, position, context), name: part.name, input, ...toolset };
  if (!part.seal) return [call];
  return [{ type: 'thinking', thinking: '', signature: writeHangingSlot(part.seal, 'next') }, call];
}

/** Upstream's own id where it looks like one of a message, else one made for this reply. */
export function messageId(id: string, context: ReplyContext): string {
  return /^msg_[\w-]+$/.test(id) ? id : `msg_${context.id}`;
}

/** Upstream's own id where Messages takes it, else one made from the call's place in the reply. */
export function callId(id: string, position: number, context: ReplyContext): string {
  if (/^[a-zA-Z0-9_-]+$/.test(id)) return id;
  return `toolu_${context.id}${position === 0 ? '' : `_${position}`}`;
}

/** Sources by URL become search locations; `encrypted_index` exists only for Anthropic's own searches. */
export function encodeCitation({ url, title, quote }: Citation, context: ReplyContext): JsonObject | undefined {
  if (url === undefined) {
    context.report({
      what: 'citations',
      why: 'Messages cites a document by its place in the request; a citation without URL has none.',
    });
    return undefined;
  }
  return {
    type: 'web_search_result_location',
    url,
    title: title ?? null,
    cited_text: quote ?? '',
    encrypted_index: '',
  };
}

/** The client asked for thinking blocks without their text. */
export function omitsThinking({ request }: ReplyContext): boolean {
  return asObject(request.thinking)?.display === 'omitted';
}

/** Reports a picture or the like in a reply: Messages has no block for one there. */
export function reportMedia(mediaType: string, { report }: ReplyContext): void {
  report({ what: 'media', why: `Messages has no ${mediaType} in a reply; it was left out.` });
}

/** Reports the seal of a text, as Gemini hangs one on its last words. */
export function reportTextSeal({ report }: ReplyContext): void {
  report({ what: 'thought_signature', why: 'Messages has no slot for the signature of a text; it was left out.' });
}

function meter({ lookup: members }: Body): Reading {
  const reading: ReadingDraft = { ended: true, closed: true };
  const error = members.get('error');
  if (members.get('type') === 'error' || (error && !members.has('content'))) {
    reading.failure = failureOf({ error: error ?? null });
    return reading;
  }
  const id = asString(members.get('id'));
  const model = asString(members.get('model'));
  const usage = members.object('usage');
  const raw = asString(members.get('stop_reason'));
  const called = members.among('content', (block) => block.get('type') === 'tool_use') !== undefined;
  const reason = decodeFinish(raw, called);
  if (id !== undefined) reading.id = id;
  if (model !== undefined) reading.model = model;
  if (usage) reading.usage = decodeUsage(usage);
  reading.finish = raw === undefined ? { reason } : { reason, raw };
  return reading;
}
