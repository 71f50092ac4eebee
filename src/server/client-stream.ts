// A response as a stream that is never silent for long. From its first bytes on an error can only be an event of it.

import type { ServerResponse } from 'node:http';
import type { GatewayError } from '../errors.ts';
import { type AnswerSink, type Bytes, type Exchange, replyContext, type StreamAnswer } from '../relay/exchange.ts';
import { jsonArrayWriter } from '../transport/json-array.ts';
import { printFrame } from '../transport/sse.ts';
import { addHeaders, addIds, beginHead, longestString } from './head.ts';
import type { Pulse, Quiet } from './pulse.ts';

type Headers = Readonly<Record<string, string>>;

/** A streaming response. Its head leaves when the answer begins, or with the first keep-alive if that comes sooner. */
export class ClientStream implements AnswerSink, Quiet {
  silent = 0;
  place = -1;
  readonly #response: ServerResponse;
  readonly #exchange: Exchange;
  readonly #pulse: Pulse | undefined;
  #answer: StreamAnswer | undefined;
  #drained: (() => void) | undefined;
  /** Chunks are framed here: Node would make four writes of each. */
  #chunked = false;

  /** Begins to count its silence. */
  constructor(response: ServerResponse, exchange: Exchange, pulse: Pulse | undefined) {
    this.#response = response;
    this.#exchange = exchange;
    this.#pulse = pulse;
    pulse?.add(this);
  }

  /** Writes what the answer brings, at the client's pace. */
  pour(answer: StreamAnswer): void {
    this.#begin(answer.headers);
    this.#answer = answer;
    answer.flow(this);
  }

  write(bytes: readonly Bytes[]): boolean {
    this.silent = 0;
    if (this.#response.destroyed) return true;
    let size = 0;
    for (const piece of bytes) size += piece.length;
    if (size === 0) return true;
    const ready = size > longestString ? this.#writeLong(bytes) : this.#writeShort(bytes);
    if (!ready && !this.#drained) {
      this.#drained = () => this.#answer?.resume();
      this.#response.on('drain', this.#drained);
    }
    return ready;
  }

  end(): void {
    this.cancel();
    // What a response refers to stays in memory for some time after its end.
    if (this.#drained) this.#response.off('drain', this.#drained);
    this.#drained = undefined;
    this.#answer = undefined;
    if (this.#response.destroyed) return;
    if (this.#chunked) this.#response.end('0\r\n\r\n', 'latin1');
    else this.#response.end();
  }

  /** Ends a stream that has begun with an error in the client's dialect. */
  fail(error: GatewayError): void {
    this.write(failureBytes(this.#exchange, error));
    this.end();
  }

  /** Nothing more comes of it. */
  cancel(): void {
    this.#pulse?.delete(this);
  }

  beat(): void {
    if (this.#response.destroyed) {
      this.cancel();
      return;
    }
    this.#begin({});
    const { dialect, envelope } = this.#exchange;
    this.#writeShort([envelope.framing === 'sse' ? dialect.stream.keepAlive : ' ']);
  }

  #begin(headers: Headers): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    const { envelope, id } = this.#exchange;
    const head = beginHead(response.req);
    if (headers['content-type'] === undefined)
      head.push('content-type', envelope.framing === 'sse' ? 'text/event-stream; charset=utf-8' : 'application/json');
    if (headers['cache-control'] === undefined) head.push('cache-control', 'no-cache');
    if (headers['x-accel-buffering'] === undefined) head.push('x-accel-buffering', 'no');
    addIds(head, id);
    addHeaders(head, headers);
    response.writeHead(200, head);
    // Node has told the client by now; clients of HTTP/1.0 get no chunks.
    this.#chunked = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  #writeShort(bytes: readonly Bytes[]): boolean {
    let text = '';
    for (const piece of bytes) text += asLatin1(piece);
    return this.#response.write(this.#chunked ? `${text.length.toString(16)}\r\n${text}\r\n` : text, 'latin1');
  }

  #writeLong(bytes: readonly Bytes[]): boolean {
    const response = this.#response;
    let size = 0;
    for (const piece of bytes) size += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
    if (this.#chunked) response.write(`${size.toString(16)}\r\n`, 'latin1');
    let ready = true;
    for (const piece of bytes) {
      ready = typeof piece === 'string' ? response.write(piece, 'utf8') : response.write(piece);
    }
    return this.#chunked ? response.write('\r\n', 'latin1') : ready;
  }
}

/** A letter for each byte. */
function asLatin1(piece: Bytes): string {
  if (typeof piece !== 'string') return piece.toString('latin1');
  return Buffer.byteLength(piece) === piece.length ? piece : Buffer.from(piece).toString('latin1');
}

/** An error as the whole of a stream, in the client's framing. */
function failureBytes(exchange: Exchange, error: GatewayError): string[] {
  const { dialect, envelope } = exchange;
  const frames = dialect.stream.failure(error, replyContext(exchange, envelope.model), { ended: false, closed: false });
  if (envelope.framing === 'sse') return frames.map(printFrame);
  const array = jsonArrayWriter();
  return [array.write(frames), array.end()];
}
