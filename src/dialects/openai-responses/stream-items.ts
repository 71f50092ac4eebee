// The items of a stream while it is read: what was told of each, which one may speak now, and what the others are holding back.

import { replay } from '../../ir/fold.ts';
import type { PartHead, ReplyEvent } from '../../ir/reply.ts';
import type { Citation, Part, TokenLogprob } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { asNumber, asObject, asString, type Json, type JsonObject, objects } from '../../json.ts';
import type { Origin } from '../dialect.ts';
import { decodeLogprobs } from '../openai-logprobs.ts';
import { isInnerCall } from './builtin.ts';
import { decodeAnnotations } from './content.ts';
import { readCall, reasoningText } from './items-decode.ts';
import { decodeOther, identified, sealOf, wholeInput } from './reply.ts';
import { isCallType } from './wire.ts';

/** Something to tell, before it is known where in the reply it will stand. */
type Piece =
  | { readonly type: 'start'; readonly part: PartHead }
  | { readonly type: 'delta'; readonly text: string; readonly logprobs?: readonly TokenLogprob[] }
  | { readonly type: 'citation'; readonly citation: Citation }
  | { readonly type: 'end'; readonly seal: Seal | undefined };

/** One item of the output, and how much of it was told. */
export interface Item {
  readonly type: string;
  readonly id: string;
  /** Its place in the final output. */
  readonly place: number;
  /** The item as it was last seen. */
  readonly wire: JsonObject;
  readonly held: Piece[];
  /** A part of it is open. */
  open: boolean;
  /** The content part or summary that is being told, and how much of it was. */
  section: string;
  told: number;
  /** How many of the section's sources were told. */
  citations: number;
  tokens: number;
  /** Content parts that are over. */
  closed: number;
  /** Anything was told of a thought. */
  thought: boolean;
  /** Text of a call whose tool is not known yet. */
  waiting: string;
  /** No more of it will come: the next item may speak. */
  done: boolean;
}

/** The items in the order they came. */
export interface Line {
  readonly origin: Origin;
  readonly emit: (event: ReplyEvent) => void;
  readonly items: Item[];
  /** Which item speaks. */
  speaker: number;
  /** The index of the part that was opened last. */
  index: number;
  /** The reply holds calls to answer; it holds a refusal. */
  called: boolean;
  refused: boolean;
}

/** An empty line for one reply. `emit` gets the events of each item when it is that item's turn. */
export function createLine(origin: Origin, emit: (event: ReplyEvent) => void): Line {
  return { origin, emit, items: [], speaker: 0, index: -1, called: false, refused: false };
}

function send(line: Line, item: Item, piece: Piece): void {
  if (line.items[line.speaker] === item) release(line, piece);
  else item.held.push(piece);
}

function release(line: Line, piece: Piece): void {
  if (piece.type === 'start') {
    line.index++;
    if (piece.part.type === 'tool-call') line.called = true;
    if (piece.part.type === 'text' && piece.part.refusal) line.refused = true;
  }
  line.emit(eventOf(piece, line.index));
}

function eventOf(piece: Piece, index: number): ReplyEvent {
  switch (piece.type) {
    case 'start':
      return { type: 'part-start', index, part: piece.part };
    case 'delta':
      return piece.logprobs
        ? { type: 'part-delta', index, text: piece.text, logprobs: piece.logprobs }
        : { type: 'part-delta', index, text: piece.text };
    case 'citation':
      return { type: 'citation', index, citation: piece.citation };
    case 'end':
      return { type: 'part-end', index, ...(piece.seal && { seal: piece.seal }) };
  }
}

/** Gives the word to the next item that is not done, telling what was held back. */
function advance(line: Line): void {
  while (line.items[line.speaker]?.done) {
    line.speaker++;
    const next = line.items[line.speaker];
    if (next) for (const piece of next.held.splice(0)) release(line, piece);
  }
}

/** Ends what is open where the stream broke off; what was held back behind it is not told. */
export function settle(line: Line): void {
  const item = line.items[line.speaker];
  if (item?.open) end(line, item);
}

/** The item that an event is about: by its place, by its id (some services give each event another), or the one that speaks. */
export function itemOf(line: Line, event: JsonObject, type: string | undefined): Item {
  const speaking = line.items[line.speaker];
  if (speaking && speaking.place === event.output_index) return speaking;
  const place = asNumber(event.output_index);
  const id = asString(event.item_id) ?? asString(asObject(event.item)?.id) ?? asString(event.id);
  const known =
    place === undefined
      ? line.items.find((item) => id !== undefined && item.id === id)
      : line.items.findLast((item) => item.place === place);
  if (known) return known;
  if (place === undefined && id === undefined && speaking && speaking.type === type) return speaking;
  return enter(line, place ?? line.items.length, id ?? '', type ?? '', {});
}

