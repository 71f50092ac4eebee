// A Messages stream as events. Blocks should come one after another; where a service lets them overlap, the later ones wait.
// A server tool's call waits for its result, since both are one part.

import { brokenOff, GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import type { ReplyEvent } from '../../ir/reply.ts';
import { asNumber, asObject, asString, compact, type JsonObject, objects, parseObject } from '../../json.ts';
import { lookupIn } from '../../lookup.ts';
import type { Origin, ReplyDecoder } from '../dialect.ts';
import { Repetition } from '../repeated.ts';
import { argumentsText, decodeCall, decodeCitation } from './content-decode.ts';
import { failureOf } from './error.ts';
import { answers, foreignPart, isServerCall } from './foreign.ts';
import { decodeFinish, decodeUsage, laterCounts } from './outcome.ts';
import { decodeRefusal, namelessId } from './reply.ts';

/** A content block between its start and its stop. */
interface Block {
  readonly start: JsonObject;
  /** Its place among the parts, once it is the one being told. */
  part: number;
  /** Deltas that came while an earlier block was still being told. */
  readonly waiting: JsonObject[];
  /** Pieces of a tool's input: counted for our calls, kept for server calls. */
  readonly pieces: string[];
  signature: string;
  closed: boolean;
}

interface State {
  readonly maker: string;
  started: boolean;
  done: boolean;
  /** Blocks in the order they started; the first is the one being told. */
  readonly blocks: Block[];
  readonly byIndex: Map<number, Block>;
  parts: number;
  /** A finished server call that waits for its result. */
  call: JsonObject | undefined;
  called: boolean;
  counts: JsonObject | undefined;
  /** Counts came within a part; they are told after it. */
  countsWait: boolean;
  stopReason: string | undefined;
  stopSequence: string | undefined;
  stopDetails: JsonObject | undefined;
}

/** `StreamCodec.decoder`. Blocks that interleave are told one after the other; deltas like the one before are read by their text alone. */
export function decoder({ maker }: Origin): ReplyDecoder {
  const state: State = {
    maker,
    started: false,
    done: false,
    blocks: [],
    byIndex: new Map(),
    parts: 0,
    call: undefined,
    called: false,
    counts: undefined,
    countsWait: false,
    stopReason: undefined,
    stopSequence: undefined,
    stopDetails: undefined,
  };
  const repetition = new Repetition(['text', 'thinking', 'partial_json']);
  return {
    push(frame) {
      if (state.done) return [];
      const delta = repetition.deltaOf(frame);
      if (delta) return [delta];
      const out: ReplyEvent[] = [];
      read(state, frame, out);
      repetition.learn(frame, out);
      return out;
    },
    end() {
      const out: ReplyEvent[] = [];
      if (!state.done) fail(state, brokenOff(), out);
      return out;
    },
  };
}

function read(state: State, frame: Frame, out: ReplyEvent[]): void {
  if (frame.data === '' || frame.data === '[DONE]') return;
  const data = parseObject(frame.data);
  if (data) dispatch(state, data, asString(data.type) ?? frame.event, out);
  else fail(state, new GatewayError('upstream', 'The upstream sent a stream event that is not JSON.'), out);
}

function dispatch(state: State, data: JsonObject, type: string | undefined, out: ReplyEvent[]): void {
  switch (type) {
    case 'content_block_delta':
      delta(state, data, out);
      break;
    case 'content_block_start':
      open(state, data, out);
      break;
    case 'content_block_stop':
      stop(state, data, out);
      break;
    case 'message_start':
      start(state, asObject(data.message) ?? {}, out);
      break;
    case 'message_delta':
      ending(state, data, out);
      break;
    case 'message_stop':
      finish(state, out);
      break;
    default:
      if (type === 'error' || data.error) fail(state, failureOf(data), out);
  }
}

function start(state: State, message: JsonObject, out: ReplyEvent[]): void {
  if (state.started) return;
  state.started = true;
  out.push({ type: 'start', id: asString(message.id) ?? '', model: asString(message.model) ?? '' });
  count(state, asObject(message.usage), out);
}

function count(state: State, usage: JsonObject | undefined, out: ReplyEvent[]): void {
  if (!usage) return;
  state.counts = laterCounts(state.counts, usage);
  state.countsWait = true;
  if (!isPartOpen(state)) tellCounts(state, out);
}

function tellCounts(state: State, out: ReplyEvent[]): void {
  if (!state.countsWait || !state.counts) return;
  state.countsWait = false;
  out.push({ type: 'usage', usage: decodeUsage(lookupIn(state.counts)) });
}

function isPartOpen({ blocks }: State): boolean {
  return (blocks[0]?.part ?? -1) >= 0;
}

function open(state: State, data: JsonObject, out: ReplyEvent[]): void {
  start(state, {}, out);
  const index = asNumber(data.index) ?? state.byIndex.size;
  const twin = state.byIndex.get(index);
  if (twin) {
    twin.closed = true;
    advance(state, out);
  }
  const block: Block = {
    start: asObject(data.content_block) ?? {},
    part: -1,
    waiting: [],
    pieces: [],
    signature: '',
    closed: false,
  };
  state.byIndex.set(index, block);
  state.blocks.push(block);
  if (state.blocks[0] === block) tell(state, block, out);
}

function delta(state: State, data: JsonObject, out: ReplyEvent[]): void {
  const index = asNumber(data.index) ?? -1;
  const change = asObject(data.delta);
  if (!change) return;
  // Some relays forget to begin a block. Of words the delta itself says what they are; of a call nobody could say which.
  const type = unbegun.get(asString(change.type) ?? '');
  if (type !== undefined && !state.byIndex.has(index)) open(state, { index, content_block: { type } }, out);
  const block = state.byIndex.get(index);
  if (!block) return;
  if (state.blocks[0] === block) apply(block, change, out);
  else block.waiting.push(change);
}

const unbegun: ReadonlyMap<string, string> = new Map([
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
]);

function stop(state: State, data: JsonObject, out: ReplyEvent[]): void {
  const index = asNumber(data.index) ?? -1;
  const block = state.byIndex.get(index);
  if (!block) return;
  state.byIndex.delete(index);
  block.closed = true;
  advance(state, out);
}

/** Closes the block being told when it is over, and tells the next ones as far as they have come. */
function advance(state: State, out: ReplyEvent[]): void {
  for (;;) {
    const block = state.blocks[0];
    if (!block?.closed) return;
    close(state, block, out);
    state.blocks.shift();
    const next = state.blocks[0];
    if (next) tell(state, next, out);
  }
}

/** Begins to tell a block: its head, what its start already held, and the deltas that waited. */
function tell(state: State, block: Block, out: ReplyEvent[]): void {
  const { start: value } = block;
  const type = value.type;
  if (type === 'text' || type === 'thinking' || type === 'redacted_thinking' || type === 'tool_use') {
    settle(state, out);
    block.part = state.parts++;
    block.signature = asString(value.signature) ?? '';
    out.push({ type: 'part-start', index: block.part, part: headOf(value, block.part) });
    if (type === 'text') {
      say(block, asString(value.text) ?? '', out);
      for (const citation of objects(value.citations)) cite(block, citation, out);
    } else if (type === 'thinking') say(block, asString(value.thinking) ?? '', out);
  }
  if (type === 'tool_use') state.called = true;
  for (const change of block.waiting.splice(0)) apply(block, change, out);
}

function headOf(value: JsonObject, position: number): (ReplyEvent & { type: 'part-start' })['part'] {
  if (value.type === 'text') return { type: 'text' };
  if (value.type === 'thinking') return { type: 'reasoning' };
  if (value.type === 'redacted_thinking') return { type: 'reasoning', redacted: true };
  const { type, id, name, namespace } = decodeCall(
    { ...value, name: asString(value.name) || 'unnamed' },
    'content_block',
  );
  return { type, id: id || namelessId(position), name, ...(namespace !== undefined && { namespace }) };
}

function say(block: Block, text: string, out: ReplyEvent[]): void {
  if (text !== '') out.push({ type: 'part-delta', index: block.part, text });
}

function apply(block: Block, change: JsonObject, out: ReplyEvent[]): void {
  const { type } = block.start;
  switch (change.type) {
    case 'text_delta':
      if (type === 'text') say(block, asString(change.text) ?? '', out);
      break;
    case 'thinking_delta':
      if (type === 'thinking') say(block, asString(change.thinking) ?? '', out);
      break;
    case 'input_json_delta':
      addInput(block, asString(change.partial_json) ?? '', out);
      break;
    case 'signature_delta':
      block.signature = asString(change.signature) ?? block.signature;
      break;
    case 'citations_delta':
      cite(block, asObject(change.citation), out);
      break;
    case 'compaction_delta':
      block.waiting.push(change);
  }
}

/** Our own calls are told as they come; a server call is told whole. */
function addInput(block: Block, piece: string, out: ReplyEvent[]): void {
  if (piece === '') return;
  const own = block.start.type === 'tool_use';
  if (!own || block.pieces.length === 0) block.pieces.push(piece);
  if (own) say(block, piece, out);
}

function cite(block: Block, citation: JsonObject | undefined, out: ReplyEvent[]): void {
  if (citation && block.start.type === 'text')
    out.push({ type: 'citation', index: block.part, citation: decodeCitation(citation) });
}

function close(state: State, block: Block, out: ReplyEvent[]): void {
  const { start: value, part: index } = block;
  if (index < 0) {
    closeForeign(state, block, out);
    return;
  }
  if (value.type === 'tool_use' && block.pieces.length === 0) say(block, argumentsText(value.input), out);
  const token = value.type === 'redacted_thinking' ? (asString(value.data) ?? '') : block.signature;
  out.push({ type: 'part-end', index, ...(token !== '' && { seal: { maker: state.maker, token } }) });
}

function closeForeign(state: State, block: Block, out: ReplyEvent[]): void {
  const value = finished(block);
  const { call } = state;
  if (call && answers(call, value)) {
    state.call = undefined;
    foreign(state, [call, value], out);
    return;
  }
  settle(state, out);
  if (isServerCall(value)) state.call = value;
  else foreign(state, [value], out);
}

/** A server block with what its deltas added. */
function finished({ start: value, pieces, waiting }: Block): JsonObject {
  const input = pieces.length > 0 ? parseObject(pieces.join('')) : undefined;
  const { type: _, ...added } = waiting.at(-1) ?? {};
  return { ...value, ...(input && { input }), ...added };
}

/** Tells a server call whose result did not follow. */
function settle(state: State, out: ReplyEvent[]): void {
  const { call } = state;
  if (!call) return;
  state.call = undefined;
  foreign(state, [call], out);
}

function foreign(state: State, blocks: readonly JsonObject[], out: ReplyEvent[]): void {
  const index = state.parts++;
  out.push({ type: 'part-start', index, part: foreignPart(blocks) }, { type: 'part-end', index });
}

function ending(state: State, data: JsonObject, out: ReplyEvent[]): void {
  start(state, {}, out);
  const change = asObject(data.delta) ?? {};
  state.stopReason = asString(change.stop_reason) ?? state.stopReason;
  state.stopSequence = asString(change.stop_sequence) ?? state.stopSequence;
  state.stopDetails = asObject(change.stop_details) ?? state.stopDetails;
  count(state, asObject(data.usage), out);
}

function finish(state: State, out: ReplyEvent[]): void {
  start(state, {}, out);
  for (const block of state.blocks) block.closed = true;
  advance(state, out);
  settle(state, out);
  for (const { type, refusal, text } of decodeRefusal(state.stopDetails)) {
    const index = state.parts++;
    out.push({ type: 'part-start', index, part: { type, ...(refusal && { refusal }) } });
    out.push({ type: 'part-delta', index, text }, { type: 'part-end', index });
  }
  tellCounts(state, out);
  const { stopReason: raw, stopSequence } = state;
  state.done = true;
  out.push(compact({ type: 'finish', reason: decodeFinish(raw, state.called), raw, stopSequence }));
}

/** The last word of a stream that went wrong; an open part is closed first. */
function fail(state: State, error: GatewayError, out: ReplyEvent[]): void {
  start(state, {}, out);
  if (isPartOpen(state)) out.push({ type: 'part-end', index: state.parts - 1 });
  tellCounts(state, out);
  state.done = true;
  out.push({ type: 'failure', error });
}
