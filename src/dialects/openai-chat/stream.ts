// Streams: the ways in and out of the IR, and what is done to a stream that passes through untouched.

import { Body } from '../../body.ts';
import type { Envelope } from '../../envelope.ts';
import type { GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { mergeUsage } from '../../ir/reply.ts';
import { asArray, asObject, asString, type JsonObject, parseObject } from '../../json.ts';
import type { Meter, Reading, ReplyContext, StreamCodec } from '../dialect.ts';
import { encodeOpenAiError, findOpenAiError } from '../openai-error.ts';
import { decodeFinish, failureOfFinish } from './finish.ts';
import { decoder } from './stream-decode.ts';
import { doneFrame, encoder } from './stream-encode.ts';
import { decodeUsage, findUsage, firstChoice } from './usage.ts';

export const stream: StreamCodec = {
  decoder,
  encoder,
  meter,
  hides,
  relabel,
  failure,
  closing,
  keepAlive: ': keep-alive\n\n',
};

/** Quotes within a delta's text are escaped, so none of these can stand in one. */
const marks: readonly string[] = [
  ...['"finish_reason":"', '"finish_reason": "', '"usage":{', '"usage": {'],
  // A call is told by its name: the fragments of its arguments need not be read.
  ...['"name":"', '"name": "'],
  ...['"error":', '"base_resp":', '"object":"error"', '"object": "error"', 'event: error', 'event:error', '[DONE]'],
];
const callName = /"name": ?"[^"]/;
const callMark = /"(?:tool_calls": ?\[\{|function_call": ?\{)/;
/** The marks of chunks that must be parsed. */
const telling = /"finish_reason": ?"|"usage": ?\{|"error":|"base_resp":|"object": ?"error"/;

function meter(): Meter {
  let reading: Reading = { ended: false, closed: false };
  let hasCalls = false;
  return {
    marks,
    get reading() {
      return reading;
    },
    read(frame) {
      const { data } = frame;
      if (reading.closed || reading.failure) return;
      hasCalls ||= callName.test(data) && callMark.test(data);
      if (data.trim() === '[DONE]') reading = { ...reading, ended: true, closed: true };
      else if (frame.event === 'error' || telling.test(data)) reading = learn(reading, frame, hasCalls);
    },
  };
}

function learn(reading: Reading, { data, event }: Frame, hasCalls: boolean): Reading {
  const chunk = parseObject(data);
  if (!chunk) return reading;
  const failure = findOpenAiError(chunk, event === 'error');
  if (failure) return { ...reading, failure, ended: true };
  const choice = firstChoice(chunk);
  return { ...reading, ...namesOf(reading, chunk), ...usageOf(reading, chunk, choice), ...finishOf(choice, hasCalls) };
}

function namesOf({ id, model }: Reading, chunk: JsonObject): Partial<Reading> {
  const shownId = id ?? asString(chunk.id);
  const shownModel = model ?? asString(chunk.model);
  return { ...(shownId && { id: shownId }), ...(shownModel && { model: shownModel }) };
}

function usageOf({ usage }: Reading, chunk: JsonObject, choice: JsonObject | undefined): Partial<Reading> {
  const raw = findUsage(chunk, choice);
  return raw ? { usage: mergeUsage(usage, decodeUsage(raw)) } : {};
}

function finishOf(choice: JsonObject | undefined, hasCalls: boolean): Partial<Reading> {
  if (!choice) return {};
  const raw = asString(choice.finish_reason) ?? '';
  const failure = findOpenAiError(choice) ?? failureOfFinish(raw);
  if (failure) return { failure, ended: true };
  return raw === '' ? {} : { finish: decodeFinish(raw, hasCalls), ended: true };
}

const noChoices = /"choices": ?\[ ?\]/;

/** The usage chunk that `retarget` asked for and the client did not. */
function hides({ data }: Frame, { usageWanted }: Envelope): boolean {
  if (usageWanted || !noChoices.test(data)) return false;
  const chunk = parseObject(data);
  return asObject(chunk?.usage) !== undefined && asArray(chunk?.choices)?.length === 0;
}

function relabel(frame: Frame, model: string): Frame {
  if (!frame.data.includes('"model"')) return frame;
  try {
    const body = Body.read(Buffer.from(frame.data));
    return body.has('model') ? { ...frame, data: body.set('model', model).bytes.toString() } : frame;
  } catch {
    // Not JSON: then it names no model either.
    return frame;
  }
}

/** The vendor's reader throws on a top-level `error`, which clients take as a reason to try again. */
function failure(error: GatewayError, _context: ReplyContext, _reading: Reading): Frame[] {
  return [{ data: JSON.stringify(encodeOpenAiError(error).body) }];
}

function closing({ ended, closed, failure: failed }: Reading): Frame[] {
  return ended && !closed && !failed ? [doneFrame] : [];
}
