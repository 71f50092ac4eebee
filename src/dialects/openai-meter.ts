// What a reply with `choices` that passes by says of itself, Chat's or the legacy Completions', whole or as a stream.

import type { Body } from '../body.ts';
import type { GatewayError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { mergeUsage } from '../ir/reply.ts';
import { asString, type JsonObject, parseRounded } from '../json.ts';
import { type Lookup, lookupIn } from '../lookup.ts';
import type { Meter, Reading, ReadingDraft, StreamCodec } from './dialect.ts';
import { closing, failureFrame, firstChoice, tellsOnlyUsage } from './openai-choices.ts';
import { findOpenAiError } from './openai-error.ts';
import { decodeFinish, failureOfFinish } from './openai-finish.ts';
import { decodeUsage, findUsage } from './openai-usage.ts';
import { relabel } from './passing.ts';

/** What both formats do with a stream that is theirs on both sides. */
export const passingStream: Omit<StreamCodec, 'decoder' | 'encoder'> = {
  meter: () => new StreamMeter(),
  relabel: (frame, model) => relabel(frame, 'model', model),
  failure: (error) => [failureFrame(error)],
  endsItself: true,
  closing,
  keepAlive: ': keep-alive\n\n',
};

/** What a whole reply says of itself, read where it stands. */
export function meter({ lookup: members }: Body): Reading {
  const choice = members.among('choices', (one) => (one.number('index') ?? 0) === 0);
  const reading: ReadingDraft = { ended: true, closed: true };
  const id = asString(members.get('id'));
  const model = asString(members.get('model'));
  const usage = members.object('usage') ?? choice?.object('usage') ?? members.object('x_groq')?.object('usage');
  if (id) reading.id = id;
  if (model) reading.model = model;
  if (usage) reading.usage = decodeUsage(usage);
  const word = asString(choice?.get('finish_reason')) ?? '';
  const failure = errorWithin(members) ?? (choice && errorWithin(choice)) ?? failureOfFinish(word);
  if (failure) reading.failure = failure;
  else reading.finish = decodeFinish(word, callsTools(choice?.object('message')));
  return reading;
}

/** The error that a whole reply or its choice holds; parsed only where there may be one. */
function errorWithin(told: Lookup): GatewayError | undefined {
  const failed = isTold(told, 'error') || isTold(told, 'errors') || isTold(told, 'base_resp');
  return failed || told.get('object') === 'error' ? findOpenAiError(told.json) : undefined;
}

function isTold(told: Lookup, key: string): boolean {
  const value = told.get(key);
  return value !== undefined && value !== null;
}

function callsTools(message: Lookup | undefined): boolean {
  if (!message) return false;
  return message.among('tool_calls', () => true) !== undefined || message.object('function_call') !== undefined;
}

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

class StreamMeter implements Meter {
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
  if (usage) reading.usage = mergeUsage(reading.usage, decodeUsage(lookupIn(usage)));
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
