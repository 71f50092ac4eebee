// Events as a Messages stream. The SDK's reader needs an `event:` name on every frame, blocks numbered without gaps, the whole
// signature in one delta, and `message_stop` at the end.

import type { Frame } from '../../frame.ts';
import { mergeUsage, type PartHead, type ReplyEvent, type Usage } from '../../ir/reply.ts';
import type { Citation } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { asObject, type JsonObject, parseObject } from '../../json.ts';
import type { ReplyContext, ReplyEncoder } from '../dialect.ts';
import { errorBody } from './error.ts';
import { replyBlocks } from './foreign.ts';
import { type Ending, encodeFinish, encodeUsage } from './outcome.ts';
import {
  callId,
  encodeCitation,
  encodeRefusal,
  messageId,
  omitsThinking,
  reportMedia,
  reportTextSeal,
} from './reply.ts';
import { writeHangingSlot, writeSlot } from './seals.ts';

interface State {
  readonly context: ReplyContext;
  readonly omitsThinking: boolean;
  /** The part being told. Its block opens with its first content: parts that stay empty leave no block. */
  head: PartHead | undefined;
  position: number;
  opened: boolean;
  /** What every further delta of the open block begins with. */
  goingOn: string;
  /** Arguments held until it is known whether the call bears a seal. */
  held: string;
  /** Sources of a text whose block is not open yet. */
  sources: JsonObject[];
  /** A call that upstream has ended, until the reply goes on: clients run one whose block is closed, and it may have broken off. */
  owed: { readonly freeform: boolean; readonly seal: Seal | undefined } | undefined;
  /** The arguments of the call that is told, as far as they went out. */
  said: string;
  /** The next block's number. */
  block: number;
  called: boolean;
  refusal: string;
  usage: Usage | undefined;
}

/**
 * `StreamCodec.encoder`. A block of text or thought opens with its first words, and a call is closed only when the reply goes on or ends:
 * clients run one that is closed, and the stream may have broken off within it.
 */
export function encoder(context: ReplyContext): ReplyEncoder {
  const state: State = {
    context,
    omitsThinking: omitsThinking(context),
    head: undefined,
    position: 0,
    opened: false,
    goingOn: '',
    held: '',
    sources: [],
    owed: undefined,
    said: '',
    block: 0,
    called: false,
    refusal: '',
    usage: undefined,
  };
  return (event) => {
    if (event.type === 'part-delta' && event.text !== '' && state.goingOn !== '')
      return [deltaFrame(state, event.text)];
    const frames: Frame[] = [];
    write(state, event, frames);
    state.goingOn = goingOn(state);
    return frames;
  };
}

/** The delta of an open text or thinking block up to its text; empty where more is to be thought of than the text. */
function goingOn({ head, opened, block }: State): string {
  if (!opened || (head?.type !== 'text' && head?.type !== 'reasoning')) return '';
  const delta = head.type === 'text' ? '"text_delta","text":' : '"thinking_delta","thinking":';
  return `{"type":"content_block_delta","index":${block},"delta":{"type":${delta}`;
}

/** The hot path: printed by hand. */
function deltaFrame({ goingOn: begun }: State, text: string): Frame {
  return { event: 'content_block_delta', data: `${begun}${JSON.stringify(text)}}}` };
}

function write(state: State, event: ReplyEvent, frames: Frame[]): void {
  switch (event.type) {
    case 'part-delta':
      say(state, event.text, frames);
      break;
    case 'part-start':
      settle(state, frames);
      begin(state, event.part, event.index, frames);
      break;
    case 'part-end':
      end(state, event.seal, frames);
      break;
    case 'citation':
      cite(state, event.citation, frames);
      break;
    case 'usage':
      state.usage = mergeUsage(state.usage, event.usage);
      break;
    case 'start':
      frames.push(messageStart(event.id, state.context));
      break;
    case 'finish':
      settle(state, frames);
      frames.push(messageDelta(state, event), frame('message_stop', {}));
      break;
    case 'failure':
      frames.push(errorFrame(errorBody(event.error)));
  }
}

function frame(event: string, members: JsonObject): Frame {
  return { event, data: JSON.stringify({ type: event, ...members }) };
}

/** The last event of a stream that failed; its body is that of `errorBody`. */
export function errorFrame(body: JsonObject): Frame {
  return { event: 'error', data: JSON.stringify(body) };
}

/** Counts are known only at the end; the reader overwrites these zeros with those of `message_delta`. */
function messageStart(id: string, context: ReplyContext): Frame {
  const message = {
    id: messageId(id, context),
    type: 'message',
    role: 'assistant',
    model: context.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: encodeUsage(undefined),
  };
  return frame('message_start', { message });
}

function messageDelta({ refusal, called, usage }: State, finish: Ending): Frame {
  const delta = {
    ...encodeFinish(refusal === '' ? finish : { reason: 'filter' }, called),
    ...(refusal !== '' && { stop_details: encodeRefusal(refusal) }),
  };
  return frame('message_delta', { delta, usage: encodeUsage(usage) });
}

function begin(state: State, head: PartHead, position: number, frames: Frame[]): void {
  state.head = head;
  state.position = position;
  state.opened = false;
  state.held = '';
  state.sources = [];
  state.said = '';
  if (head.type === 'tool-call') state.called = true;
  else if (head.type === 'media') reportMedia(head.mediaType, state.context);
  else if (head.type === 'foreign')
    for (const block of replyBlocks(head, state.context, position)) wholeBlock(state, block, frames);
}

