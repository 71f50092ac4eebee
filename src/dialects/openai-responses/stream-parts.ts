// The parts of a reply as stream events: each is opened, told and closed within the item it belongs to.

import type { PartHead } from '../../ir/reply.ts';
import type { TokenLogprob } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { encodeLogprobs } from '../openai-logprobs.ts';
import { encodeMeaning, isInnerCall } from './builtin.ts';
import { encodeCitations } from './content.ts';
import { writeSlot } from './slot.ts';
import {
  add,
  callId,
  closeMessage,
  done,
  type ItemStatus,
  messageItem,
  nextId,
  type OpenPart,
  say,
  type Writing,
  whole,
} from './stream-writing.ts';
import type { OutputContent, StreamEvent } from './wire.ts';
import { dialectId, logprobsWanted } from './wire.ts';

/** Begins a part. A text joins the open message, or opens one; anything else ends it. */
export function openPart(writing: Writing, head: PartHead): StreamEvent[] {
  if (head.type === 'text') return openText(writing, head);
  const closed = closeMessage(writing);
  const item = skeleton(writing, head);
  const at = { item_id: String(item.id ?? ''), output_index: writing.output.length };
  writing.part = { head, citations: [], logprobs: [], at, contentIndex: 0, item, text: '' };
  // What must be whole before it can be said is announced when it ends.
  const announced = item.type === 'reasoning' || item.type === 'function_call' || item.type === 'custom_tool_call';
  return announced ? [...closed, add(writing, item)] : closed;
}

function openText(writing: Writing, head: PartHead & { type: 'text' }): StreamEvent[] {
  const opened: StreamEvent[] = [];
  if (!writing.message) {
    writing.message = { id: nextId(writing, 'message'), content: [] };
    opened.push(add(writing, messageItem(writing.message, 'in_progress')));
  }
  const { id, content } = writing.message;
  const at = { item_id: id, output_index: writing.output.length };
  writing.part = { head, citations: [], logprobs: [], at, contentIndex: content.length, item: {}, text: '' };
  const part = textContent(head, '');
  opened.push(say(writing, 'response.content_part.added', { ...at, content_index: content.length, part }));
  return opened;
}

/** A text or a refusal as content of its message, without what it rests on: that is known when it ends. */
export function textContent(
  head: PartHead & { type: 'text' },
  text: string,
  tokens: readonly TokenLogprob[] = [],
): OutputContent {
  if (head.refusal) return { type: 'refusal', refusal: text };
  return { type: 'output_text', text, annotations: [], logprobs: encodeLogprobs(tokens, []) };
}

/** The tokens of a delta, as far as the client asked for them. */
function tokensOf(
  { context }: Writing,
  { refusal }: PartHead & { type: 'text' },
  tokens: readonly TokenLogprob[],
): readonly TokenLogprob[] {
  if (tokens.length === 0 || !logprobsWanted(context.request)) return [];
  if (refusal) context.report({ what: 'logprobs', why: 'OpenAI Responses tells no log probabilities of a refusal.' });
  return refusal ? [] : tokens;
}

/** The item of a part as it is announced; empty where it is not known before its end. */
function skeleton(writing: Writing, head: Exclude<PartHead, { type: 'text' }>): JsonObject {
  if (head.type === 'reasoning')
    return { type: 'reasoning', id: nextId(writing, 'reasoning'), status: 'in_progress', summary: [] };
  if (head.type !== 'tool-call') return {};
  const call_id = callId(writing, head.id);
  if (!head.freeform && writing.speech.call(head.name, call_id, '{}')) return { call_id };
  const type = head.freeform ? 'custom_tool_call' : 'function_call';
  const told = { type, id: nextId(writing, type), call_id, name: head.name };
  const named = head.namespace === undefined ? told : { ...told, namespace: head.namespace };
  return { ...named, [head.freeform ? 'input' : 'arguments']: '', status: 'in_progress' };
}

