// Streams: decoder and encoder (see their files), and what is done to a stream that stays in this dialect: metered, relabelled,
// ended with an error where it broke off.

import { Body } from '../../body.ts';
import type { GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { mergeUsage } from '../../ir/reply.ts';
import { asNumber, asObject, asString, type JsonObject, objects, parseObject } from '../../json.ts';
import type { Meter, Reading, ReadingDraft, ReplyContext, StreamCodec } from '../dialect.ts';
import { encodeResponse, type ResponseState } from './echo.ts';
import { decodeFailure, encodeFailure } from './error.ts';
import { decodeFinish, decodeUsage, encodeUsage } from './outcome.ts';
import { isCall, isRefusal } from './reply.ts';
import { completions, decoder, typeOf } from './stream-decode.ts';
import { encoder, frameOf } from './stream-encode.ts';

/** Named and numbered events from `response.created` to one that holds the response as it ended. */
export const stream: StreamCodec = {
  decoder,
  encoder,
  meter: () => new StreamMeter(),
  relabel,
  failure,
  endsItself: true,
  closing: () => [],
  keepAlive: ': keep-alive\n\n',
};

/** Lifecycle events, items and errors; quoted, so that no text within a delta can hold one: its quotes are escaped. */
const marks = ['"response":{', '"response": {', '"item":{', '"item": {', '"error"'];

class StreamMeter implements Meter {
  readonly marks = marks;
  readonly reading: ReadingDraft = { ended: false, closed: true };
  #called = false;
  #refused = false;

  read(frame: Frame): void {
    const { reading } = this;
    const { data } = frame;
    if (!marks.some((mark) => data.includes(mark))) {
      const sequence = sequenceOf(data);
      if (sequence !== undefined) reading.sequence = sequence;
      return;
    }
    const event = parseObject(data);
    if (!event || reading.ended) return;
    const sequence = asNumber(event.sequence_number);
    if (sequence !== undefined) reading.sequence = sequence;
    const item = asObject(event.item);
    this.#called ||= item !== undefined && isCall(item);
    this.#refused ||= item !== undefined && isRefusal(item);
    this.#readResponse(event, typeOf(event, frame));
  }

  #readResponse(event: JsonObject, type: string): void {
    const { reading } = this;
    const response = asObject(event.response) ?? {};
    const id = asString(response.id);
    const model = asString(response.model);
    if (id !== undefined) reading.id ??= id;
    if (model !== undefined) reading.model ??= model;
    const usage = decodeUsage(response);
    if (usage) reading.usage = mergeUsage(reading.usage, usage);
    if (failures.includes(type) || response.error || response.status === 'failed') {
      reading.failure = decodeFailure(event);
      reading.ended = true;
    } else if (completions.includes(type)) {
      const output = objects(response.output);
      const status = asString(response.status) ?? (type === 'response.incomplete' ? 'incomplete' : 'completed');
      const called = this.#called || output.some(isCall);
      reading.finish = decodeFinish({ ...response, status }, called, this.#refused || output.some(isRefusal));
      reading.ended = true;
    }
  }
}

const numbered = '"sequence_number":';

/** The number of a frame that is not worth parsing. */
function sequenceOf(data: string): number | undefined {
  const at = data.indexOf(numbered);
  const number = at < 0 ? Number.NaN : Number.parseInt(data.slice(at + numbered.length, at + numbered.length + 12), 10);
  return Number.isNaN(number) ? undefined : number;
}

const failures = ['error', 'response.failed', 'response.cancelled'];

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
