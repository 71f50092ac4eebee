// Streams of replies: a chunk a frame, no names, no `[DONE]`. Decoding is in stream-decode.ts, encoding in stream-encode.ts;
// here is what a stream needs that passes by untouched.

import type { Frame } from '../../frame.ts';
import { mergeUsage, type Usage } from '../../ir/reply.ts';
import { asString, compact, parseObject } from '../../json.ts';
import type { Meter, Reading, StreamCodec } from '../dialect.ts';
import { relabel } from '../passing.ts';
import { encodeFailure, failureOf } from './error.ts';
import { decodeFinish, decodeUsage, type Ending, endingOf, firstCandidate } from './outcome.ts';
import { decoder } from './stream-decode.ts';
import { encoder } from './stream-encode.ts';
import { camel } from './wire.ts';

/** Chunks that are replies in small. Nothing says that there are no more: the bytes end. */
export const stream: StreamCodec = {
  decoder,
  encoder,
  meter: () => new StreamMeter(),
  relabel: (frame, model) => relabel(frame, 'modelVersion', model),
  failure: (error) => [encodeFailure(error)],
  endsItself: false,
  closing: () => [],
  // No comment: the vendor's readers of 2025, and Gemini CLI with them, want `data:` next and find nothing of what follows one.
  keepAlive: '\n\n',
};

const endMarks = ['"finishReason"', '"finish_reason"', '"blockReason"', '"block_reason"', '"error"'];
const callMarks = ['"functionCall"', '"function_call"'];
const usageMarks = ['"usageMetadata"', '"usage_metadata"', '"candidates":[]', '"candidates": []'];
const marks = [...endMarks, ...callMarks, ...usageMarks];

/**
 * Reads a passing stream. The service reports usage on most chunks, and only the last report counts: such a frame is merely
 * kept, and parsed when somebody asks or when the stream ends.
 */
class StreamMeter implements Meter {
  readonly marks = marks;
  #kept: Frame | undefined;
  #first = true;
  #called = false;
  #usage: Usage | undefined;
  #ending: Ending = {};
  #facts: Pick<Reading, 'id' | 'model' | 'failure'> = {};

  read(frame: Frame): void {
    if (!this.#called) this.#called = callMarks.some((mark) => frame.data.includes(mark));
    this.#kept = frame;
    if (this.#first || endMarks.some((mark) => frame.data.includes(mark))) this.#parse();
  }

  get reading(): Reading {
    this.#parse();
    const { raw, blocked, empty } = this.#ending;
    const ended = this.#facts.failure === undefined && (raw !== undefined || blocked !== undefined || empty === true);
    return compact({
      ...this.#facts,
      usage: this.#usage,
      finish: ended ? decodeFinish(this.#ending, this.#called) : undefined,
      ended,
      closed: true,
    });
  }

  #parse(): void {
    const frame = this.#kept;
    this.#kept = undefined;
    if (!frame || this.#facts.failure) return;
    const given = parseObject(frame.data);
    if (!given) return;
    this.#first = false;
    const chunk = camel(given);
    const usage = decodeUsage(chunk.usageMetadata);
    if (usage) this.#usage = mergeUsage(this.#usage, usage);
    const ending = endingOf(chunk, firstCandidate(chunk));
    if (ending.raw !== undefined || (this.#ending.raw === undefined && this.#ending.blocked === undefined))
      this.#ending = ending;
    this.#facts = compact({
      id: this.#facts.id ?? asString(chunk.responseId),
      model: this.#facts.model ?? asString(chunk.modelVersion),
      failure: failureOf(chunk),
    });
  }
}
