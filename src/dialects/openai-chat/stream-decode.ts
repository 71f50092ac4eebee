// What a reply says, chunk by chunk, whatever oddities the service has. A whole reply is read as one chunk, so that both always agree.

import { brokenOff, GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import type { PartHead, ReplyEvent, Usage } from '../../ir/reply.ts';
import { mergeUsage } from '../../ir/reply.ts';
import type { TokenLogprob } from '../../ir/request.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
  parseObject,
  parseRounded,
} from '../../json.ts';
import { lookupIn } from '../../lookup.ts';
import type { Origin, ReplyDecoder } from '../dialect.ts';
import { firstChoice } from '../openai-choices.ts';
import { findOpenAiError } from '../openai-error.ts';
import { decodeFinish, failureOfFinish } from '../openai-finish.ts';
import { decodeLogprobs } from '../openai-logprobs.ts';
import { decodeUsage, findUsage } from '../openai-usage.ts';
import { Repetition } from '../repeated.ts';
import { decodeCitations } from './annotations.ts';
import { CallReader } from './calls.ts';
import { decodeContent } from './content.ts';
import { PartQueue, type QueuedPart } from './part-queue.ts';
import { ThoughtReader } from './thoughts.ts';
import { dialectId } from './wire.ts';

/** To go on without a chunk would lose what it said. */
const brokenChunk = 'The upstream sent a chunk that is no JSON object.';

/** A decoder of one stream. */
export function decoder(origin: Origin): ReplyDecoder {
  const reader = new ReplyReader(origin);
  const repetition = new Repetition(['content', 'reasoning_content', 'reasoning']);
  return {
    push(frame: Frame): ReplyEvent[] {
      const delta = repetition.deltaOf(frame);
      if (delta && reader.goOn(delta)) return [delta];
      const events = readFrame(reader, frame);
      repetition.learn(frame, addsUp.test(frame.data) ? [] : events);
      return events;
    },
    end: () => reader.end(),
  };
}