function say(state: State, text: string, frames: Frame[]): void {
  const { head } = state;
  if (head?.type === 'text') {
    if (head.refusal) state.refusal += text;
    else textDelta(state, text, frames);
  } else if (head?.type === 'reasoning') {
    if (head.redacted || state.omitsThinking) return;
    open(state, frames);
    change(state, { type: 'thinking_delta', thinking: text }, frames);
  } else if (head?.type === 'tool-call') argumentsDelta(state, text, head.freeform === true, frames);
}

function textDelta(state: State, text: string, frames: Frame[]): void {
  if (text === '') return;
  open(state, frames);
  change(state, { type: 'text_delta', text }, frames);
}

/**
 * A seal is told with the end of a call, and must stand before it. A call that comes whole (Gemini, the only one to seal calls,
 * sends no other) is held for its end; one that comes in pieces flows.
 */
function argumentsDelta(state: State, text: string, freeform: boolean, frames: Frame[]): void {
  if (!state.opened && !freeform && state.held === '' && text.endsWith('}') && parseObject(text)) {
    state.held = text;
    return;
  }
  openCall(state, freeform, frames);
  inputDelta(state, freeform ? JSON.stringify(text).slice(1, -1) : text, frames);
}

/** Sources that come before their text wait for it: a text that stays empty leaves no block. */
function cite(state: State, told: Citation, frames: Frame[]): void {
  const citation = encodeCitation(told, state.context);
  if (!citation || state.head?.type !== 'text') return;
  if (state.opened) change(state, { type: 'citations_delta', citation }, frames);
  else state.sources.push(citation);
}

const notAnObject = {
  what: 'tool_arguments',
  why: 'The arguments of a call are no JSON object; they were passed on as the model wrote them.',
} as const;

function isObjectText(text: string): boolean {
  return text.trim() === '' || parseObject(text) !== undefined;
}

function openCall(state: State, freeform: boolean, frames: Frame[]): void {
  if (state.opened) return;
  open(state, frames);
  inputDelta(state, freeform ? '{"input":"' : state.held, frames);
}

function inputDelta(state: State, text: string, frames: Frame[]): void {
  state.said += text;
  if (text !== '') change(state, { type: 'input_json_delta', partial_json: text }, frames);
}

function end(state: State, seal: Seal | undefined, frames: Frame[]): void {
  const { head } = state;
  if (head?.type === 'tool-call') {
    state.owed = { freeform: head.freeform === true, seal };
    return;
  }
  if (head?.type === 'reasoning') endReasoning(state, head.redacted === true, seal, frames);
  else if (head?.type === 'text') {
    if (seal) reportTextSeal(state.context);
    if (state.opened) close(state, frames);
  }
  state.head = undefined;
}

function settle(state: State, frames: Frame[]): void {
  const { owed } = state;
  if (!owed) return;
  state.owed = undefined;
  endCall(state, owed.freeform, owed.seal, frames);
  state.head = undefined;
}

function endReasoning(state: State, redacted: boolean, seal: Seal | undefined, frames: Frame[]): void {
  if (seal && redacted) wholeBlock(state, { type: 'redacted_thinking', data: writeSlot(seal) }, frames);
  else if (seal) {
    open(state, frames);
    change(state, { type: 'signature_delta', signature: writeSlot(seal) }, frames);
  }
  if (state.opened) close(state, frames);
}

function endCall(state: State, freeform: boolean, seal: Seal | undefined, frames: Frame[]): void {
  const late = state.opened;
  if (seal && !late) hangingSeal(state, writeHangingSlot(seal, 'next'), frames);
  openCall(state, freeform, frames);
  if (freeform) inputDelta(state, '"}', frames);
  else if (state.said !== state.held && !isObjectText(state.said)) state.context.report(notAnObject);
  close(state, frames);
  if (seal && late) hangingSeal(state, writeHangingSlot(seal, 'previous'), frames);
}

/** An empty thinking block that bears the seal of the call beside it. */
function hangingSeal(state: State, signature: string, frames: Frame[]): void {
  start(state, { type: 'thinking', thinking: '', signature: '' }, frames);
  change(state, { type: 'signature_delta', signature }, frames);
  stop(state, frames);
}

/** A block that is known at once. A server call's input comes as a delta, as from Anthropic itself. */
function wholeBlock(state: State, block: JsonObject, frames: Frame[]): void {
  const input = typeof block.type === 'string' && block.type.endsWith('_tool_use') ? asObject(block.input) : undefined;
  start(state, input ? { ...block, input: {} } : block, frames);
  if (input) inputDelta(state, JSON.stringify(input), frames);
  stop(state, frames);
}

function open(state: State, frames: Frame[]): void {
  const { head, opened, context } = state;
  if (opened || !head) return;
  state.opened = true;
  if (head.type === 'text') openText(state, frames);
  else if (head.type === 'reasoning') start(state, { type: 'thinking', thinking: '', signature: '' }, frames);
  else if (head.type === 'tool-call') {
    const toolset = head.namespace !== undefined && { toolset_name: head.namespace };
    const id = callId(head.id, state.position, context);
    start(state, { type: 'tool_use', id, name: head.name, input: {}, ...toolset }, frames);
  }
}

function openText(state: State, frames: Frame[]): void {
  start(state, { type: 'text', text: '' }, frames);
  for (const citation of state.sources) change(state, { type: 'citations_delta', citation }, frames);
  state.sources = [];
}

function close(state: State, frames: Frame[]): void {
  state.opened = false;
  stop(state, frames);
}

function start(state: State, block: JsonObject, frames: Frame[]): void {
  frames.push(frame('content_block_start', { index: state.block, content_block: block }));
}

function change(state: State, delta: JsonObject, frames: Frame[]): void {
  frames.push(frame('content_block_delta', { index: state.block, delta }));
}

function stop(state: State, frames: Frame[]): void {
  frames.push(frame('content_block_stop', { index: state.block++ }));
}
