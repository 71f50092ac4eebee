// One upstream call: undici's callbacks on the one side, a reply and then a source of bytes on the other.

import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { type GatewayError, toGatewayError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import type { Address } from './address.ts';
import type { ByteSink, ByteSource } from './bytes.ts';
import { decoded } from './content-encoding.ts';
import {
  type CallTimeouts,
  cancelled,
  closedInUse,
  explain,
  overran,
  type Peer,
  type Phase,
  timedOut,
} from './failure.ts';
import type { Ticker, Waiting } from './ticker.ts';
import { atEndOfTurn, type Flushing } from './turn.ts';

/** One request as it goes out, and how long may be waited for its reply. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: Address;
  /** Names in lower case. Handed through as they are, but for `accept-encoding`, which is this layer's. */
  readonly headers: Readonly<Record<string, string>>;
  /** A buffer, so that the same request can be sent again. */
  readonly body?: Buffer;
  /** A proxy URL, or `direct`; absent: direct. */
  readonly proxy?: string | undefined;
  readonly timeouts: CallTimeouts;
  readonly watch?: CallWatch;
}

/** Who wants to know how far a call is. */
interface CallWatch {
  /** There is a connection, new or kept, and the request goes out on it. */
  connected(): void;
}

/** A reply whose headers are there. Its body flows when somebody takes it up, with any content-encoding undone. */
export interface UpstreamReply {
  readonly status: number;
  /** Names in lower case; what came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ByteSource;
}

/** Who waits for a reply. */
export interface Receiver {
  /** Its headers are there. One that throws has `failed` with what it threw. */
  replied(reply: UpstreamReply): void;
  failed(error: GatewayError): void;
}

/** Where requests go by one proxy setting. */
export interface Way {
  readonly dispatcher: Dispatcher;
  send(request: UpstreamRequest, call: Call): void;
  /** The proxy as it may be shown. */
  readonly label: string | undefined;
  readonly ticker: Ticker;
}

/** How many bytes are taken from the socket before anyone asked for them. */
const holdLimit = 64 * 1024;
const once = { once: true };

/** Made anew for each request; its own handler, listener, timer target and source, so that a request costs one object. */
export class Call implements ByteSource, Dispatcher.DispatchHandler, Flushing, Waiting {
  place = -1;
  readonly #request: UpstreamRequest;
  readonly #way: Way;
  readonly #signal: Signal;
  readonly #receiver: Receiver;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: Phase = 'connect';
  #sink: ByteSink | undefined;
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #scheduled = false;
  #blocked = false;
  /** All bytes have come. */
  #ended = false;
  #failure: GatewayError | undefined;
  /** The last word was said, or nobody wants to hear it. */
  #over = false;
  /** Something has come or gone since the last look at the time. */
  #moved = true;
  #movedAt = 0;
  #begunAt = -1;
  /** It may be sent once more: it was not yet, upstream has not begun to answer, and had no time to work on an answer. */
  #anew = true;

  constructor(request: UpstreamRequest, way: Way, signal: Signal, receiver: Receiver) {
    this.#request = request;
    this.#way = way;
    this.#signal = signal;
    this.#receiver = receiver;
    signal.addEventListener('abort', this, once);
    way.ticker.join(this, shortest(request.timeouts));
  }

  // What undici calls.

