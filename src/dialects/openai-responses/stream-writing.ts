// A reply while it is written as stream events: ids, numbers, and the items that are done.

import type { PartHead, Usage } from '../../ir/reply.ts';
import type { Citation, TokenLogprob } from '../../ir/request.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { type ClientSpeech, idPrefixes } from './builtin.ts';
import type { OutputContent, StreamEvent } from './wire.ts';

/** The part that is being told. */
export interface OpenPart {
  readonly head: PartHead;
  readonly citations: Citation[];
  readonly logprobs: TokenLogprob[];
  /** Its item's id and place, and where it has one its place in the item. */
  readonly at: { readonly item_id: string; readonly output_index: number };
  readonly contentIndex: number;
  /** The item as it was announced. */
  readonly item: JsonObject;
  /** What was told of it so far. */
  text: string;
}
/** The message that is open; its content is what has ended. */
interface Message {
  readonly id: string;
  readonly content: OutputContent[];
}
/** How an item ended: the last one of a response that was cut short is incomplete. */
export type ItemStatus = 'completed' | 'incomplete';
/** The end of an item, not said yet. */
interface Owed {
  /** A call is never declared done where the stream broke off: clients would run it. */
  readonly call: boolean;
  readonly close: (status: ItemStatus) => StreamEvent[];
}
/** One reply that is being written. Its events are numbered from 0. */
export interface Writing {
  readonly context: ReplyContext;
  readonly speech: ClientSpeech;
  /** How many ids were made, by prefix. */
  readonly ids: Map<string, number>;
  /** Ids of calls that are taken. */
  readonly callIds: Set<string>;
  /** Items that are done. */
  readonly output: Json[];
  id: string;
  /** The number of the next event. */
  sequence: number;
  started: boolean;
  ended: boolean;
  message: Message | undefined;
  part: OpenPart | undefined;
  /** What closes the last item, owed until the reply goes on or ends: only then is it known whether the item was cut short. */
  owed: Owed | undefined;
  usage: Usage | undefined;
  /** The model declined, in a text of its own. */
  refused: boolean;
}

/** An event of this type, with the next number. */
export function say(writing: Writing, type: string, members: JsonObject): StreamEvent {
  return { type, sequence_number: writing.sequence++, ...members };
}

/** The next id of a kind of item: `msg_x`, `msg_x_1`, `msg_x_2`. */
export function nextId(writing: Writing, type: string): string {
  const prefix = idPrefixes[type] ?? 'item';
  const count = writing.ids.get(prefix) ?? 0;
  writing.ids.set(prefix, count + 1);
  return `${prefix}_${writing.context.id}${count === 0 ? '' : `_${count}`}`;
}

/** A call's id as upstream gave it; made here where it gave none, or the same one twice. */
export function callId(writing: Writing, given: string): string {
  let id = given || `call_${writing.context.id}`;
  for (let count = 1; writing.callIds.has(id); count++) id = `${given || `call_${writing.context.id}`}_${count}`;
  writing.callIds.add(id);
  return id;
}

/** Says what is owed, if anything is. `status`: how the item ended. */
export function settle(writing: Writing, status: ItemStatus = 'completed'): StreamEvent[] {
  const { owed } = writing;
  writing.owed = undefined;
  return owed ? owed.close(status) : [];
}

/** Announces an item. Its place is behind those that are done, so one item is open at a time. */
export function add(writing: Writing, item: JsonObject): StreamEvent {
  return say(writing, 'response.output_item.added', { output_index: writing.output.length, item });
}

/** Ends an item, which is part of the response from now on. */
export function done(writing: Writing, item: JsonObject): StreamEvent {
  writing.output.push(item);
  return say(writing, 'response.output_item.done', { output_index: writing.output.length - 1, item });
}

/** An item that comes at once. */
export function whole(writing: Writing, item: JsonObject): StreamEvent[] {
  return [add(writing, item), done(writing, item)];
}

/** The message as an item. `status`: `in_progress`, or how it ended. */
export function messageItem({ id, content }: Message, status: string): JsonObject {
  return { type: 'message', id, status, role: 'assistant', content };
}

/** Ends the open message, if there is one. */
export function closeMessage(writing: Writing, status: ItemStatus = 'completed'): StreamEvent[] {
  const { message } = writing;
  writing.message = undefined;
  return message ? [done(writing, messageItem(message, status))] : [];
}
