// A client's call on its way to the relay: once its body is there it becomes an exchange, and its answer is written.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body } from '../body.ts';
import type { Dialect, InboundCall, Route } from '../dialects/dialect.ts';
import type { Envelope } from '../envelope.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { Exchange } from '../relay/exchange.ts';
import type { StoredResponses } from '../relay/stored-responses.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { Departure, type Signal } from '../signal.ts';
import type { Recipient } from '../transport/http.ts';
import { Reception } from './answer.ts';
import { pathOf, refuse, requestId, type ServerOptions, type Serving } from './call.ts';
import { newToken } from './identifiers.ts';
import { decompress } from './inflate.ts';
import type { Pulse } from './pulse.ts';

/** A route of a dialect. */
export interface Destination {
  readonly dialect: Dialect;
  readonly route: Route;
}

/** A call with what is known of it before its body is there. */
export interface VisitOptions {
  readonly destination: Destination;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly header: (name: string) => string | undefined;
  readonly query: URLSearchParams;
  /** The client's fingerprint. */
  readonly owner: string;
  readonly options: ServerOptions;
  /** By milliseconds; undefined for 0, which keeps nothing alive. */
  readonly pulseOf: (interval: number) => Pulse | undefined;
}

/** One call of an admitted client. */
export class Visit implements Recipient {
  readonly #visit: VisitOptions;
  readonly #left = new Departure();

  constructor(visit: VisitOptions) {
    this.#visit = visit;
  }

  whole(bytes: Buffer): void {
    const { request, response, options } = this.#visit;
    const left = this.#left;
    response.on('close', () => {
      if (!response.writableFinished) left.abort();
    });
    if (response.closed) left.abort();
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined) this.#relay(bytes);
    else
      decompress(bytes, encoding, options.bodyLimit).then(
        (plain) => this.#relay(plain),
        (thrown) => this.failed(toGatewayError(thrown)),
      );
  }

  failed(error: GatewayError): void {
    const { request, response, options, owner, destination } = this.#visit;
    refuse(request, response, error, options, { owner, dialect: destination.dialect });
  }

  #relay(bytes: Buffer): void {
    const { response, options, pulseOf } = this.#visit;
    const serving = options.current();
    let exchange: Exchange;
    try {
      exchange = new Arrival(this.#visit, bytes, serving, this.#left);
    } catch (thrown) {
      this.failed(toGatewayError(thrown));
      return;
    }
    options.relay(exchange, new Reception(response, exchange, pulseOf(serving.keepAlive)));
  }
}

/** The exchange that a call is. */
class Arrival implements Exchange {
  readonly id: string;
  readonly owner: string;
  readonly dialect: Dialect;
  readonly envelope: Envelope;
  readonly call: InboundCall;
  readonly body: Body;
  readonly snapshot: Snapshot;
  readonly signal: Signal;
  readonly strict: boolean;
  readonly created: number;
  readonly startedAt: number;
  readonly #received: Body;
  readonly #responses: StoredResponses;
  #token: string | undefined;

  /** Throws what makes the call a refused one. */
  constructor(visit: VisitOptions, bytes: Buffer, serving: Serving, signal: Signal) {
    const { destination, request, header, query, owner, options } = visit;
    const { dialect, route } = destination;
    this.startedAt = options.now();
    const received = bodyOf(bytes);
    const body = dialect.storesReplies ? options.responses.resolve(received, owner) : received;
    this.#received = received;
    this.#responses = options.responses;
    const call: InboundCall = { operation: route.operation, path: pathOf(request), query, header, body };
    this.id = requestId(request);
    this.owner = owner;
    this.dialect = dialect;
    this.envelope = bounded(dialect.request.envelope(call));
    this.call = call;
    this.body = body;
    this.snapshot = serving.snapshot;
    this.signal = signal;
    this.strict = strictness(header('x-cliproxy-strict'), serving.strict);
    this.created = Math.floor(options.wallClock() / 1000);
  }

  get echoed(): JsonObject {
    const { json } = this.#received;
    return this.dialect.storesReplies ? { ...json, store: this.#responses.keeps(this) } : json;
  }

  /** Most exchanges never need one. */
  get token(): string {
    this.#token ??= newToken();
    return this.#token;
  }
}

/** Levels of nesting. No service takes more, and JavaScript's own stack ends at a few thousand. */
export const deepest = 1000;

function bodyOf(bytes: Buffer): Body {
  if (!isUtf8(bytes))
    throw new GatewayError('bad-request', 'The request body is not valid UTF-8.', { code: 'invalid_json' });
  return Body.read(bytes, deepest);
}

/** No service has names this long; they would be searched for, shown and logged. */
const longestName = 512;

function bounded(envelope: Envelope): Envelope {
  if (envelope.model.length <= longestName) return envelope;
  throw new GatewayError('bad-request', `The name of the model is longer than ${longestName} characters.`, {
    code: 'model_not_found',
    param: 'model',
  });
}

function strictness(header: string | undefined, otherwise: boolean): boolean {
  if (header === undefined) return otherwise;
  if (/^(?:1|true|yes|on)$/i.test(header.trim())) return true;
  if (/^(?:0|false|no|off)$/i.test(header.trim())) return false;
  throw new GatewayError('bad-request', 'The header x-cliproxy-strict must be true or false.', {
    param: 'x-cliproxy-strict',
  });
}