  /** A request that waited for its connection while its client left is not sent: undici would keep the connection for ever. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) {
      controller.abort(this.#failure ?? new Error('given up'));
      return;
    }
    this.#phase = 'headers';
    this.#moved = true;
    this.#request.watch?.connected();
  }

  /** The first byte of a final answer, or of one that comes before it. */
  onResponseStarted(): void {
    this.#anew = false;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, fields: IncomingHttpHeaders): void {
    if (this.#over || status < 200) return;
    this.#controller = controller;
    const headers = combined(fields);
    try {
      const body = this.#plain(headers);
      this.#phase = 'body';
      this.#moved = true;
      this.#receiver.replied({ status, headers, body });
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.abort(error);
      process.nextTick(tellFailed, this.#receiver, error);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#moved = true;
    const pieces = this.#held?.push(chunk);
    this.#held ??= [chunk];
    this.#heldBytes += chunk.length;
    if (pieces === 2 && this.#scheduled) process.nextTick(join, this);
    if (this.#sink && !this.#blocked) this.#schedule();
    else if (this.#heldBytes >= holdLimit) controller.pause();
  }

  onResponseEnd(): void {
    this.#way.ticker.leave(this);
    this.#ended = true;
    this.#schedule();
  }

  onResponseError(controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#controller = controller ?? this.#controller;
    if (this.#over || this.#failure || this.#ended) return;
    if (this.#anew && this.#phase === 'headers' && this.#way.label === undefined && closedInUse(error)) {
      this.#anew = false;
      this.#phase = 'connect';
      process.nextTick(sendAgain, this);
      return;
    }
    this.#breakOff(explain(error, this.#phase, this.#peer()));
  }

  // What our side calls.

  flow(sink: ByteSink): void {
    this.#sink = sink;
    if (this.#held || this.#ended || this.#failure) this.#schedule();
  }

  resume(): void {
    if (!this.#blocked || this.#over) return;
    this.#blocked = false;
    this.#schedule();
    this.#controller?.resume();
  }

  abort(reason: Error): void {
    this.#close();
    this.#controller?.abort(reason);
  }

  /** Our signal fired. */
  handleEvent(): void {
    this.#stop(cancelled(this.#signal.reason));
  }

  /** What has moved since the last look has its whole time again; so has what waits for us. */
  look(now: number): void {
    if (this.#begunAt < 0) this.#begunAt = now;
    else this.#anew = false;
    if (this.#moved || this.#controller?.paused) this.#movedAt = now;
    this.#moved = false;
    const { connect, headers, idle, total = 0 } = this.#request.timeouts;
    if (total > 0 && now - this.#begunAt >= total) {
      this.#stop(overran(this.#phase, this.#peer()));
      return;
    }
    const patience = { connect, headers, body: idle }[this.#phase];
    if (patience === 0 || now - this.#movedAt < patience) return;
    const failure = timedOut(this.#phase, this.#peer());
    this.#breakOff(failure);
    this.#controller?.abort(failure);
  }

  sendAgain(): void {
    if (!this.#over) this.#way.send(this.#request, this);
  }

  #peer(): Peer {
    return { host: this.#request.url.host, proxy: this.#way.label, timeouts: this.#request.timeouts };
  }

  /** The reply's bytes as they were before any content-encoding; its headers then no longer speak of one. */
  #plain(headers: Record<string, string>): ByteSource {
    const codings = headers['content-encoding'];
    if (codings === undefined) return this;
    delete headers['content-encoding'];
    delete headers['content-length'];
    return decoded(this, codings, this.#request.url.host, this.#signal);
  }

  /** Nothing more will come: what is held of a reply is still told before the failure. */
  #breakOff(failure: GatewayError): void {
    if (this.#phase !== 'body') this.#stop(failure);
    else {
      this.#way.ticker.leave(this);
      this.#failure = failure;
      this.#schedule();
    }
  }

  /** Ends the call with an error at once; what is held is dropped. */
  #stop(error: GatewayError): void {
    if (this.#over) return;
    const sink = this.#sink;
    this.#failure = error;
    this.#held = undefined;
    this.#way.ticker.leave(this);
    // A reply that nobody has taken up yet hears of it when somebody does.
    if (this.#phase === 'body' && !sink) this.#ended = true;
    else this.#close();
    this.#controller?.abort(error);
    if (sink) sink.fail(error);
    else if (this.#phase !== 'body') process.nextTick(tellFailed, this.#receiver, error);
  }

  #close(): void {
    this.#over = true;
    this.#held = undefined;
    this.#way.ticker.leave(this);
    this.#signal.removeEventListener('abort', this);
  }

  /** Joining what came halves the cost of bursts and adds no latency: the flush runs before the loop waits. */
  #schedule(): void {
    if (this.#scheduled || !this.#sink || this.#over) return;
    this.#scheduled = true;
    atEndOfTurn(this);
  }

  /** Once the socket was read: of hundreds of small pieces one is left for the collector to carry along until the turn ends. */
  join(): void {
    if (this.#heldBytes >= holdLimit) this.flush();
    else if (this.#held) this.#held = [joined(this.#held, this.#heldBytes)];
  }

  flush(): void {
    this.#scheduled = false;
    const sink = this.#sink;
    if (!sink || this.#over || this.#blocked) return;
    try {
      if (this.#held && !sink.data(this.#take(this.#held))) {
        this.#blocked = true;
        this.#controller?.pause();
        return;
      }
      if (this.#over) return;
      // What was held before anyone asked may have stopped the socket.
      this.#controller?.resume();
      if (this.#held || !(this.#ended || this.#failure)) return;
      this.#close();
      if (this.#failure) sink.fail(this.#failure);
      else sink.end();
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.abort(error);
      sink.fail(error);
    }
  }

  #take(held: Buffer[]): Buffer {
    const chunk = joined(held, this.#heldBytes);
    this.#held = undefined;
    this.#heldBytes = 0;
    return chunk;
  }
}

function join(call: Call): void {
  call.join();
}

function joined(pieces: readonly Buffer[], size: number): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first ? first : Buffer.concat(pieces, size);
}

/** Once undici is done with the connection. */
function sendAgain(call: Call): void {
  call.sendAgain();
}

/** Later, so that nobody is called back before the call returned. */
function tellFailed(receiver: Receiver, error: GatewayError): void {
  receiver.failed(error);
}

function shortest({ connect, headers, idle, total = 0 }: CallTimeouts): number {
  return Math.min(connect || Infinity, headers || Infinity, idle || Infinity, total || Infinity);
}

/** undici makes the object for this reply alone, so it is finished in place. */
function combined(fields: IncomingHttpHeaders): Record<string, string> {
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === 'object') (fields as Record<string, string>)[name] = value.join(', ');
  }
  return fields as Record<string, string>;
}
