// One client request on its way: what every step of the relay may know, and what the server gets back.

import type { Body } from '../body.ts';
import type { Dialect, InboundCall, ReplyContext } from '../dialects/dialect.ts';
import type { Envelope } from '../envelope.ts';
import type { JsonObject } from '../json.ts';
import type { Report } from '../loss.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { Signal } from '../signal.ts';

/** One request of a client, from its arrival to its last word. Its attempts change nothing of it. */
export interface Exchange {
  /** Shown to the client as `x-request-id`. */
  readonly id: string;
  /** 24 letters and digits; ids that upstream does not give are made from it. */
  readonly token: string;
  /** The client's fingerprint: whose stored responses it may see. */
  readonly owner: string;
  /** The client's dialect. */
  readonly dialect: Dialect;
  readonly envelope: Envelope;
  readonly call: InboundCall;
  /** As the client sent it, but for what the gateway itself resolved (`previous_response_id`). Never touched by an attempt. */
  readonly body: Body;
  /** What the client asked for and got, for what its dialect echoes: its own body, with what the gateway made of its wishes. */
  readonly echoed: JsonObject;
  readonly snapshot: Snapshot;
  /** Aborted when the client leaves. */
  readonly signal: Signal;
  /** Refuse a translation that loses something. */
  readonly strict: boolean;
  /** Unix seconds. */
  readonly created: number;
  /** Milliseconds, for durations. */
  readonly startedAt: number;
}

/** What the client's dialect may know of the exchange when it writes a reply that shows this model, and whom it tells what it lost. */
export function replyContext(exchange: Exchange, model: string, report: Report = () => undefined): ReplyContext {
  return new ExchangeContext(exchange, model, report);
}

/** Most replies ask neither for the request nor for an id: the body is parsed, and the id made, when one does. */
class ExchangeContext implements ReplyContext {
  readonly envelope: Envelope;
  readonly model: string;
  readonly created: number;
  readonly report: Report;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, model: string, report: Report) {
    this.envelope = exchange.envelope;
    this.model = model;
    this.created = exchange.created;
    this.report = report;
    this.#exchange = exchange;
  }

  get request(): JsonObject {
    return this.#exchange.echoed;
  }

  get id(): string {
    return this.#exchange.token;
  }
}

/** What is written at a time; a string is meant as UTF-8. */
export type Bytes = Buffer | string;

/** What the server writes back. Errors are not answers: they are thrown. */
export type Answer = WholeAnswer | StreamAnswer;
/** An answer that is all there. */
export interface WholeAnswer {
  readonly type: 'whole';
  readonly status: number;
  /** Its own, to be added to on its way. */
  readonly headers: Record<string, string>;
  readonly body: Bytes;
}
/** An answer that has begun; its status is 200. */
export interface StreamAnswer {
  readonly type: 'stream';
  /** Its own, to be added to on its way. */
  readonly headers: Record<string, string>;
  /** Starts the flow; what was held back comes first, synchronously. */
  flow(sink: AnswerSink): void;
  /** The client can take more after a `write` that said false. */
  resume(): void;
}
/** The client's side of a streaming answer. After `end` nothing is written. */
export interface AnswerSink {
  /** False: the client is slow, pause until `resume`. */
  write(bytes: readonly Bytes[]): boolean;
  end(): void;
}
