// The body of a request as it comes in: gathered within a limit, without a copy where it comes in one piece.

import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.ts';
import { Pieces } from '../transport/http.ts';
import { tooLarge } from './inflate.ts';

/** Who waits for a body. Hears exactly one of both, and `failed` also when the client leaves within its body. */
export interface Recipient {
  whole(bytes: Buffer): void;
  failed(error: GatewayError): void;
}

/** Begins to read. A body that says it is above the limit is refused unread. */
export function gatherUpload(request: IncomingMessage, limit: number, recipient: Recipient): void {
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) > limit) {
    recipient.failed(tooLarge(limit));
    return;
  }
  /** Undefined once it is over. */
  let pieces: Pieces | undefined = new Pieces();
  const fail = (error: GatewayError): void => {
    if (!pieces) return;
    pieces = undefined;
    recipient.failed(error);
  };
  request.on('data', (piece: Buffer) => {
    pieces?.add(piece);
    if (pieces && pieces.size > limit) fail(tooLarge(limit));
  });
  request.on('end', () => {
    const body = pieces?.joined();
    pieces = undefined;
    if (body) recipient.whole(body);
  });
  request.on('error', ({ message }) => fail(new GatewayError('bad-request', message)));
}