function enter(line: Line, place: number, id: string, type: string, wire: JsonObject): Item {
  const item: Item = {
    type,
    id,
    place,
    wire,
    held: [],
    open: false,
    section: '',
    told: 0,
    citations: 0,
    tokens: 0,
    closed: 0,
    thought: false,
    waiting: '',
    done: false,
  };
  line.items.push(item);
  // A thought is there even where its text never comes.
  if (type === 'reasoning') begin(line, item, { type: 'reasoning' }, '');
  return item;
}

/** `response.output_item.added`. */
export function addItem(line: Line, event: JsonObject): void {
  const wire = asObject(event.item);
  const place = asNumber(event.output_index) ?? line.items.length;
  // Some services number every item 0: a place is taken only while its item is open.
  if (!wire || line.items.some((item) => item.place === place && !item.done)) return;
  const item = enter(line, place, asString(wire.id) ?? '', asString(wire.type) ?? '', wire);
  if (isCallType(item.type)) beginCall(line, item, wire);
}

function begin(line: Line, item: Item, part: PartHead, section: string): void {
  item.open = true;
  item.section = section;
  item.told = 0;
  item.citations = 0;
  item.tokens = 0;
  send(line, item, { type: 'start', part });
}

function tell(line: Line, item: Item, text: string): void {
  if (text === '') return;
  item.told += text.length;
  send(line, item, { type: 'delta', text });
}

/** Of a text, with the tokens that it is. */
function tellText(line: Line, item: Item, text: string, logprobs: readonly TokenLogprob[]): void {
  if (logprobs.length === 0) {
    tell(line, item, text);
    return;
  }
  item.told += text.length;
  item.tokens += logprobs.length;
  send(line, item, { type: 'delta', text, logprobs });
}

function end(line: Line, item: Item, seal?: Seal): void {
  item.open = false;
  send(line, item, { type: 'end', seal });
}

/** What a `done` says beyond the deltas. */
function rest(item: Item, whole: Json | undefined): string {
  return typeof whole === 'string' && whole.length > item.told ? whole.slice(item.told) : '';
}

// Messages.

/** `response.content_part.added`; raw reasoning announces its text the same way. */
export function openContent(line: Line, event: JsonObject): void {
  const part = asObject(event.part);
  if (part?.type === 'reasoning_text') return;
  const item = itemOf(line, event, 'message');
  if (item.type !== 'message' || item.done) return;
  turnTo(line, item, contentIndex(event), part?.type === 'refusal');
}

function contentIndex(event: JsonObject): number {
  return asNumber(event.content_index) ?? 0;
}

/** Makes this content part the open one. False where it is over already. */
function turnTo(line: Line, item: Item, index: number, refusal: boolean): boolean {
  const section = String(index);
  if (item.open && item.section === section) return true;
  if (item.open) closeContent(line, item);
  if (index < item.closed) return false;
  begin(line, item, { type: 'text', ...(refusal && { refusal: true }) }, section);
  return true;
}

function closeContent(line: Line, item: Item): void {
  item.closed = Number(item.section) + 1;
  end(line, item);
}

/** A delta of a text or refusal, or its whole in the end. */
export function tellContent(line: Line, event: JsonObject, text: Json | undefined, whole = false): void {
  const item = itemOf(line, event, 'message');
  if (item.type !== 'message' || item.done || typeof text !== 'string') return;
  const refusal = asString(event.type)?.startsWith('response.refusal') ?? false;
  if (!turnTo(line, item, contentIndex(event), refusal)) return;
  const logprobs = decodeLogprobs(event.logprobs);
  if (whole) tellText(line, item, rest(item, text), logprobs.slice(item.tokens));
  else tellText(line, item, text, logprobs);
}

/** `response.output_text.annotation.added`. */
export function annotate(line: Line, event: JsonObject): void {
  const item = itemOf(line, event, 'message');
  if (item.type !== 'message' || !item.open) return;
  const [citation] = decodeAnnotations([event.annotation ?? null]);
  item.citations++;
  if (citation) send(line, item, { type: 'citation', citation });
}

