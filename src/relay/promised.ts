// A reply whose content type promises a stream, from an upstream that may send one JSON body all the same. What opens an object is held
// until it is known to be the first line of a stream, or to be all there is.

import type { GatewayError } from '../errors.ts';
import { type ByteSink, type ByteSource, Pieces, tooLarge } from '../transport/http.ts';

/** Who takes the reply up, once it is known what it is. */
export interface Promises {
  /** Bytes. */
  readonly limit: number;
  /** Takes up the stream, from its beginning, at once. */
  stream(body: ByteSource): void;
  /** Takes all that came, if it is a whole reply. Says whether it is. */
  whole(bytes: Buffer): boolean;
}

/** Begins the flow of a body that should be a stream, and hands it on as what it is. */
export function keepPromise(source: ByteSource, promises: Promises): void {
  source.flow(new Promised(source, promises));
}

class Promised implements ByteSink, ByteSource {
  readonly #source: ByteSource;
  readonly #promises: Promises;
  #held: Pieces | undefined;
  #lineEnded = false;
  #sink: ByteSink | undefined;

  constructor(source: ByteSource, promises: Promises) {
    this.#source = source;
    this.#promises = promises;
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
    if (!this.#held && !opensObject(chunk)) return this.#begin(chunk);
    this.#held ??= new Pieces();
    this.#held.add(chunk);
    if (this.#held.size > this.#promises.limit) throw tooLarge(this.#promises.limit);
    if (nextLine.test(`${this.#lineEnded ? '\n' : ''}${chunk.toString('latin1')}`))
      return this.#begin(this.#held.joined());
    this.#lineEnded = chunk.at(-1) === lineFeed;
    return true;
  }

  end(): void {
    if (!this.#sink) {
      const bytes = this.#held?.joined() ?? Buffer.alloc(0);
      if (this.#held && this.#promises.whole(bytes)) return;
      this.#begin(bytes);
    }
    this.#sink?.end();
  }

  fail(error: GatewayError): void {
    if (!this.#sink) this.#begin(this.#held?.joined() ?? Buffer.alloc(0));
    this.#sink?.fail(error);
  }

  #begin(start: Buffer): boolean {
    this.#held = undefined;
    this.#promises.stream(this);
    return start.length === 0 || (this.#sink?.data(start) ?? true);
  }
}

const lineFeed = 0x0a;
/** The lines within an object are indented; what stands at the margin behind it is another object or an event. */
const nextLine = /[\r\n](?:\{|data:|event:|:)/;

/** Whether an object begins here. One that is an error is told at once, as it may be that nothing follows and nothing ends. */
function opensObject(chunk: Buffer): boolean {
  const first = chunk[0];
  // `d` and `e`: nearly every stream begins with one of its fields.
  if (first === 0x64 || first === 0x65) return false;
  return /^\s*\{(?!\s*"(?:error"|type"\s*:\s*"error"))/.test(chunk.toString('latin1', 0, 256));
}
