// What a stream with `choices` that passes by says of itself, Chat's or the legacy Completions'.

import type { GatewayError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { mergeUsage } from '../ir/reply.ts';
import { asString, type JsonObject, parseRounded } from '../json.ts';
import { countsOf } from './counts.ts';
import type { Meter, ReadingDraft } from './dialect.ts';
import { firstChoice, tellsOnlyUsage } from './openai-choices.ts';
import { findOpenAiError } from './openai-error.ts';
import { decodeFinish, failureOfFinish } from './openai-finish.ts';
import { decodeUsage, findUsage } from './openai-usage.ts';

/** Quotes within a delta's text are escaped, so none of these can stand in one. */
const marks: readonly string[] = [
  ...['"finish_reason":"', '"finish_reason": "', '"usage":{', '"usage": {'],
  // A call is told by its name: the fragments of its arguments need not be read.
  ...['"name":"', '"name": "'],
  ...[
    '"error":',
    '"base_resp":',
    '"object":"error"',
    '"object": "error"',
    'event: error',
    'event:error',
    ' [DONE]',
    ':[DONE]',
  ],
];
const callName = /"name": ?"[^"]/;
const callMark = /"(?:tool_calls": ?\[\{|function_call": ?\{)/;
/** The marks of chunks that must be parsed. */
const telling = /"finish_reason": ?"|"usage": ?\{|"error":|"base_resp":|"object": ?"error"/;

export class StreamMeter implements Meter {
  readonly marks = marks;
  readonly reading: ReadingDraft = { ended: false, closed: false };
  onlyUsage = false;
  #hasCalls = false;

  read({ data, event }: Frame): void {
    const { reading } = this;
    const over = reading.closed || reading.failure !== undefined;
    // Nothing is learnt after the end, but a count that was not asked for stays hidden there too.
    this.onlyUsage = over && tellsOnlyUsage(parseRounded(data) ?? {});
    if (over) return;
    this.#hasCalls ||= callName.test(data) && callMark.test(data);
    if (data.trim() === '[DONE]') {
      reading.ended = true;
      reading.closed = true;
    } else if (event === 'error' || telling.test(data)) this.#learn(parseRounded(data), event === 'error');
  }

  #learn(chunk: JsonObject | undefined, named: boolean): void {
    if (!chunk) return;
    const failure = findOpenAiError(chunk, named);
    if (failure) fail(this.reading, failure);
    else {
      this.onlyUsage = tellsOnlyUsage(chunk);
      learn(this.reading, chunk, this.#hasCalls);
    }
  }
}

function learn(reading: ReadingDraft, chunk: JsonObject, hasCalls: boolean): void {
  const id = asString(chunk.id);
  const model = asString(chunk.model);
  if (id) reading.id ??= id;
  if (model) reading.model ??= model;
  const choice = firstChoice(chunk);
  const usage = findUsage(chunk, choice);
  if (usage) reading.usage = mergeUsage(reading.usage, decodeUsage(countsOf(usage)));
  if (choice) end(reading, choice, hasCalls);
}

function end(reading: ReadingDraft, choice: JsonObject, hasCalls: boolean): void {
  const raw = asString(choice.finish_reason) ?? '';
  const failure = findOpenAiError(choice) ?? failureOfFinish(raw);
  if (failure) fail(reading, failure);
  else if (raw !== '') {
    reading.finish = decodeFinish(raw, hasCalls);
    reading.ended = true;
  }
}

function fail(reading: ReadingDraft, failure: GatewayError): void {
  reading.failure = failure;
  reading.ended = true;
}
