// A streaming reply between the bytes that come and the bytes that leave: synchronous, one step per network read. The one
// choice of the design is made in `openFlow`: frames as they came where both sides speak one dialect, else the client's encoding.

import type { Dialect, Meter, Reading, ReplyContext, ReplyDecoder } from '../dialects/dialect.ts';
import { brokenOff, type GatewayError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import type { CallCheck } from '../ir/call-check.ts';
import { type FinishReason, mergeUsage, type ReplyEvent, type Usage } from '../ir/reply.ts';
import type { ToolNames } from '../ir/tool-names.ts';
import { parseObject } from '../json.ts';
import { cleanError, cleanFrame, type Shown } from '../routing/secrets.ts';
import { frameEnd, hasReturns } from '../transport/frame-cutter.ts';
import { jsonArrayWriter } from '../transport/json-array.ts';
import { linePrinter, printFrame, SseReader, SseSkimmer, type Wanted } from '../transport/sse.ts';
import { readFrames } from '../transport/sse-text.ts';
import type { Bytes } from './exchange.ts';

/**
 * A streaming reply on its way through: what it gives is to leave in that order. Where `push` or `end` throws, `fail` has the last word.
 */
export interface ReplyFlow {
  /** What may leave for the bytes that came. */
  push(chunk: Buffer): Bytes[];
  /** Upstream's stream is over: what is still owed to the client. */
  end(): Bytes[];
  /** Upstream broke off: the client is told in its dialect, unless the reply had come to its legal end. */
  fail(error: GatewayError): Bytes[];
  readonly told: FlowReading;
}

/** What the flow has learned so far. */
export interface FlowReading {
  /** Something the client waits for has come: text, thought, a call, an end. */
  readonly content: boolean;
  readonly failure?: GatewayError | undefined;
  /** The reply's own id, where it passed by as it came. */
  readonly id?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly finish?: FinishReason | undefined;
  /** The stream came to its legal end. */
  readonly ended: boolean;
  /** Upstream said its last word, whether or not its bytes have ended. */
  readonly over?: boolean | undefined;
}

/** Between whom a reply goes, and what happens to it. */
export interface FlowOptions {
  readonly upstream: Dialect;
  readonly client: Dialect;
  /** Whose seals the reply holds. */
  readonly maker: string;
  readonly context: ReplyContext;
  readonly names?: ToolNames | undefined;
  /** Looks at the calls as the client gets them. */
  readonly check?: CallCheck | undefined;
  /** Put this model name into every frame. */
  readonly relabel?: string | undefined;
  /** What the upstream was shown, and its errors may not repeat. */
  readonly shown?: Shown | undefined;
  /** Told what passes by, whole: for stores that must remember replies. */
  readonly listen?: ((event: ReplyEvent) => void) | undefined;
}

/** Frames pass as they came where both sides speak one dialect, but for a model name put in; else the client's own encoding leaves. */
export function openFlow(options: FlowOptions): ReplyFlow {
  const { upstream, client, context, relabel, listen } = options;
  if (upstream.id !== client.id) return translatedFlow(options);
  const asCame = context.envelope.framing === 'sse' && relabel === undefined && !listen;
  return asCame ? new SkimmedFlow(options) : framedFlow(options);
}

type Told = { -readonly [K in keyof FlowReading]: FlowReading[K] };

/** Notes what an event of a reply tells. */
function note(told: Told, event: ReplyEvent): void {
  if (bringsContent(event)) told.content = true;
  if (event.type === 'start') told.id = event.id;
  else if (event.type === 'usage') told.usage = mergeUsage(told.usage, event.usage);
  else if (event.type === 'failure') {
    told.failure = event.error;
    told.ended = true;
    told.over = true;
  } else if (event.type === 'finish') {
    told.finish = event.reason;
    told.ended = true;
    told.over = true;
  }
}

/** Text and thoughts begin with their first words; a call or an image, at once. An empty reply begins with its end. */
function bringsContent(event: ReplyEvent): boolean {
  if (event.type === 'part-start') return event.part.type !== 'text' && event.part.type !== 'reasoning';
  return event.type === 'part-delta' || event.type === 'finish';
}

/** One dialect on both sides: whole frames leave as the bytes that came, and only those that hold a mark are read. */
class SkimmedFlow implements ReplyFlow {
  readonly #options: FlowOptions;
  readonly #meter: Meter;
  readonly #skimmer: SseSkimmer;
  readonly #told: Told = { content: false, ended: false, over: false };
  /** The meter read a frame since it was last asked. */
  #news = false;
  /** Reads until the first content. */
  #decoder: ReplyDecoder | undefined;

  constructor(options: FlowOptions) {
    this.#options = options;
    this.#meter = options.upstream.stream.meter();
    this.#skimmer = new SseSkimmer(this.#meter.marks, (frame) => this.#read(frame));
  }

  push(chunk: Buffer): Bytes[] {
    const bytes = this.#skimmer.push(chunk);
    this.#peek();
    return bytes;
  }

  end(): Bytes[] {
    const rest: Bytes[] = this.#skimmer.end((frames) => frames.length > 0 && frames.every(isWhole));
    this.#peek();
    return [...rest, ...this.#close(brokenOff)];
  }

  fail(error: GatewayError): Bytes[] {
    return this.#close(() => error);
  }

  get told(): FlowReading {
    if (this.#news) this.#learn();
    return this.#told;
  }

  #read(frame: Frame): Wanted {
    const { context, shown } = this.#options;
    this.#meter.read(frame);
    this.#news = true;
    if (this.#meter.onlyUsage && !context.envelope.usageWanted) return 'hide';
    const clean = shown && this.#meter.reading.failure ? cleanFrame(frame, shown) : frame;
    return clean === frame ? 'pass' : clean;
  }

  #learn(): void {
    this.#news = false;
    const told = this.#told;
    const { id, usage, finish, failure, ended, closed } = this.#meter.reading;
    told.ended = ended;
    told.over = failure !== undefined || (ended && closed && this.#options.upstream.stream.endsItself);
    if (id !== undefined) told.id = id;
    if (usage) told.usage = usage;
    if (finish) told.finish = finish.reason;
    if (failure) told.failure = failure;
  }

  /** Decodes until the first content, a frame at a time: a long first read is not parsed to its end. */
  #peek(): void {
    const { came } = this.#skimmer;
    const told = this.#told;
    if (!came || told.content || told.failure) return;
    const { upstream, maker } = this.#options;
    this.#decoder ??= upstream.stream.decoder({ maker });
    const returns = hasReturns(came);
    for (let start = 0; start < came.length && !told.content && !told.failure; ) {
      const end = frameEnd(came, start, returns);
      for (const frame of readFrames(came.toString('utf8', start, end))) this.#decode(this.#decoder, frame);
      start = end;
    }
  }

  #decode(decoder: ReplyDecoder, frame: Frame): void {
    const told = this.#told;
    for (const event of decoder.push(frame)) {
      if (bringsContent(event)) told.content = true;
      if (event.type === 'failure') told.failure ??= event.error;
      if (event.type === 'finish') told.finish ??= event.reason;
    }
  }

  #close(wrong: () => GatewayError): Bytes[] {
    const { upstream, context } = this.#options;
    const { reading } = this.#meter;
    const frames = lastWords(upstream, reading, () => {
      const error = wrong();
      this.#told.failure ??= error;
      return upstream.stream.failure(error, context, sequenced(upstream, this.#skimmer, reading));
    });
    return frames.map(printFrame);
  }
}

/** The reading with the number of the last frame that left, for dialects that number their frames. */
function sequenced(upstream: Dialect, skimmer: SseSkimmer, reading: Reading): Reading {
  const last = skimmer.lastFrame();
  if (!last) return reading;
  const meter = upstream.stream.meter();
  meter.read(last);
  const { sequence } = meter.reading;
  return sequence === undefined ? reading : { ...reading, sequence };
}

/** What is owed after the frames of upstream: nothing after its own error, a courtesy after its legal end, else that it broke off. */
function lastWords(upstream: Dialect, reading: Reading, broken: () => readonly Frame[]): readonly Frame[] {
  if (reading.failure) return [];
  return reading.ended ? upstream.stream.closing(reading) : broken();
}

/** A frame that broke off in the middle must not reach clients: they parse each one. */
function isWhole({ data }: Frame): boolean {
  return data.trim() === '[DONE]' || parseObject(data) !== undefined;
}

/** What upstream left without its blank line, where nothing else is missing. */
function lastFrames(reader: SseReader): readonly Frame[] {
  return reader.end().filter(isWhole);
}

/** The last events of a stream: its legal end, or this error. */
function lastEvents(decoder: ReplyDecoder, error?: GatewayError): readonly ReplyEvent[] {
  return decoder.end().map((event) => (event.type === 'failure' && error ? { ...event, error } : event));
}

/** One dialect on both sides, but every frame must be touched: for another framing or another model name. */
function framedFlow({ upstream, context, maker, relabel, shown, listen }: FlowOptions): ReplyFlow {
  const reader = new SseReader();
  const decoder = upstream.stream.decoder({ maker });
  const meter = upstream.stream.meter();
  const print = printer(context, printFrame);
  const told: Told = { content: false, ended: false, over: false };
  const hear = (events: readonly ReplyEvent[]): void => {
    for (const event of events) {
      note(told, event);
      listen?.(event);
    }
  };
  const pass = (frames: readonly Frame[]): Bytes[] => {
    for (const frame of frames) {
      meter.read(frame);
      hear(decoder.push(frame));
      if (meter.onlyUsage && !context.envelope.usageWanted) continue;
      const clean = meter.reading.failure && shown ? cleanFrame(frame, shown) : frame;
      print.add(relabel === undefined ? clean : upstream.stream.relabel(clean, relabel));
    }
    return print.take();
  };
  const close = (error?: GatewayError): Bytes[] => {
    hear(lastEvents(decoder, error));
    const { reading } = meter;
    const broken = () => upstream.stream.failure(told.failure ?? brokenOff(), context, reading);
    for (const frame of lastWords(upstream, reading, broken)) print.add(frame);
    print.close();
    return print.take();
  };
  return {
    push: (chunk) => pass(reader.push(chunk)),
    end: () => [...pass(lastFrames(reader)), ...close()],
    fail: close,
    told,
  };
}

/**
 * Two dialects: every frame is decoded, and the client gets its own dialect's encoding of the events. One frame goes all the way before
 * the next begins: what a network read brought may be hundreds, and nothing between the bytes shall live longer than it must.
 */
function translatedFlow(options: FlowOptions): ReplyFlow {
  const { upstream, maker, shown } = options;
  const reader = new SseReader();
  const decoder = upstream.stream.decoder({ maker });
  const writer = eventWriter(options);
  const clean = (event: ReplyEvent): ReplyEvent =>
    event.type === 'failure' && shown ? { ...event, error: cleanError(event.error, shown) } : event;
  const write = (frames: readonly Frame[]): void => {
    for (const frame of frames) for (const event of decoder.push(frame)) writer.say(clean(event));
  };
  const close = (error?: GatewayError): Bytes[] => {
    writer.write(lastEvents(decoder, error));
    writer.close();
    return writer.take();
  };
  return {
    push(chunk) {
      write(reader.push(chunk));
      return writer.take();
    },
    end() {
      write(lastFrames(reader));
      return close();
    },
    fail: close,
    told: writer.told,
  };
}

/** Writes events in the client's dialect and framing, with the client's own tool names. */
export function eventWriter({
  client,
  context,
  names,
  check,
  listen,
}: Pick<FlowOptions, 'client' | 'context' | 'names' | 'check' | 'listen'>) {
  const encode = client.stream.encoder(context);
  const restore = names?.restorer();
  const print = printer(context, linePrinter());
  const told: Told = { content: false, ended: false, over: false };
  const tell = (event: ReplyEvent): void => {
    listen?.(event);
    check?.hear(event);
    for (const frame of encode(event)) print.add(frame);
  };
  const say = (event: ReplyEvent): void => {
    if (told.ended) return;
    if (restore) for (const restored of restore(event)) tell(restored);
    else tell(event);
    note(told, event);
  };
  const write = (events: readonly ReplyEvent[]): void => {
    for (const event of events) say(event);
  };
  return { say, write, close: print.close, take: print.take, told };
}

/** Gathers frames as the client's framing has them. */
interface Printer {
  add(frame: Frame): void;
  /** Ends the framing itself. */
  close(): void;
  /** What was gathered since it was last asked. */
  take(): Bytes[];
}

/** Bytes, not text: what leaves is written as it is, where text would be measured and copied once more on its way. */
function printer({ envelope }: ReplyContext, print: (frame: Frame) => string): Printer {
  const array = envelope.framing === 'json-array' ? jsonArrayWriter() : undefined;
  let text = '';
  return {
    add(frame) {
      text += array ? array.write([frame]) : print(frame);
    },
    close() {
      if (array) text += array.end();
    },
    take() {
      const taken = text === '' ? [] : [Buffer.from(text)];
      text = '';
      return taken;
    },
  };
}
