// Bytes on their way: a source that pushes, a sink that takes, and the plain way to gather a whole body.

import { GatewayError } from '../errors.ts';

/**
 * A push source of bytes. Nothing flows before `flow`, which never calls back before it returned; then every callback comes
 * within the turn of the event loop that brought the bytes, and all that it brought comes as few chunks.
 */
export interface ByteSource {
  /** Begins the flow. To be called once. */
  flow(sink: ByteSink): void;
  /** Goes on after a sink asked for a pause. */
  resume(): void;
  /** Drops the connection. The sink hears nothing more. */
  abort(reason: Error): void;
}

/** Exactly one of `end` and `fail` is the last word. A sink that throws fails with what it threw. */
export interface ByteSink {
  /** False asks for a pause until `resume()`. */
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: GatewayError): void;
}

/** Who waits for a whole body. Hears exactly one of both. */
export interface Recipient {
  whole(bytes: Buffer): void;
  failed(error: GatewayError): void;
}

/**
 * The whole body in one buffer; a body above the limit is given up as `upstream`. Never calls back before it returned; a recipient
 * that throws at the whole has `failed` with what it threw.
 */
export function gather(source: ByteSource, limit: number, recipient: Recipient): void {
  source.flow(new Gathering(limit, recipient));
}

/** `gather` for those who would rather wait. */
export function readAll(source: ByteSource, limit: number): Promise<Buffer> {
  return new Promise((whole, failed) => gather(source, limit, { whole, failed }));
}

/** As much of a body as comes within so many bytes and milliseconds, and whether that is all of it. Never throws. */
export function readStart(
  source: ByteSource,
  { limit, time }: { readonly limit: number; readonly time: number },
): Promise<{ bytes: Buffer; whole: boolean }> {
  return new Promise((told) => {
    const pieces = new Pieces();
    const over = (whole: boolean): void => {
      clearTimeout(waiting);
      told({ bytes: pieces.joined(), whole });
    };
    const waiting = setTimeout(() => {
      source.abort(new Error('The beginning was enough.'));
      over(false);
    }, time);
    source.flow({
      data(chunk) {
        if (pieces.size + chunk.length > limit) throw tooLarge(limit);
        pieces.add(chunk);
        return true;
      },
      end: () => over(true),
      fail: () => over(false),
    });
  });
}

/** What came of a body so far: one that comes in one piece, as most do that are read whole, is not copied. */
export class Pieces {
  /** Bytes. */
  size = 0;
  #first: Buffer | undefined;
  #all: Buffer[] | undefined;

  add(piece: Buffer): void {
    this.size += piece.length;
    if (!this.#first) this.#first = piece;
    else if (this.#all) this.#all.push(piece);
    else this.#all = [this.#first, piece];
  }

  /** All of it; no bytes where none came. */
  joined(): Buffer {
    return this.#all ? Buffer.concat(this.#all, this.size) : (this.#first ?? Buffer.alloc(0));
  }
}

/** Who is told how a body begins, and takes it up at once. `all`: it came to its end, and the beginning is all there is. */
type Opened = (start: Buffer, body: ByteSource, all: boolean) => void;

/** Whether what is held of a body says what it is; asked once for each chunk, which is held by then. What it throws, the body fails with. */
export type Telling = (held: Pieces, chunk: Buffer) => boolean;

/**
 * Tells the beginning of a body once there is enough of it to know what it is, or nothing more will come, and then the body from that
 * same beginning, unless nobody took it up. Never calls back before it returned.
 */
export function peek(source: ByteSource, opened: Opened, telling: Telling = tellsField): void {
  source.flow(new Peek(source, opened, telling));
}

/** Bytes that tell the first field of an event stream from anything else, white space before them not counted. */
const field = 6;
/** White space that is waited through. */
const patience = 1024;

function tellsField(held: Pieces): boolean {
  return held.size >= patience || held.joined().toString('latin1').trimStart().length >= field;
}

class Peek implements ByteSink, ByteSource {
  readonly #source: ByteSource;
  readonly #opened: Opened;
  readonly #telling: Telling;
  /** Until it was told. */
  #held: Pieces | undefined = new Pieces();
  #sink: ByteSink | undefined;

  constructor(source: ByteSource, opened: Opened, telling: Telling) {
    this.#source = source;
    this.#opened = opened;
    this.#telling = telling;
  }

  flow(sink: ByteSink): void {
    this.#sink = sink;
  }

  resume(): void {
    this.#source.resume();
  }

  abort(reason: Error): void {
    this.#source.abort(reason);
  }

  data(chunk: Buffer): boolean {
    if (this.#sink) return this.#sink.data(chunk);
    const held = this.#held;
    if (!held) return true;
    held.add(chunk);
    const telling = this.#telling;
    return telling(held, chunk) ? this.#open(held, false) : true;
  }

  end(): void {
    if (this.#held) this.#open(this.#held, true);
    this.#sink?.end();
  }

  fail(error: GatewayError): void {
    if (this.#held) this.#open(this.#held, false);
    this.#sink?.fail(error);
  }

  #open(held: Pieces, all: boolean): boolean {
    const start = held.joined();
    this.#held = undefined;
    this.#opened(start, this, all);
    return start.length === 0 || (this.#sink?.data(start) ?? true);
  }
}

class Gathering implements ByteSink {
  readonly #limit: number;
  readonly #recipient: Recipient;
  readonly #pieces = new Pieces();

  constructor(limit: number, recipient: Recipient) {
    this.#limit = limit;
    this.#recipient = recipient;
  }

  data(chunk: Buffer): boolean {
    this.#pieces.add(chunk);
    if (this.#pieces.size > this.#limit) throw tooLarge(this.#limit);
    return true;
  }

  end(): void {
    this.#recipient.whole(this.#pieces.joined());
  }

  fail(error: GatewayError): void {
    this.#recipient.failed(error);
  }
}

/** The error of a reply that is larger than so many bytes. */
export function tooLarge(limit: number): GatewayError {
  return new GatewayError('upstream', `The upstream's reply is larger than ${limit} bytes.`);
}
