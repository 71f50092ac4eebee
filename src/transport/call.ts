// One upstream call: undici's callbacks on the one side, a promise of the reply and then a source of bytes on the other.

import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { type GatewayError, toGatewayError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import type { ByteSink, ByteSource } from './bytes.ts';
import { decoded } from './content-encoding.ts';
import { cancelled, explain, overran, type Peer, type Phase, timedOut } from './failure.ts';

export interface UpstreamReply {
  readonly status: number;
  /** Names in lower case; what came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ByteSource;
}

/** Who wants to know how far a call is. */
export interface CallWatch {
  /** There is a connection, new or kept, and the request goes out on it. */
  connected(): void;
}

/** How many bytes are taken from the socket before anyone asked for them. */
const holdLimit = 64 * 1024;

/** Made anew for each request; its own handler, listener, timer target and source, so that a request costs one object. */
export class Call implements ByteSource, Dispatcher.DispatchHandler {
  readonly reply: Promise<UpstreamReply>;
  readonly #answer: (reply: UpstreamReply) => void;
  readonly #refuse: (error: GatewayError) => void;
  readonly #peer: Peer;
  readonly #signal: Signal;
  readonly #watch: CallWatch | undefined;
  readonly #connectTimer: NodeJS.Timeout | undefined;
  readonly #totalTimer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: Phase = 'connect';
  #sink: ByteSink | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #scheduled = false;
  #blocked = false;
  /** All bytes have come. */
  #ended = false;
  #failure: GatewayError | undefined;
  /** The last word was said, or nobody wants to hear it. */
  #over = false;

  constructor(peer: Peer, signal: Signal, watch?: CallWatch) {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamReply>();
    this.reply = promise;
    this.#answer = resolve;
    this.#refuse = reject;
    this.#peer = peer;
    this.#signal = signal;
    this.#watch = watch;
    signal.addEventListener('abort', this, { once: true });
    const { connect, total = 0 } = peer.timeouts;
    if (connect > 0) this.#connectTimer = setTimeout(connectTimedOut, connect, this);
    if (total > 0) this.#totalTimer = setTimeout(totalTimedOut, total, this);
  }

  // What undici calls.

  /** A request that waited for its connection while its client left is not sent: undici would keep the connection for ever. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) {
      controller.abort(this.#failure ?? new Error('given up'));
      return;
    }
    clearTimeout(this.#connectTimer);
    this.#phase = 'headers';
    this.#watch?.connected();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, fields: IncomingHttpHeaders): void {
    if (this.#over || status < 200) return;
    this.#controller = controller;
    const headers = joined(fields);
    try {
      const body = this.#plain(headers);
      this.#phase = 'body';
      this.#answer({ status, headers, body });
    } catch (thrown) {
      this.#stop(toGatewayError(thrown));
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#sink && !this.#blocked) this.#schedule();
    else if (this.#heldBytes >= holdLimit) controller.pause();
  }

  onResponseEnd(): void {
    clearTimeout(this.#totalTimer);
    this.#ended = true;
    this.#schedule();
  }

  onResponseError(controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#controller = controller ?? this.#controller;
    if (this.#over || this.#failure || this.#ended) return;
    const failure = explain(error, this.#phase, this.#peer);
    if (this.#phase !== 'body') this.#stop(failure);
    else {
      clearTimeout(this.#totalTimer);
      this.#failure = failure;
      this.#schedule();
    }
  }

  // What our side calls.

  flow(sink: ByteSink): void {
    this.#sink = sink;
    this.#schedule();
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

  connectTimedOut(): void {
    this.#stop(timedOut('connect', this.#peer));
  }

  totalTimedOut(): void {
    this.#stop(overran(this.#phase, this.#peer));
  }

  /** The reply's bytes as they were before any content-encoding; its headers then no longer speak of one. */
  #plain(headers: Record<string, string>): ByteSource {
    const codings = headers['content-encoding'];
    if (codings === undefined) return this;
    delete headers['content-encoding'];
    delete headers['content-length'];
    return decoded(this, codings, this.#peer.host);
  }

  /** Ends the call with an error at once; what is held is dropped. */
  #stop(error: GatewayError): void {
    if (this.#over) return;
    const sink = this.#sink;
    this.#failure = error;
    this.#held = [];
    // A reply that nobody has taken up yet hears of it when somebody does.
    if (this.#phase === 'body' && !sink) this.#ended = true;
    else this.#close();
    this.#controller?.abort(error);
    this.#refuse(error);
    sink?.fail(error);
  }

  #close(): void {
    this.#over = true;
    this.#held = [];
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#totalTimer);
    this.#signal.removeEventListener('abort', this);
  }

  /** Joining what one socket read brought halves the cost of bursts and adds no latency: the flush runs before the loop waits. */
  #schedule(): void {
    if (this.#scheduled || !this.#sink || this.#over) return;
    this.#scheduled = true;
    process.nextTick(flush, this);
  }

  flush(): void {
    this.#scheduled = false;
    const sink = this.#sink;
    if (!sink || this.#over || this.#blocked) return;
    try {
      if (this.#held.length > 0 && !sink.data(this.#take())) {
        this.#blocked = true;
        this.#controller?.pause();
        return;
      }
      if (this.#over || this.#held.length > 0 || !(this.#ended || this.#failure)) return;
      this.#close();
      if (this.#failure) sink.fail(this.#failure);
      else sink.end();
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.abort(error);
      sink.fail(error);
    }
  }

  #take(): Buffer {
    const [first] = this.#held;
    const chunk = this.#held.length === 1 && first ? first : Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    return chunk;
  }
}

function flush(call: Call): void {
  call.flush();
}

function connectTimedOut(call: Call): void {
  call.connectTimedOut();
}

function totalTimedOut(call: Call): void {
  call.totalTimedOut();
}

/** undici makes the object for this reply alone, so it is finished in place. */
function joined(fields: IncomingHttpHeaders): Record<string, string> {
  for (const name in fields) {
    const value = fields[name];
    if (Array.isArray(value)) (fields as Record<string, string>)[name] = value.join(', ');
  }
  return fields as Record<string, string>;
}