/** More of a part. No events for what is only said whole: media, foreign parts, calls of tools that are OpenAI's own. */
export function tell(
  writing: Writing,
  part: OpenPart,
  delta: string,
  tokens: readonly TokenLogprob[] = [],
): StreamEvent[] {
  const { head, at } = part;
  const first = part.text === '';
  part.text += delta;
  switch (head.type) {
    case 'text': {
      const { item_id, output_index } = at;
      const told = tokensOf(writing, head, tokens);
      for (const token of told) part.logprobs.push(token);
      const where = { sequence_number: writing.sequence++, item_id, output_index, content_index: part.contentIndex };
      if (head.refusal) return [{ type: 'response.refusal.delta', ...where, delta }];
      return [{ type: 'response.output_text.delta', ...where, delta, logprobs: encodeLogprobs(told, []) }];
    }
    case 'reasoning': {
      const where = { ...at, summary_index: 0 };
      const opened =
        first && delta !== ''
          ? [say(writing, 'response.reasoning_summary_part.added', { ...where, part: summaryOf('') })]
          : [];
      return delta === ''
        ? []
        : [...opened, say(writing, 'response.reasoning_summary_text.delta', { ...where, delta })];
    }
    case 'tool-call':
      return part.item.type === undefined ? [] : [say(writing, `${callEvent(head)}.delta`, { ...at, delta })];
    default:
      return [];
  }
}

function callEvent(head: PartHead & { type: 'tool-call' }): string {
  return head.freeform ? 'response.custom_tool_call_input' : 'response.function_call_arguments';
}

function summaryOf(text: string): JsonObject {
  return { type: 'summary_text', text };
}

/**
 * Ends a part. Whether a call or a thought was cut short only what comes next tells: the end of its item stays owed till then, as does that
 * of a message whose text a seal hangs on.
 */
export function closePart(writing: Writing, part: OpenPart, seal: Seal | undefined): StreamEvent[] {
  writing.part = undefined;
  const { head } = part;
  switch (head.type) {
    case 'text':
      return closeText(writing, part, head, seal);
    case 'reasoning':
      return closeReasoning(writing, part, head.redacted ?? false, seal);
    case 'tool-call':
      writing.owed = {
        call: true,
        close: (status) => [...closeCall(writing, part, head, status), ...sealItem(writing, seal)],
      };
      return [];
    case 'media':
      return closeMedia(writing, part, head.mediaType);
    case 'foreign':
      return closeForeign(writing, head);
  }
}

function closeText(
  writing: Writing,
  part: OpenPart,
  head: PartHead & { type: 'text' },
  seal: Seal | undefined,
): StreamEvent[] {
  const where = { ...part.at, content_index: part.contentIndex };
  const { text } = part;
  const events: StreamEvent[] = [];
  const annotations = encodeCitations(part.citations, text.length, writing.context.report);
  annotations.forEach((annotation, annotation_index) => {
    events.push(say(writing, 'response.output_text.annotation.added', { ...where, annotation_index, annotation }));
  });
  if (head.refusal) {
    writing.refused = true;
    events.push(say(writing, 'response.refusal.done', { ...where, refusal: text }));
  }
  const plain = textContent(head, text, part.logprobs);
  const content: OutputContent = plain.type === 'output_text' ? { ...plain, annotations } : plain;
  if (content.type === 'output_text')
    events.push(say(writing, 'response.output_text.done', { ...where, text, logprobs: content.logprobs }));
  writing.message?.content.push(content);
  events.push(say(writing, 'response.content_part.done', { ...where, part: content }));
  if (seal)
    writing.owed = {
      call: false,
      close: (status) => [...closeMessage(writing, status), ...sealItem(writing, seal)],
    };
  return events;
}

function closeReasoning(writing: Writing, part: OpenPart, redacted: boolean, seal: Seal | undefined): StreamEvent[] {
  const { at, text } = part;
  const where = { ...at, summary_index: 0 };
  const events: StreamEvent[] = [];
  if (text !== '') {
    events.push(say(writing, 'response.reasoning_summary_text.done', { ...where, text }));
    events.push(say(writing, 'response.reasoning_summary_part.done', { ...where, part: summaryOf(text) }));
  }
  const item = {
    type: 'reasoning',
    id: at.item_id,
    summary: text === '' ? [] : [summaryOf(text)],
    ...(seal && { encrypted_content: writeSlot(seal, redacted ? 'redacted' : 'thought') }),
  };
  writing.owed = { call: false, close: (status) => [done(writing, { ...item, status })] };
  return events;
}