/** `response.content_part.done`. */
export function endContent(line: Line, event: JsonObject): void {
  const part = asObject(event.part);
  if (part && part.type !== 'reasoning_text')
    finishContent(line, itemOf(line, event, 'message'), contentIndex(event), part);
}

function finishContent(line: Line, item: Item, index: number, part: JsonObject): void {
  if (item.type !== 'message' || item.done) return;
  const refusal = part.type === 'refusal';
  const text = refusal ? part.refusal : part.text;
  if (typeof text !== 'string' || !turnTo(line, item, index, refusal)) return;
  tellText(line, item, rest(item, text), decodeLogprobs(part.logprobs).slice(item.tokens));
  for (const citation of decodeAnnotations(part.annotations).slice(item.citations))
    send(line, item, { type: 'citation', citation });
  closeContent(line, item);
}

// Thoughts.

/** A delta of a summary or of raw reasoning, or its whole in the end. The kind that comes first is the one that is told. */
export function tellThought(line: Line, event: JsonObject, text: Json | undefined, whole = false): void {
  const item = itemOf(line, event, 'reasoning');
  if (item.type !== 'reasoning' || item.done || typeof text !== 'string') return;
  const index = asNumber(event.summary_index) ?? asNumber(event.content_index) ?? 0;
  const kind = asString(event.type)?.startsWith('response.reasoning_summary') ? 'summary' : 'content';
  const section = `${kind} ${index}`;
  if (item.thought && !item.section.startsWith(kind)) return;
  const next = item.section !== section;
  const more = whole && !next ? rest(item, text) : text;
  // A section that was told before is over; its `done` says nothing new.
  if (more === '' || (whole && next && index < Number(item.section.split(' ')[1] ?? -1))) return;
  if (next) {
    item.section = section;
    item.told = 0;
    if (item.thought) send(line, item, { type: 'delta', text: '\n\n' });
  }
  item.thought = true;
  tell(line, item, more);
}

// Calls.

/** Starts the call as soon as its tool is known. */
function beginCall(line: Line, item: Item, wire: JsonObject): void {
  const call = isInnerCall(wire) ? undefined : readCall({ ...wire, type: item.type });
  if (!call || item.open) return;
  const { input: _, ...head } = identified(call, item.place);
  begin(line, item, head, 'call');
  tell(line, item, item.waiting);
}

/** A delta of a call's input, or its whole in the end. */
export function tellCall(line: Line, event: JsonObject, type: string, text: Json | undefined, whole = false): void {
  const item = itemOf(line, event, type);
  if (item.type !== type || item.done || typeof text !== 'string') return;
  if (item.open) tell(line, item, whole ? rest(item, text) : text);
  else item.waiting = whole ? text : item.waiting + text;
}

/** The end of an item, in its last form. */
export function finishItem(line: Line, item: Item, wire: JsonObject): void {
  if (item.done) return;
  if (item.type === 'message') finishMessage(line, item, wire);
  else if (item.type === 'reasoning') finishThought(line, item, wire);
  else if (isCallType(item.type) && !isInnerCall(wire)) finishCall(line, item, wire);
  else for (const part of decodeOther(wire, item.place)) sendWhole(line, item, part);
  item.done = true;
  advance(line);
}

function finishMessage(line: Line, item: Item, wire: JsonObject): void {
  objects(wire.content).forEach((part, index) => {
    if (index >= item.closed) finishContent(line, item, index, part);
  });
  if (item.open) closeContent(line, item);
}

function finishThought(line: Line, item: Item, wire: JsonObject): void {
  if (!item.thought) tell(line, item, reasoningText(wire));
  end(line, item, sealOf(wire, line.origin) ?? sealOf(item.wire, line.origin));
}

function finishCall(line: Line, item: Item, wire: JsonObject): void {
  const last = { ...item.wire, ...wire };
  beginCall(line, item, last);
  // A call of nobody can be answered by nobody.
  if (!item.open) return;
  const call = readCall({ ...last, type: item.type });
  tell(line, item, rest(item, call && wholeInput(call, last)));
  end(line, item);
}

function sendWhole(line: Line, item: Item, part: Part): void {
  const told = replay({ id: '', model: '', parts: [part], finish: { reason: 'stop' } });
  for (const event of told) {
    if (event.type === 'part-start') send(line, item, { type: 'start', part: event.part });
    else if (event.type === 'part-delta') send(line, item, { type: 'delta', text: event.text });
    else if (event.type === 'part-end') send(line, item, { type: 'end', seal: event.seal });
  }
}
