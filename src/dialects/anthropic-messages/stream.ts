// Streams: decoding and encoding live beside; here is what is known of a stream that passes by, and the few edits it may get.

import { Body } from '../../body.ts';
import type { Frame } from '../../frame.ts';
import { asObject, asString, type JsonObject, parseObject } from '../../json.ts';
import { lookupIn } from '../../lookup.ts';
import type { Meter, ReadingDraft, StreamCodec } from '../dialect.ts';
import { errorBody, failureOf } from './error.ts';
import { decodeFinish, decodeUsage, laterCounts } from './outcome.ts';
import { decoder } from './stream-decode.ts';
import { encoder, errorFrame } from './stream-encode.ts';

/** Named events from `message_start` to `message_stop`. */
export const stream: StreamCodec = {
  decoder,
  encoder,
  meter,
  relabel,
  failure: (error) => [errorFrame(errorBody(error))],
  endsItself: true,
  closing: () => [],
  keepAlive: 'event: ping\ndata: {"type":"ping"}\n\n',
};

/**
 * Quoted, so that none can stand within a JSON string, where quotes are escaped: deltas hold none of them. But for that of
 * `message_delta`, which is told by its beginning since all deltas end like it: a text may hold it, and is read in vain.
 */
const marks = ['"message_start"', '"message_d', '"message_stop"', '"tool_use"', '"error"'];

interface Told {
  readonly reading: ReadingDraft;
  counts: JsonObject | undefined;
  called: boolean;
  stopReason: string | undefined;
}

function meter(): Meter {
  const told: Told = {
    reading: { ended: false, closed: true },
    counts: undefined,
    called: false,
    stopReason: undefined,
  };
  return { marks, read: (frame) => read(told, frame), reading: told.reading };
}

function read(told: Told, frame: Frame): void {
  if (told.reading.ended || !marks.some((mark) => frame.data.includes(mark))) return;
  const data = parseObject(frame.data);
  if (!data) return;
  switch (asString(data.type) ?? frame.event) {
    case 'message_start':
      begin(told, asObject(data.message) ?? {});
      break;
    case 'content_block_start':
      told.called ||= asObject(data.content_block)?.type === 'tool_use';
      break;
    case 'message_delta':
      told.stopReason = asString(asObject(data.delta)?.stop_reason) ?? told.stopReason;
      if (told.stopReason !== undefined) finish(told);
      count(told, asObject(data.usage));
      break;
    case 'message_stop':
      finish(told);
      told.reading.ended = true;
      break;
    case 'error':
      told.reading.failure = failureOf(data);
      told.reading.ended = true;
  }
}

function begin(told: Told, message: JsonObject): void {
  const id = asString(message.id);
  const model = asString(message.model);
  if (id !== undefined) told.reading.id = id;
  if (model !== undefined) told.reading.model = model;
  count(told, asObject(message.usage));
}

function count(told: Told, usage: JsonObject | undefined): void {
  if (!usage) return;
  told.counts = laterCounts(told.counts, usage);
  told.reading.usage = decodeUsage(lookupIn(told.counts));
}

function finish({ reading, stopReason, called }: Told): void {
  reading.finish = { reason: decodeFinish(stopReason, called), ...(stopReason !== undefined && { raw: stopReason }) };
}

/** Only the first frame names the model. */
function relabel(frame: Frame, model: string): Frame {
  if (!frame.data.includes('"message_start"')) return frame;
  const message = parseObject(frame.data);
  if (message?.type !== 'message_start') return frame;
  return { ...frame, data: Body.of(message).set(['message', 'model'], model).bytes.toString('utf8') };
}
