// Reply events as stream events, and so as whole replies too: the last event holds the complete response. Text parts in a row
// are contents of one message. An item is declared done only when the reply goes on after it or ends: a client never runs a call
// which the stream broke off in, and what was cut short is told as incomplete.

import type { Frame } from '../../frame.ts';
import { mergeUsage, type ReplyEvent } from '../../ir/reply.ts';
import type { JsonObject } from '../../json.ts';
import type { ReplyContext, ReplyEncoder } from '../dialect.ts';
import { reportPause } from '../paused.ts';
import { builtinTypesOf, clientSpeech } from './builtin.ts';
import { encodeResponse, type ResponseState } from './echo.ts';
import { encodeFailure } from './error.ts';
import { encodeFinish, encodeUsage } from './outcome.ts';
import { closePart, openPart, tell, textContent } from './stream-parts.ts';
import { closeMessage, messageItem, say, settle, type Writing } from './stream-writing.ts';
import type { StreamEvent } from './wire.ts';

/** A writer of one reply: gives the stream events that each reply event becomes. */
export function createWriter(context: ReplyContext): (event: ReplyEvent) => StreamEvent[] {
  const writing: Writing = {
    context,
    speech: clientSpeech(builtinTypesOf(context.request.tools)),
    ids: new Map(),
    callIds: new Set(),
    output: [],
    id: `resp_${context.id}`,
    sequence: 0,
    started: false,
    ended: false,
    message: undefined,
    part: undefined,
    owed: undefined,
    usage: undefined,
    refused: false,
  };
  return (event) => (writing.ended ? [] : write(writing, event));
}

/** The stream encoder: the writer's events as frames. */
export function encoder(context: ReplyContext): ReplyEncoder {
  const write = createWriter(context);
  return (event) => write(event).map(frameOf);
}

/** The event as a frame, named by its type. */
export function frameOf(event: StreamEvent): Frame {
  const data = event.type === 'response.output_text.delta' ? printDelta(event) : JSON.stringify(event);
  return { event: event.type, data };
}

/** The hot path: printed by hand, in a fifth of the time. */
function printDelta(event: StreamEvent): string {
  const { sequence_number, item_id, output_index, content_index, delta, logprobs } = event;
  const where = `"item_id":${JSON.stringify(item_id)},"output_index":${output_index},"content_index":${content_index}`;
  const text = JSON.stringify(delta);
  return `{"type":"response.output_text.delta","sequence_number":${sequence_number},${where},"delta":${text},"logprobs":${JSON.stringify(logprobs)}}`;
}

function write(writing: Writing, event: ReplyEvent): StreamEvent[] {
  switch (event.type) {
    case 'start':
      return start(writing, event.id);
    case 'part-start':
      return [...settle(writing), ...openPart(writing, event.part)];
    case 'part-delta':
      return writing.part ? tell(writing, writing.part, event.text, event.logprobs) : [];
    case 'citation':
      writing.part?.citations.push(event.citation);
      return [];
    case 'part-end':
      return writing.part ? closePart(writing, writing.part, event.seal) : [];
    case 'usage':
      writing.usage = mergeUsage(writing.usage, event.usage);
      return [];
    case 'finish': {
      const { status, incomplete_details } = encodeFinish(event.reason, writing.refused);
      const closing = [...settle(writing, status), ...closeMessage(writing, status)];
      reportPause(event.reason, writing.context.report);
      return [...closing, ...end(writing, { status, incomplete_details })];
    }
    case 'failure':
      return fail(writing, encodeFailure(event.error));
  }
}

function start(writing: Writing, id: string): StreamEvent[] {
  if (id.startsWith('resp_')) writing.id = id;
  writing.started = true;
  const response = respond(writing, { status: 'in_progress', output: [] });
  return [say(writing, 'response.created', { response }), say(writing, 'response.in_progress', { response })];
}

function respond(
  writing: Writing,
  state: Pick<ResponseState, 'status' | 'output' | 'error' | 'incomplete_details'>,
): JsonObject {
  const usage = writing.usage ? encodeUsage(writing.usage) : null;
  return encodeResponse(writing.context, { id: writing.id, usage, ...state });
}

function end(writing: Writing, state: Pick<ResponseState, 'status' | 'incomplete_details'>): StreamEvent[] {
  writing.ended = true;
  const response = respond(writing, { ...state, output: writing.output });
  return [say(writing, `response.${state.status}`, { response })];
}

/** Clients act on `response.failed`, and take it only of a response that was created. */
function fail(writing: Writing, error: { readonly code: string; readonly message: string }): StreamEvent[] {
  writing.ended = true;
  const opening = writing.started ? [] : start(writing, '');
  const closing = writing.owed?.call === false ? settle(writing) : [];
  const { message, part } = writing;
  const content = [...(message?.content ?? [])];
  if (part?.head.type === 'text') content.push(textContent(part.head, part.text, part.logprobs));
  const cut = message ? [messageItem({ id: message.id, content }, 'incomplete')] : [];
  const response = respond(writing, { status: 'failed', error, output: [...writing.output, ...cut] });
  return [...opening, ...closing, say(writing, 'response.failed', { response })];
}
