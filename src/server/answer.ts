// Answers on the raw response: whole bodies in one write, streams as they come, errors in the client's dialect. While a
// streaming client waits, keep-alives go out; from the first one on an error can only be an event of the stream.

import type { ServerResponse } from 'node:http';
import { type GatewayError, toGatewayError } from '../errors.ts';
import { type Answer, type Bytes, type Exchange, replyContext, type StreamAnswer } from '../relay/exchange.ts';
import { toldError } from '../relay/told-error.ts';
import { jsonArrayWriter } from '../transport/json-array.ts';
import { printFrame } from '../transport/sse.ts';

type Headers = Readonly<Record<string, string>>;

/** CORS on every response: a gateway on loopback is used by pages of editors and chat clients alike. */
export const allowAnyOrigin = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-expose-headers':
    'x-request-id, request-id, retry-after, server-timing, x-cliproxy-loss, x-cliproxy-estimate',
  // Without it a page of another origin sees no times of its requests, `server-timing` among them.
  'timing-allow-origin': '*',
};

/** Writes the answer when it comes. Never throws. `keepAlive`: milliseconds of silence before one; 0: none. */
export async function writeAnswer(
  response: ServerResponse,
  exchange: Exchange,
  pending: Promise<Answer>,
  ids: Headers,
  keepAlive: number,
): Promise<void> {
  const stream = exchange.envelope.stream ? keptAlive(response, exchange, ids, keepAlive) : undefined;
  try {
    const answer = await pending;
    if (answer.type === 'whole') writeWhole(response, answer.status, Object.assign(answer.headers, ids), answer.body);
    else if (stream) pour(response, stream, answer);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (stream && response.headersSent) {
      stream.end(failureBytes(exchange, error));
    } else {
      stream?.cancel();
      writeError(response, error, exchange, ids);
    }
  }
}

export function writeWhole(response: ServerResponse, status: number, headers: Headers, body: Bytes): void {
  if (response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, {
    ...allowAnyOrigin,
    'content-type': 'application/json',
    ...headers,
    'content-length': bytes.length,
  });
  response.end(bytes);
}

/** An error in the client's dialect; upstream's own status and body where both speak it. */
function writeError(response: ServerResponse, error: GatewayError, exchange: Exchange, ids: Headers): void {
  const { wire, retryAfter } = error.facts;
  const headers: Record<string, string> = { ...wire?.headers, ...ids, ...retryHeaders(error) };
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.max(0, Math.ceil(retryAfter)));
  const { status, body } = toldError(exchange.dialect, error);
  writeWhole(response, status, headers, body);
}

/** OpenAI's and Anthropic's SDKs retry some statuses by themselves; this header tells them when that is vain. */
function retryHeaders(error: GatewayError): Record<string, string> {
  const vain = error.kind === 'bad-request' || error.kind === 'model-not-found' || error.kind === 'unsupported';
  return vain ? { 'x-should-retry': 'false' } : {};
}

/** An error as the whole of a stream, in the client's framing. */
function failureBytes(exchange: Exchange, error: GatewayError): string[] {
  const { dialect, envelope } = exchange;
  const frames = dialect.stream.failure(error, replyContext(exchange, exchange.envelope.model), {
    ended: false,
    closed: false,
  });
  if (envelope.framing === 'sse') return frames.map(printFrame);
  const array = jsonArrayWriter();
  return [array.write(frames), array.end()];
}

interface KeptStream {
  begin(headers: Headers): void;
  write(bytes: readonly Bytes[]): boolean;
  end(bytes?: readonly Bytes[]): void;
  cancel(): void;
}

/** The response as a stream that is never silent for long. */
function keptAlive(response: ServerResponse, exchange: Exchange, ids: Headers, interval: number): KeptStream {
  const { framing } = exchange.envelope;
  const pulse = framing === 'sse' ? exchange.dialect.stream.keepAlive : ' ';
  let timer: NodeJS.Timeout | undefined;
  const begin = (headers: Headers): void => {
    if (response.headersSent || response.destroyed) return;
    response.writeHead(200, {
      ...allowAnyOrigin,
      'content-type': framing === 'sse' ? 'text/event-stream; charset=utf-8' : 'application/json',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      ...ids,
      ...headers,
    });
  };
  const beat = (): void => {
    if (response.destroyed) return;
    begin({});
    response.write(pulse);
    timer?.refresh();
  };
  if (interval > 0) timer = setTimeout(beat, interval);
  const write = (bytes: readonly Bytes[]): boolean => {
    timer?.refresh();
    return response.destroyed ? true : response.write(joined(bytes));
  };
  const cancel = (): void => clearTimeout(timer);
  response.once('close', cancel);
  return {
    begin,
    write,
    cancel,
    end(bytes = []) {
      cancel();
      if (response.destroyed) return;
      if (bytes.length > 0) response.end(joined(bytes));
      else response.end();
    },
  };
}

function pour(response: ServerResponse, stream: KeptStream, answer: StreamAnswer): void {
  stream.begin(answer.headers);
  response.on('drain', () => answer.resume());
  answer.flow({ write: stream.write, end: () => stream.end() });
}

function joined(bytes: readonly Bytes[]): Bytes {
  const [first] = bytes;
  if (bytes.length === 1 && first !== undefined) return first;
  if (bytes.every((piece) => typeof piece === 'string')) return bytes.join('');
  return Buffer.concat(bytes.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}