/** A seal that hung on a text or a call follows it in an item of its own. */
function sealItem(writing: Writing, seal: Seal | undefined): StreamEvent[] {
  if (!seal) return [];
  const id = nextId(writing, 'reasoning');
  return whole(writing, { type: 'reasoning', id, summary: [], encrypted_content: writeSlot(seal, 'part') });
}

function closeCall(
  writing: Writing,
  part: OpenPart,
  head: PartHead & { type: 'tool-call' },
  status: ItemStatus,
): StreamEvent[] {
  const { at, item } = part;
  const callId = String(item.call_id);
  if (item.type === undefined) return closeBuiltinCall(writing, part, head, callId, status);
  if (head.freeform) {
    const said = say(writing, 'response.custom_tool_call_input.done', { ...at, input: part.text });
    return [said, done(writing, { ...item, input: part.text, status })];
  }
  const events: StreamEvent[] = [];
  // Clients parse what they get, and an empty text is no JSON.
  if (part.text === '' && status === 'completed') events.push(...tell(writing, part, '{}'));
  const told = { name: head.name, arguments: part.text };
  events.push(say(writing, 'response.function_call_arguments.done', { ...at, ...told }));
  return [...events, done(writing, { ...item, ...told, status })];
}

/** The call of a tool that the client declared under its built-in type; broken arguments make it an ordinary call. */
function closeBuiltinCall(
  writing: Writing,
  part: OpenPart,
  head: PartHead & { type: 'tool-call' },
  call_id: string,
  status: ItemStatus,
): StreamEvent[] {
  const said = writing.speech.call(head.name, call_id, part.text || '{}');
  // Whole arguments are a whole call, whatever was cut short behind them.
  if (said) return whole(writing, { ...said, id: nextId(writing, String(said.type)), status: 'completed' });
  const call = { type: 'function_call', call_id, name: head.name, arguments: part.text };
  return whole(writing, { ...call, id: nextId(writing, call.type), status });
}

function closeMedia(writing: Writing, part: OpenPart, mediaType: string): StreamEvent[] {
  if (!mediaType.startsWith('image/')) {
    writing.context.report({ what: 'media', why: `OpenAI Responses has no item for ${mediaType}; it was left out.` });
    return [];
  }
  const type = 'image_generation_call';
  const output_format = mediaType.slice('image/'.length).replace('svg+xml', 'svg');
  const id = nextId(writing, type);
  return whole(writing, { type, id, status: 'completed', output_format, result: part.text });
}

function closeForeign(writing: Writing, head: PartHead & { type: 'foreign' }): StreamEvent[] {
  const { origin, value, meaning } = head;
  // Inner calls of a search would be answered by a client that reads them.
  if (origin === dialectId && isObject(value) && !isInnerCall(value)) return whole(writing, value);
  const item = meaning && encodeMeaning(meaning);
  if (!item) {
    const what = meaning ? `tool:${meaning.tool}` : 'foreign_content';
    writing.context.report({ what, why: 'OpenAI Responses has no item for this part of the reply; it was left out.' });
    return [];
  }
  const id = nextId(writing, String(item.type));
  return item.type === 'web_search_call' ? searchRun(writing, { ...item, id }) : whole(writing, { ...item, id });
}

function searchRun(writing: Writing, item: JsonObject & { readonly id: string }): StreamEvent[] {
  const at = { item_id: item.id, output_index: writing.output.length };
  return [
    add(writing, { ...item, status: 'in_progress' }),
    say(writing, 'response.web_search_call.in_progress', at),
    say(writing, 'response.web_search_call.searching', at),
    say(writing, 'response.web_search_call.completed', at),
    done(writing, item),
  ];
}
