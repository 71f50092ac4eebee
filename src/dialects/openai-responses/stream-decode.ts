// Stream events as reply events. Items may interleave upstream: only the first that is not done is told as it comes, later ones
// are held back and follow in order. Much is tolerated: events without skeletons, missing `done`s, an empty final output.

import { brokenOff, GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import type { ReplyEvent } from '../../ir/reply.ts';
import { asObject, asString, type JsonObject, objects, parseObject } from '../../json.ts';
import type { Origin, ReplyDecoder } from '../dialect.ts';
import { decodeFailure } from './error.ts';
import { decodeFinish, decodeUsage } from './outcome.ts';
import {
  addItem,
  annotate,
  createLine,
  endContent,
  finishItem,
  type Item,
  itemOf,
  type Line,
  openContent,
  settle,
  tellCall,
  tellContent,
  tellThought,
} from './stream-items.ts';

interface Decoding {
  readonly line: Line;
  events: ReplyEvent[];
  started: boolean;
  ended: boolean;
}

/** A decoder for one stream of this origin. */
export function decoder(origin: Origin): ReplyDecoder {
  const decoding: Decoding = {
    line: createLine(origin, (event) => {
      start(decoding, {});
      decoding.events.push(event);
    }),
    events: [],
    started: false,
    ended: false,
  };
  return {
    push(frame) {
      if (decoding.ended) return [];
      read(decoding, frame);
      return take(decoding);
    },
    end() {
      if (!decoding.ended) fail(decoding, brokenOff());
      return take(decoding);
    },
  };
}

function take(decoding: Decoding): ReplyEvent[] {
  const { events } = decoding;
  decoding.events = [];
  return events;
}

function start(decoding: Decoding, response: JsonObject): void {
  if (decoding.started) return;
  decoding.started = true;
  decoding.events.push({ type: 'start', id: asString(response.id) ?? '', model: asString(response.model) ?? '' });
}

function read(decoding: Decoding, frame: Frame): void {
  const text = frame.data.trim();
  if (text === '' || text === '[DONE]') return;
  const event = parseObject(text);
  if (event) readEvent(decoding, event, typeOf(event, frame));
  else fail(decoding, new GatewayError('upstream', 'The upstream sent a stream event that is not JSON.'));
}

function readEvent(decoding: Decoding, event: JsonObject, type: string): void {
  if (Object.hasOwn(readers, type)) readers[type]?.(decoding.line, event);
  else if (type === 'error' || type === 'response.failed' || type === 'response.cancelled') failed(decoding, event);
  else if (completions.includes(type)) complete(decoding, event);
  else if (lifecycle.includes(type)) start(decoding, asObject(event.response) ?? {});
}

/** The event's own type; a bare error object is an `error`. */
export function typeOf(event: JsonObject, frame: Frame): string {
  return asString(event.type) ?? (event.error ? 'error' : frame.event) ?? '';
}

const lifecycle = ['response.created', 'response.in_progress', 'response.queued'];

/** `response.done` is what websockets and some compatible services call it. */
export const completions = ['response.completed', 'response.incomplete', 'response.done'];

const readers: Readonly<Record<string, (line: Line, event: JsonObject) => void>> = {
  'response.output_item.added': addItem,
  'response.output_item.done': (line, event) => {
    const wire = asObject(event.item);
    if (wire) finishItem(line, itemOf(line, event, asString(wire.type)), wire);
  },
  'response.content_part.added': openContent,
  'response.content_part.done': endContent,
  'response.output_text.delta': (line, event) => tellContent(line, event, event.delta),
  'response.output_text.done': (line, event) => tellContent(line, event, event.text, true),
  'response.output_text.annotation.added': annotate,
  'response.refusal.delta': (line, event) => tellContent(line, event, event.delta),
  'response.refusal.done': (line, event) => tellContent(line, event, event.refusal, true),
  'response.reasoning_summary_text.delta': (line, event) => tellThought(line, event, event.delta),
  'response.reasoning_summary_text.done': (line, event) => tellThought(line, event, event.text, true),
  'response.reasoning_text.delta': (line, event) => tellThought(line, event, event.delta),
  'response.reasoning_text.done': (line, event) => tellThought(line, event, event.text, true),
  'response.function_call_arguments.delta': (line, event) => tellCall(line, event, 'function_call', event.delta),
  'response.function_call_arguments.done': (line, event) =>
    tellCall(line, event, 'function_call', event.arguments, true),
  'response.custom_tool_call_input.delta': (line, event) => tellCall(line, event, 'custom_tool_call', event.delta),
  'response.custom_tool_call_input.done': (line, event) => tellCall(line, event, 'custom_tool_call', event.input, true),
};

/** The final output finishes what was left open. Where nothing was streamed at all, it is the reply. */
function complete(decoding: Decoding, event: JsonObject): void {
  const response = asObject(event.response) ?? event;
  if (response.status === 'failed' || response.error) failed(decoding, event);
  else finish(decoding, event, response);
}

function finish(decoding: Decoding, event: JsonObject, response: JsonObject): void {
  start(decoding, response);
  const { line } = decoding;
  const output = objects(response.output);
  if (line.items.length === 0)
    for (const wire of output) finishItem(line, itemOf(line, wire, asString(wire.type)), wire);
  for (const item of line.items) if (!item.done) finishItem(line, item, finalForm(output, item));
  const usage = decodeUsage(response);
  if (usage) decoding.events.push({ type: 'usage', usage });
  const status = asString(response.status) ?? (event.type === 'response.incomplete' ? 'incomplete' : 'completed');
  decoding.events.push({ type: 'finish', ...decodeFinish({ ...response, status }, line.called, line.refused) });
  decoding.ended = true;
}

function finalForm(output: readonly JsonObject[], item: Item): JsonObject {
  const same = output.find((wire) => item.id !== '' && wire.id === item.id);
  const place = output[item.place];
  return same ?? (place?.type === item.type ? place : undefined) ?? item.wire;
}

function failed(decoding: Decoding, event: JsonObject): void {
  const usage = decodeUsage(asObject(event.response) ?? {});
  start(decoding, asObject(event.response) ?? {});
  settle(decoding.line);
  if (usage) decoding.events.push({ type: 'usage', usage });
  fail(decoding, decodeFailure(event));
}

/** The last word: what is open is closed without its missing rest. */
function fail(decoding: Decoding, error: GatewayError): void {
  start(decoding, {});
  settle(decoding.line);
  decoding.events.push({ type: 'failure', error });
  decoding.ended = true;
}
