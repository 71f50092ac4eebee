// Answers to requests that are not to be read to their end. A connection that is closed while its client still writes takes the answer
// with it: the client is told of a broken pipe or a reset and never reads what was said (RFC 9112, 9.6). So what still comes is read
// and dropped for a while before the connection is closed.

import type { ServerResponse } from 'node:http';
import { writeHead } from './answer.ts';

/** An answer that is all there before its request is. */
export interface EarlyAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the call goes by. */
  readonly id: string;
}

/** How much is read and dropped for the sake of an answer. */
export interface Lenience {
  readonly bytes: number;
  /** Milliseconds in all, and without anything coming. */
  readonly whole: number;
  readonly silence: number;
}

/** Bytes; a larger limit for bodies counts in place of it. */
const usual = 64 << 20;

/** Milliseconds between two looks at what has come. */
const lookEvery = 20;

/** Writes the answer at once, and closes the connection once the client has said all, or too much. `limit`: what a body may have. */
export function writeEarly(response: ServerResponse, answer: EarlyAnswer, limit: number): void {
  writeWithin(response, answer, { bytes: Math.max(limit, usual), whole: 10_000, silence: 1000 });
}

/** The same with a lenience of one's own. */
export function writeWithin(
  response: ServerResponse,
  { status, headers, body, id }: EarlyAnswer,
  lenience: Lenience,
): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(body);
  writeHead(response, status, { ...headers, connection: 'close' }, bytes.length, id);
  // The client has the whole answer with this, by its length; the end closes the connection.
  response.write(bytes);
  response.req.resume();
  endOnceRead(response, lenience);
}

/** Looks from time to time: who gathers a body takes it from the parser, so that no event tells of its end. */
function endOnceRead(response: ServerResponse, { bytes, whole, silence }: Lenience): void {
  const { req } = response;
  const { socket } = req;
  const begun = performance.now();
  const before = socket.bytesRead;
  let read = before;
  let heard = begun;
  const looking = setInterval(() => {
    const now = performance.now();
    if (socket.bytesRead > read) heard = now;
    read = socket.bytesRead;
    if (!req.complete && read - before <= bytes && now - begun < whole && now - heard < silence) return;
    clearInterval(looking);
    response.end();
  }, lookEvery);
  response.once('close', () => clearInterval(looking));
}