/** Details and tokens add up, also where they say the same again. */
const addsUp = /"reasoning_details"|"logprobs": ?\{/;

function readFrame(reader: ReplyReader, frame: Frame): ReplyEvent[] {
  const data = frame.data.trim();
  if (data === '[DONE]') return reader.done();
  const chunk = parseChunk(data);
  if (chunk) return reader.read(chunk, frame.event === 'error');
  if (data.startsWith('{'))
    return reader.fail(new GatewayError('upstream', brokenChunk, { detail: data.slice(0, 200) }));
  // Words where JSON should be: only an error event is sure to mean something.
  return frame.event === 'error' && data !== '' ? reader.fail(new GatewayError('upstream', data.slice(0, 500))) : [];
}

/** Only arguments sent as an object can hold numbers too long for a double; the care for them is paid for only then. */
function parseChunk(data: string): JsonObject | undefined {
  return argumentsObject.test(data) ? parseObject(data) : parseRounded(data);
}

const argumentsObject = /"arguments": ?\{/;

/** Reads chunks, or one whole reply, into events. */
export class ReplyReader {
  readonly #queue = new PartQueue();
  readonly #calls: CallReader;
  readonly #thoughts: ThoughtReader;
  #id = '';
  #model = '';
  #usage: Usage | undefined;
  #finish: string | undefined;
  #begun = false;
  #over = false;
  /** Length of all content, which annotations count from. */
  #length = 0;
  #text: { readonly part: QueuedPart; readonly before: number } | undefined;
  /** Tokens whose text is still to come: of the content, and of a refusal. */
  #said: TokenLogprob[] = [];
  #refused: TokenLogprob[] = [];
  /** Sources that came before any text. */
  readonly #early: Json[] = [];

  constructor(origin: Origin) {
    this.#calls = new CallReader(this.#queue, origin);
    this.#thoughts = new ThoughtReader(this.#queue, origin);
  }

  /** A chunk, or a whole reply. `named`: it came as an `error` event. */
  read(chunk: JsonObject, named = false): ReplyEvent[] {
    if (this.#over) return [];
    const error = findOpenAiError(chunk, named);
    if (error) return this.fail(error);
    this.#id ||= asString(chunk.id) ?? '';
    this.#model ||= asString(chunk.model) ?? '';
    const choice = firstChoice(chunk);
    const usage = findUsage(chunk, choice);
    if (usage) this.#usage = mergeUsage(this.#usage, decodeUsage(lookupIn(usage)));
    if (!choice) return [];
    if (!this.#begun) this.#calls.nameAfter(this.#id || String(asNumber(chunk.created) ?? ''));
    return this.#begun ? this.#readChoice(choice) : [...this.#begin(), ...this.#readChoice(choice)];
  }

  /** Whether a delta goes on with the text or the thought that is being told: all that a chunk like the one before it then does. */
  goOn({ index, text }: { readonly index: number; readonly text: string }): boolean {
    const { last } = this.#queue;
    if (last?.index !== index || last.head?.type === 'tool-call') return false;
    if (last === this.#text?.part) this.#length += text.length;
    return true;
  }

  #readChoice(choice: JsonObject): ReplyEvent[] {
    const delta = asObject(choice.delta);
    const message = delta ?? asObject(choice.message);
    const logprobs = choice.logprobs ? asObject(choice.logprobs) : undefined;
    if (logprobs) this.#readLogprobs(logprobs);
    if (message) this.#readMessage(message, delta === undefined);
    if (logprobs) this.#tellLate();
    const events = this.#queue.take();
    const reason = asString(choice.finish_reason) ?? '';
    const failure = findOpenAiError(choice) ?? failureOfFinish(reason);
    if (failure) return [...events, ...this.fail(failure)];
    return reason === '' ? events : [...events, ...this.#close(reason)];
  }

  /** `[DONE]` came: upstream says that this was all. */
  done(): ReplyEvent[] {
    if (this.#over) return [];
    if (!this.#begun) return this.fail(new GatewayError('upstream', 'The upstream stream ended without a reply.'));
    return this.#complete();
  }

  /** The bytes ended; `whole`: they were a body, which may leave its reason open. */
  end(whole = false): ReplyEvent[] {
    if (this.#over) return [];
    if (this.#finish !== undefined || (whole && this.#begun)) return this.#complete();
    if (whole)
      return this.fail(
        new GatewayError('upstream', "The upstream's answer is not a chat completion: it has no choices."),
      );
    return this.fail(brokenOff());
  }

  /** The last word of a reply that failed: what is being told ends, what waits is dropped. Empty where the last word was said. */
  fail(error: GatewayError): ReplyEvent[] {
    if (this.#over) return [];
    const begun = this.#begin();
    this.#over = true;
    this.#queue.abandon();
    return [...begun, ...this.#queue.take(), ...this.#told(), { type: 'failure', error }];
  }

  #begin(): ReplyEvent[] {
    if (this.#begun) return [];
    this.#begun = true;
    return [{ type: 'start', id: this.#id, model: this.#model }];
  }

  /** The reason is known and no part goes on; usage may still come. */
  #close(raw: string): ReplyEvent[] {
    this.#finish = raw;
    if (decodeFinish(raw, false).reason !== 'length') this.#calls.fillEmpty();
    this.#queue.close();
    return this.#queue.take();
  }

  #complete(): ReplyEvent[] {
    const raw = this.#finish ?? '';
    const closed = this.#close(raw);
    this.#over = true;
    return [...closed, ...this.#told(), { type: 'finish', ...decodeFinish(raw, this.#calls.any) }];
  }

  #told(): ReplyEvent[] {
    return this.#usage ? [{ type: 'usage', usage: this.#usage }] : [];
  }

  #readMessage(message: JsonObject, whole: boolean): void {
    this.#thoughts.read(message);
    const { content, refusal, annotations, images, audio } = message;
    if (typeof content === 'string') this.#say(content, false);
    else if (content) this.#readContent(content);
    if (annotations) this.#cite(annotations);
    const transcript = audio ? asString(asObject(audio)?.transcript) : undefined;
    if (transcript) this.#say(transcript, false);
    if (typeof refusal === 'string') this.#say(refusal, true);
    if (images) this.#readContent(images);
    if (message.tool_calls)
      asArray(message.tool_calls)?.forEach((call, position) => {
        const object = asObject(call);
        if (object) this.#calls.read(object, whole ? position : undefined);
      });
    const legacy = message.function_call ? asObject(message.function_call) : undefined;
    if (legacy) this.#calls.read({ function: legacy }, -1);
  }

  #readLogprobs({ content, refusal }: JsonObject): void {
    for (const token of decodeLogprobs(content)) this.#said.push(token);
    for (const token of decodeLogprobs(refusal)) this.#refused.push(token);
  }

  /** Tokens that no text of their chunk took, such as half a character, belong to the text that is being told. */
  #tellLate(): void {
    const { last } = this.#queue;
    if (last?.head?.type === 'text') this.#queue.append(last, '', this.#tokens(last.head.refusal === true));
  }

  #tokens(refusal: boolean): readonly TokenLogprob[] | undefined {
    const tokens = refusal ? this.#refused : this.#said;
    if (tokens.length === 0) return undefined;
    if (refusal) this.#refused = [];
    else this.#said = [];
    return tokens;
  }

  #readContent(content: Json): void {
    for (const part of decodeContent(content)) {
      if (part.type === 'text') this.#say(part.text, part.refusal === true);
      else if (part.type === 'reasoning') this.#thoughts.think(part.text);
      else if (part.type === 'foreign') this.#put(part, '');
      else if ('data' in part.source) this.#put({ type: 'media', mediaType: part.mediaType }, part.source.data);
      // An image by address: the IR's replies carry bytes only.
      else if ('url' in part.source)
        this.#put({ type: 'foreign', origin: dialectId, value: imageOf(part.source.url) }, '');
    }
  }

  #put(head: PartHead, data: string): void {
    const part = this.#queue.open(head);
    this.#queue.append(part, data);
    part.over = true;
    this.#queue.advance();
  }

  #say(text: string, refusal: boolean): void {
    if (text === '') return;
    const { last } = this.#queue;
    let part = last?.head?.type === 'text' && (last.head.refusal ?? false) === refusal ? last : undefined;
    if (!part) {
      part = this.#queue.open({ type: 'text', ...(refusal && { refusal: true }) });
      if (!refusal) this.#text = { part, before: this.#length };
      if (!refusal) for (const annotations of this.#early.splice(0)) this.#cite(annotations);
    }
    if (!refusal) this.#length += text.length;
    this.#queue.append(part, text, this.#tokens(refusal));
  }

  #cite(annotations: Json): void {
    if (!this.#text) this.#early.push(annotations);
    else
      for (const citation of decodeCitations(annotations, this.#text.before))
        this.#queue.cite(this.#text.part, citation);
  }
}

function imageOf(url: string): JsonObject {
  return { type: 'image_url', image_url: { url } };
}
