// Answers on the raw response: whole bodies in one write, errors in the client's dialect, streams handed over to theirs.

import type { ServerResponse } from 'node:http';
import { type GatewayError, toGatewayError } from '../errors.ts';
import type { Answer, Bytes, Exchange } from '../relay/exchange.ts';
import type { Asker } from '../relay/stream.ts';
import { toldError } from '../relay/told-error.ts';
import { ClientStream } from './client-stream.ts';
import { addHeaders, addIds, beginHead, longestString } from './head.ts';
import type { Pulse } from './pulse.ts';

type Headers = Readonly<Record<string, string>>;

/** Writes the answer when it comes. Never throws. */
export class Reception implements Asker<Answer> {
  readonly #response: ServerResponse;
  readonly #exchange: Exchange;
  readonly #stream: ClientStream | undefined;

  /** `pulse`: what keeps a silent stream alive. */
  constructor(response: ServerResponse, exchange: Exchange, pulse: Pulse | undefined) {
    this.#response = response;
    this.#exchange = exchange;
    this.#stream = exchange.envelope.stream ? new ClientStream(response, exchange, pulse) : undefined;
  }

  answered(answer: Answer): void {
    try {
      if (answer.type === 'stream') this.#stream?.pour(answer);
      else {
        this.#stream?.cancel();
        writeWhole(this.#response, answer.status, answer.headers, answer.body, this.#exchange.id);
      }
    } catch (thrown) {
      this.failed(toGatewayError(thrown));
    }
  }

  failed(error: GatewayError): void {
    try {
      writeError(this.#response, this.#exchange, this.#stream, error);
    } catch {
      // Not even the error can be said: a connection that ends says more than one that stays silent.
      this.#stream?.cancel();
      this.#response.destroy();
    }
  }
}

/** Writes a whole answer; JSON unless its headers say otherwise. `id`: what the exchange goes by. */
export function writeWhole(response: ServerResponse, status: number, headers: Headers, body: Bytes, id?: string): void {
  if (response.destroyed) return;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  writeHead(response, status, headers, length, id);
  if (length <= longestString && (typeof body !== 'string' || length === body.length))
    response.end(typeof body === 'string' ? body : body.toString('latin1'), 'latin1');
  else response.end(typeof body === 'string' ? Buffer.from(body) : body);
}

/** The head of an answer whose body has this many bytes. */
export function writeHead(
  response: ServerResponse,
  status: number,
  headers: Headers,
  length: number,
  id: string | undefined,
): void {
  const head = beginHead(response.req);
  if (headers['content-type'] === undefined) head.push('content-type', 'application/json');
  addHeaders(head, headers);
  if (id !== undefined) addIds(head, id);
  head.push('content-length', String(length));
  response.writeHead(status, head);
}

/** An error in the client's dialect; upstream's own status and body where both speak it. */
function writeError(
  response: ServerResponse,
  exchange: Exchange,
  stream: ClientStream | undefined,
  error: GatewayError,
): void {
  if (stream && response.headersSent) {
    stream.fail(error);
    return;
  }
  stream?.cancel();
  const { wire, retryAfter } = error.facts;
  const headers: Record<string, string> = { ...wire?.headers, ...retryHeaders(error) };
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.max(0, Math.ceil(retryAfter)));
  const { status, body } = toldError(exchange.dialect, error);
  writeWhole(response, status, headers, body, exchange.id);
}

/** OpenAI's and Anthropic's SDKs retry some statuses by themselves; this header tells them when that is vain. */
function retryHeaders(error: GatewayError): Headers {
  const vain = error.kind === 'bad-request' || error.kind === 'model-not-found' || error.kind === 'unsupported';
  return vain ? { 'x-should-retry': 'false' } : {};
}
