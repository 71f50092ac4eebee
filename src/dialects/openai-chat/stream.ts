// Streams: the ways in and out of the IR, and what is done to a stream that passes through untouched.

import type { Frame } from '../../frame.ts';
import { mergeUsage } from '../../ir/reply.ts';
import { asString, type JsonObject, parseObject } from '../../json.ts';
import type { Meter, Reading, StreamCodec } from '../dialect.ts';
import { closing, failureFrame, firstChoice, hides } from '../openai-choices.ts';
import { findOpenAiError } from '../openai-error.ts';
import { decodeUsage, findUsage } from '../openai-usage.ts';
import { relabel } from '../passing.ts';
import { decodeFinish, failureOfFinish } from './finish.ts';
import { decoder } from './stream-decode.ts';
import { encoder } from './stream-encode.ts';

export const stream: StreamCodec = {
  decoder,
  encoder,
  meter,
  hides,
  relabel: (frame, model) => relabel(frame, 'model', model),
  failure: (error) => [failureFrame(error)],
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
