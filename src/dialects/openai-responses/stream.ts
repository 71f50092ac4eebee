// Streams: decoder and encoder (see their files), and what is done to a stream that stays in this dialect: metered, relabelled,
// ended with an error where it broke off.

import { Body } from '../../body.ts';
import type { GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { mergeUsage, type Usage } from '../../ir/reply.ts';
import { asNumber, asObject, asString, type JsonObject, objects, parseObject } from '../../json.ts';
import type { Meter, Reading, ReplyContext, StreamCodec } from '../dialect.ts';
import { encodeResponse, type ResponseState } from './echo.ts';
import { decodeFailure, encodeFailure } from './error.ts';
import { decodeFinish, decodeUsage, encodeUsage } from './outcome.ts';
import { isCall, isRefusal } from './reply.ts';
import { completions, decoder, typeOf } from './stream-decode.ts';
import { encoder, frameOf } from './stream-encode.ts';

export const stream: StreamCodec = {
  decoder,
  encoder,
  meter,
  relabel,
  failure,
  endsItself: true,
  closing: () => [],
  keepAlive: ': keep-alive\n\n',
};

/** Lifecycle events, items and errors; quoted, so that no text within a delta can hold one: its quotes are escaped. */
const marks = ['"response":{', '"response": {', '"item":{', '"item": {', '"error"'];

interface Metering {
  id?: string;
  model?: string;
  usage?: Usage;
  finish?: NonNullable<Reading['finish']>;
  failure?: GatewayError;
  sequence?: number;
  called: boolean;
  refused: boolean;
  ended: boolean;
}

function meter(): Meter {
  const metering: Metering = { called: false, refused: false, ended: false };
  return {
    marks,
    read: (frame) => read(metering, frame),
    get reading() {
      const { called: _, refused: __, ...reading } = metering;
      return { ...reading, closed: true };
    },
  };
}

function read(metering: Metering, frame: Frame): void {
  const { data } = frame;
  if (!marks.some((mark) => data.includes(mark))) {
    const sequence = sequenceOf(data);
    if (sequence !== undefined) metering.sequence = sequence;
    return;
  }
  const event = parseObject(data);
  if (!event || metering.ended) return;
  const sequence = asNumber(event.sequence_number);
  if (sequence !== undefined) metering.sequence = sequence;
  readItem(metering, event);
  readResponse(metering, event, typeOf(event, frame));
}

const numbered = '"sequence_number":';

/** The number of a frame that is not worth parsing. */
function sequenceOf(data: string): number | undefined {
  const at = data.indexOf(numbered);
  const number = at < 0 ? Number.NaN : Number.parseInt(data.slice(at + numbered.length, at + numbered.length + 12), 10);
  return Number.isNaN(number) ? undefined : number;
}

function readItem(metering: Metering, event: JsonObject): void {
  const item = asObject(event.item);
  if (item && isCall(item)) metering.called = true;
  if (item && isRefusal(item)) metering.refused = true;
}

const failures = ['error', 'response.failed', 'response.cancelled'];

function readResponse(metering: Metering, event: JsonObject, type: string): void {
  const response = asObject(event.response) ?? {};
  const id = asString(response.id);
  const model = asString(response.model);
  if (id !== undefined) metering.id ??= id;
  if (model !== undefined) metering.model ??= model;
  const usage = decodeUsage(response);
  if (usage) metering.usage = mergeUsage(metering.usage, usage);
  if (failures.includes(type) || response.error || response.status === 'failed') {
    metering.failure = decodeFailure(event);
    metering.ended = true;
  } else if (completions.includes(type)) {
    const output = objects(response.output);
    const status = asString(response.status) ?? (type === 'response.incomplete' ? 'incomplete' : 'completed');
    const called = metering.called || output.some(isCall);
    metering.finish = decodeFinish({ ...response, status }, called, metering.refused || output.some(isRefusal));
    metering.ended = true;
  }
}

/** Lifecycle events hold the model's name within `response`; a whole body holds it itself. */
function relabel(frame: Frame, model: string): Frame {
  if (!frame.data.includes('"model"')) return frame;
  const event = parseObject(frame.data);
  const nested = asObject(event?.response);
  const path = nested ? ['response', 'model'] : ['model'];
  const named = nested ?? (event?.object === 'response' ? event : undefined);
  if (typeof named?.model !== 'string') return frame;
  const data = Body.read(Buffer.from(frame.data)).set(path, model).bytes.toString();
  return { ...frame, data };
}

/**
 * Codex acts on `response.failed` alone, by whose code it tells what may be tried again, and readers take no response that was not
 * created first.
 */
function failure(error: GatewayError, context: ReplyContext, reading: Reading): Frame[] {
  const { id = `resp_${context.id}`, model } = reading;
  const usage = reading.usage ? encodeUsage(reading.usage) : null;
  const frames: Frame[] = [];
  const say = (type: string, state: Pick<ResponseState, 'status' | 'usage' | 'error'>): void => {
    const response = encodeResponse(context, { id, model, output: [], ...state });
    frames.push(frameOf({ type, sequence_number: (reading.sequence ?? -1) + 1 + frames.length, response }));
  };
  if (reading.id === undefined) say('response.created', { status: 'in_progress', usage: null });
  say('response.failed', { status: 'failed', usage, error: encodeFailure(error) });
  return frames;
}
