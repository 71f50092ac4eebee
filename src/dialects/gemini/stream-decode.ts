// Chunks of a reply, wire → IR events. A whole reply is one chunk, so that stream and whole can never disagree.

import { brokenOff, GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { fingerprint } from '../../ir/fingerprint.ts';
import { mergeUsage, type PartHead, type ReplyEvent, type Usage } from '../../ir/reply.ts';
import type { ForeignPart, TokenLogprob } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { asArray, asObject, asString, type Json, type JsonObject, objects, parseJson } from '../../json.ts';
import type { Origin, ReplyDecoder } from '../dialect.ts';
import { failureOf } from './error.ts';
import { decodeCitations, groundingParts, utf8Length } from './grounding.ts';
import { decodeLogprobs } from './logprobs.ts';
import { foreignPart, inlineMedia, ran } from './media.ts';
import { decodeFinish, decodeUsage, type Ending, endingOf, failureOfFinish, firstCandidate } from './outcome.ts';
import { isPiece, PartialCall } from './partial-call.ts';
import { readSlot } from './slot.ts';
import { camel, nativeMaker, section } from './wire.ts';

/** `StreamCodec.decoder`: each frame is one chunk, or a list of them. */
export function decoder(origin: Origin): ReplyDecoder {
  const reader = new ChunkReader(origin);
  return {
    push: (frame) => reader.frame(frame),
    end: () => reader.end(),
  };
}

const besideContent = ['groundingMetadata', 'urlContextMetadata', 'citationMetadata'] as const;

/** One reply being read: what is open, what was told so far. */
export class ChunkReader {
  readonly #maker: string;
  #events: ReplyEvent[] = [];
  #started = false;
  #over = false;
  #id = '';
  #index = 0;
  #open: 'text' | 'reasoning' | undefined;
  #text = '';
  #bytesBefore = 0;
  /** Tokens whose text is still to come. */
  #tokens: TokenLogprob[] = [];
  #calls = 0;
  #usage: Usage | undefined;
  /** The last report that was not told yet; most are overtaken by the next one before anybody reads them. */
  #untold: JsonObject | undefined;
  #ending: Ending = {};
  /** The signature that ends the open text, which stays open for what it rests on. */
  #owed: Seal | undefined;
  /** A call whose arguments come in pieces. */
  #partial: PartialCall | undefined;
  /** Code whose result is still to come. */
  #code: ForeignPart | undefined;
  /** Candidate members that speak of the text as a whole; the last ones count. */
  #beside: JsonObject = {};

  constructor(origin: Origin) {
    this.#maker = origin.maker;
  }

  /** The events of a frame, which may be no JSON. */
  frame(frame: Frame): ReplyEvent[] {
    if (this.#over || frame.data === '' || frame.data === '[DONE]') return [];
    let value: Json;
    try {
      value = parseJson(frame.data);
    } catch (cause) {
      this.#fail(new GatewayError('upstream', 'The upstream sent a stream message that is not JSON.', { cause }));
      return this.#take();
    }
    for (const chunk of objects(asArray(value) ?? [value])) this.#chunk(chunk);
    return this.#take();
  }

  /** Those of a chunk that was parsed. */
  chunk(chunk: JsonObject): ReplyEvent[] {
    this.#chunk(chunk);
    return this.#take();
  }

  /** The last word is held back until here: usage, and on old models further text, may follow the finish reason. */
  end(): ReplyEvent[] {
    if (this.#over) return [];
    this.#start({});
    const { raw, words, blocked, empty } = this.#ending;
    if (raw === undefined && blocked === undefined && !empty) {
      this.#fail(brokenOff());
      return this.#take();
    }
    const failure = failureOfFinish(this.#ending, this.#index > 0 || this.#open !== undefined);
    if (failure) {
      this.#fail(failure);
      return this.#take();
    }
    this.#ground();
    this.#settle(decodeFinish(this.#ending, false).reason === 'length');
    const finish = decodeFinish(this.#ending, this.#calls > 0);
    // Why it declined stands beside the content; elsewhere that is a text of its own.
    if (words && finish.reason === 'filter') this.#whole({ type: 'text', refusal: true }, words, undefined);
    this.#tellUsage();
    this.#events.push({ type: 'finish', ...finish });
    this.#over = true;
    return this.#take();
  }

  #take(): ReplyEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #chunk(given: JsonObject): void {
    if (this.#over) return;
    const chunk = camel(given);
    this.#start(chunk);
    const failure = failureOf(chunk);
    if (failure) {
      this.#fail(failure);
      return;
    }
    this.#untold = asObject(chunk.usageMetadata) ?? this.#untold;
    const candidate = firstCandidate(chunk);
    if (candidate) this.#candidate(candidate);
    const ending = endingOf(chunk, candidate);
    if (this.#ending.raw === undefined && this.#ending.blocked === undefined) this.#ending = ending;
    else if (ending.raw !== undefined) this.#ending = ending;
  }

  #start(chunk: JsonObject): void {
    if (this.#started) return;
    this.#started = true;
    this.#id = asString(chunk.responseId) ?? '';
    this.#events.push({ type: 'start', id: this.#id, model: asString(chunk.modelVersion) ?? '' });
  }

  #fail(error: GatewayError): void {
    this.#start({});
    this.#settle(true);
    this.#tellUsage();
    this.#events.push({ type: 'failure', error });
    this.#over = true;
  }

  #candidate(candidate: JsonObject): void {
    for (const key of besideContent) {
      const value = asObject(candidate[key]);
      if (value) this.#beside = { ...this.#beside, [key]: value };
    }
    if (candidate.logprobsResult) for (const token of decodeLogprobs(candidate)) this.#tokens.push(token);
    for (const part of objects(section(candidate, 'content').parts)) this.#part(camel(part), part);
    // Those that no text of their chunk took belong to the text that is being told.
    if (this.#open === 'text' && this.#tokens.length > 0) this.#tell('');
  }

  #part(part: JsonObject, source: JsonObject): void {
    const seal = this.#seal(part.thoughtSignature);
    const thought = part.thought === true;
    if (typeof part.text === 'string') {
      this.#words(thought ? 'reasoning' : 'text', part.text, seal);
      return;
    }
    const media = thought ? undefined : inlineMedia(part);
    const foreign = foreignPart(part, source);
    if (part.functionCall !== undefined) this.#call(section(part, 'functionCall'), seal);
    else if (media && 'data' in media.source)
      this.#whole({ type: 'media', mediaType: media.mediaType }, media.source.data, seal);
    else if (foreign) this.#foreign(foreign, part);
    else if (seal) this.#words(thought ? 'reasoning' : 'text', '', seal);
  }

  #foreign(foreign: ForeignPart, part: JsonObject): void {
    const code = this.#code;
    if (part.executableCode !== undefined) {
      this.#settle();
      this.#code = foreign;
    } else if (code && part.codeExecutionResult !== undefined) {
      this.#code = undefined;
      this.#whole(ran(code, foreign), '', undefined);
    } else this.#whole(foreign, '', undefined);
  }

  /** The seal of a reply part; a mark of ours (a gateway behind this one) names its maker itself. */
  #seal(value: Json | undefined): Seal | undefined {
    return typeof value === 'string' && value !== '' ? readSlot(value, this.#maker || nativeMaker) : undefined;
  }

  /** Text and thoughts come in pieces. A signature ends its part; with an empty text it belongs to the part before it. */
  #words(type: 'text' | 'reasoning', text: string, seal: Seal | undefined): void {
    if (text === '') {
      if (!seal) return;
      if (!this.#owed && (this.#open === type || (this.#open && type === 'text'))) {
        this.#sealed(seal);
        return;
      }
    }
    if (this.#open !== type || this.#owed) this.#begin({ type }, type);
    if (type === 'text') this.#tell(text);
    else if (text !== '') this.#events.push({ type: 'part-delta', index: this.#index, text });
    if (seal) this.#sealed(seal);
  }

  #tell(text: string): void {
    const index = this.#index;
    const logprobs = this.#tokens;
    this.#text += text;
    if (logprobs.length > 0) {
      this.#tokens = [];
      this.#events.push({ type: 'part-delta', index, text, logprobs });
    } else if (text !== '') this.#events.push({ type: 'part-delta', index, text });
  }

  #sealed(seal: Seal): void {
    if (this.#open === 'text') this.#owed = seal;
    else this.#close(seal);
  }

  #call(call: JsonObject, seal: Seal | undefined): void {
    if (this.#partial?.takes(call) || isPiece(call)) this.#callPiece(call, seal);
    else this.#wholeCall(asString(call.name), asString(call.id), JSON.stringify(asObject(call.args) ?? {}), seal);
  }

  #callPiece(call: JsonObject, seal: Seal | undefined): void {
    if (!this.#partial?.takes(call)) {
      this.#settle();
      this.#partial = new PartialCall(call);
    }
    this.#partial.add(call);
    this.#partial.seal ??= seal;
    if (call.willContinue !== true) this.#endPieces(false);
  }

  #endPieces(brokenOff: boolean): void {
    const partial = this.#partial;
    this.#partial = undefined;
    if (partial) this.#wholeCall(partial.name, partial.id, partial.input(brokenOff), partial.seal);
  }

  #wholeCall(name: string | undefined, given: string | undefined, input: string, seal: Seal | undefined): void {
    if (!name) return;
    this.#calls++;
    const id = given || this.#callId(`${name}${input}`);
    this.#whole({ type: 'tool-call', id, name }, input, seal);
  }

  /** Vertex and older models give no ids: one is made that no other reply of the conversation has. */
  #callId(said: string): string {
    const unique =
      this.#id.replace(/[^\w-]/g, '').slice(0, 40) ||
      fingerprint(`${said}${(decodeUsage(this.#untold) ?? this.#usage)?.input ?? ''}`);
    return `call_${this.#calls}_${unique}`;
  }

  #whole(head: PartHead, text: string, seal: Seal | undefined): void {
    this.#begin(head, undefined);
    if (text !== '') this.#events.push({ type: 'part-delta', index: this.#index, text });
    this.#events.push({ type: 'part-end', index: this.#index++, ...(seal && { seal }) });
  }

  #begin(part: PartHead, open: 'text' | 'reasoning' | undefined): void {
    this.#settle();
    this.#tellUsage();
    this.#events.push({ type: 'part-start', index: this.#index, part });
    this.#open = open;
  }

  /** What is open ends, and code that waits for its result gets none. */
  #settle(brokenOff = false): void {
    this.#close();
    this.#endPieces(brokenOff);
    const code = this.#code;
    this.#code = undefined;
    if (code) this.#whole(code, '', undefined);
  }

  #close(seal = this.#owed): void {
    if (!this.#open) return;
    this.#owed = undefined;
    if (this.#open === 'text') {
      this.#bytesBefore += utf8Length(this.#text);
      this.#text = '';
    }
    this.#open = undefined;
    this.#events.push({ type: 'part-end', index: this.#index++, ...(seal && { seal }) });
  }

  /** Citations go onto the text that is still open; what was searched becomes a part of its own. */
  #ground(): void {
    if (this.#open === 'text') {
      const span = { text: this.#text, before: this.#bytesBefore };
      for (const citation of decodeCitations(this.#beside, span))
        this.#events.push({ type: 'citation', index: this.#index, citation });
    }
    for (const part of groundingParts(this.#beside)) this.#whole(part, '', undefined);
  }

  /** Usage stands on most chunks, but may be told only between parts. */
  #tellUsage(): void {
    const usage = decodeUsage(this.#untold);
    if (!usage) return;
    this.#untold = undefined;
    this.#usage = mergeUsage(this.#usage, usage);
    this.#events.push({ type: 'usage', usage: this.#usage });
  }
}
