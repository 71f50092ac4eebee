// The body of a request as it comes in: gathered within a limit, without a copy where it comes in one piece.

import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.ts';
import { tooLarge } from './inflate.ts';

/** Who waits for a body. Hears exactly one of both, and `failed` also when the client leaves within its body. */
export interface Recipient {
  whole(bytes: Buffer): void;
  failed(error: GatewayError): void;
}

const nothing = Buffer.alloc(0);

/** Begins to read. A body that says it is above the limit is refused unread. */
export function gatherUpload(request: IncomingMessage, limit: number, recipient: Recipient): void {
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) > limit) {
    recipient.failed(tooLarge(limit));
    return;
  }
  let size = 0;
  let first: Buffer | undefined;
  let parts: Buffer[] | undefined;
  let over = false;
  const fail = (error: GatewayError): void => {
    if (over) return;
    over = true;
    first = undefined;
    parts = undefined;
    recipient.failed(error);
  };
  request.on('data', (part: Buffer) => {
    if (over) return;
    size += part.length;
    if (size > limit) fail(tooLarge(limit));
    else if (parts) parts.push(part);
    else if (first) parts = [first, part];
    else first = part;
  });
  request.on('end', () => {
    if (over) return;
    over = true;
    recipient.whole(parts ? Buffer.concat(parts, size) : (first ?? nothing));
  });
  request.on('error', ({ message }) => fail(new GatewayError('bad-request', message)));
}
