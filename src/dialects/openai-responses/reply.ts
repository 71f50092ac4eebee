// Whole replies, both directions. Writing one is writing its stream and keeping the last event, so the two cannot disagree.

import type { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import { replay } from '../../ir/fold.ts';
import type { Reply } from '../../ir/reply.ts';
import type { Part, ToolCallPart } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { asArray, asObject, asString, type JsonObject, objects } from '../../json.ts';
import type { Origin, Reading, ReadingDraft, ReplyCodec, ReplyContext } from '../dialect.ts';
import { decodeLogprobs } from '../openai-logprobs.ts';
import { decodeClientCall, decodeMeaning, isClientCall, isInnerCall } from './builtin.ts';
import { decodeAnnotations } from './content.ts';
import { decodeFailure } from './error.ts';
import { readCall, readImage, reasoningText } from './items-decode.ts';
import { decodeFinish, decodeUsage } from './outcome.ts';
import { createWriter } from './stream-encode.ts';
import { dialectId, isCallType } from './wire.ts';

/** `response` objects. Those that are not finished (`queued`, `in_progress`) are no replies. */
export const reply: ReplyCodec = { modelMember: 'model', decode, encode, meter };

function decode(body: JsonObject, origin: Origin): Reply {
  const failure = failureOf(body);
  if (failure) throw failure;
  const output = objects(body.output);
  const usage = decodeUsage(body);
  return {
    id: asString(body.id) ?? '',
    model: asString(body.model) ?? '',
    parts: output.flatMap((item, place) => decodeItem(item, place, origin)),
    ...(usage && { usage }),
    finish: decodeFinish(body, output.some(isCall), output.some(isRefusal)),
  };
}

/** The error that a body is, or tells of; undefined for a finished response. */
function failureOf(body: JsonObject): GatewayError | undefined {
  if (body.error || body.status === 'failed' || body.type === 'error') return decodeFailure(body);
  if (body.status === 'cancelled') return new GatewayError('upstream', 'The upstream cancelled the response.');
  if (body.status === 'queued' || body.status === 'in_progress')
    return new GatewayError('upstream', 'The upstream answered before the response was complete.');
  if (!asArray(body.output) && body.object !== 'response')
    return new GatewayError('upstream', 'The upstream answered with something that is no response object.');
  return undefined;
}

/** Whether the client must answer this item before the model goes on. */
export function isCall(item: JsonObject): boolean {
  const type = asString(item.type) ?? '';
  if (isCallType(type)) return Boolean(asString(item.name)) && !isInnerCall(item);
  return isClientCall(item);
}

/** Whether the model declined in this item: the response itself says `completed` all the same. */
export function isRefusal(item: JsonObject): boolean {
  return item.type === 'message' && objects(item.content).some((part) => part.type === 'refusal');
}

/** The seal of a reasoning item: its token is whoever's answers here. */
export function sealOf(item: JsonObject, origin: Origin): Seal | undefined {
  const token = asString(item.encrypted_content);
  return token ? { maker: origin.maker, token } : undefined;
}

/** The parts that an item of the output is. */
function decodeItem(item: JsonObject, place: number, origin: Origin): Part[] {
  switch (item.type) {
    case 'message':
      return objects(item.content).flatMap(decodeSaid);
    case 'reasoning': {
      const seal = sealOf(item, origin);
      return [{ type: 'reasoning', text: reasoningText(item), ...(seal && { seal }) }];
    }
    default:
      return decodeOther(item, place);
  }
}

/** A call that came without an id is known by its place. */
export function identified<T extends { readonly id: string }>(call: T, place: number): T {
  return call.id === '' ? { ...call, id: `call_${place}` } : call;
}

/** The input of a call that is over: a function whose arguments never came takes none. */
export function wholeInput({ input, freeform }: ToolCallPart, { status }: JsonObject): string {
  return input === '' && !freeform && status !== 'incomplete' ? '{}' : input;
}

/** What a message holds: texts and refusals. */
function decodeSaid(part: JsonObject): Part[] {
  if (part.type === 'refusal') return [{ type: 'text', refusal: true, text: asString(part.refusal) ?? '' }];
  const text = asString(part.text);
  if (text === undefined) return [];
  const citations = decodeAnnotations(part.annotations);
  const logprobs = decodeLogprobs(part.logprobs);
  const told = { ...(citations.length > 0 && { citations }), ...(logprobs.length > 0 && { logprobs }) };
  return [{ type: 'text', text, ...told }];
}

/** An item that is known whole or not at all: calls, images, runs of the vendor's own tools. */
export function decodeOther(item: JsonObject, place: number): Part[] {
  if (isCallType(asString(item.type)) && !isInnerCall(item)) {
    // A call of nobody can be answered by nobody.
    const call = readCall(item);
    return call ? [{ ...identified(call, place), input: wholeInput(call, item) }] : [];
  }
  const call = decodeClientCall(item);
  if (call) return [identified(call, place)];
  if (item.type === 'image_generation_call') {
    const image = readImage(item);
    return image ? [image] : [];
  }
  const meaning = decodeMeaning(item);
  return [{ type: 'foreign', origin: dialectId, value: item, ...(meaning && { meaning }) }];
}

function encode(reply: Reply, context: ReplyContext): JsonObject {
  const write = createWriter(context);
  let response: JsonObject = {};
  for (const event of replay(reply)) response = asObject(write(event).at(-1)?.response) ?? response;
  return response;
}

/** Words without which an output holds neither a call nor a refusal. */
const callMarks = ['_call"', '"refusal"'];

/** What a response says of itself beside its output. */
const telling = ['id', 'model', 'object', 'type', 'status', 'error', 'usage', 'incomplete_details', 'tool_usage'];

function meter(body: Body): Reading {
  const told: Record<string, JsonObject[string]> = {};
  for (const key of telling) {
    const value = body.get(key);
    if (value !== undefined) told[key] = value;
  }
  const raw = body.raw('output');
  const output = raw && callMarks.some((mark) => raw.includes(mark)) ? objects(body.get('output')) : [];
  if (raw) told.output = [];
  const reading: ReadingDraft = { ended: true, closed: true };
  const id = asString(told.id);
  const model = asString(told.model);
  const usage = decodeUsage(told);
  const failure = failureOf(told);
  if (id !== undefined) reading.id = id;
  if (model !== undefined) reading.model = model;
  if (usage) reading.usage = usage;
  if (failure) reading.failure = failure;
  else reading.finish = decodeFinish(told, output.some(isCall), output.some(isRefusal));
  return reading;
}
