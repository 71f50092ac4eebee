// The body of a request as it comes in: gathered within a limit, without a copy where it comes in one piece.

import { GatewayError } from '../errors.ts';
import { Pieces, type Recipient } from '../transport/http.ts';
import { tooLarge } from './inflate.ts';

// An import would ask the module for all that it exports, and so have Node load a WebSocket client and `fetch`: 2 MB.
const { IncomingMessage } = process.getBuiltinModule('node:http');

/** What came so far, and for whom. */
interface Gathering {
  readonly limit: number;
  readonly recipient: Recipient;
  readonly pieces: Pieces;
}

/**
 * A request whose body can be taken from the parser itself. The parser pushes what it finds, and then nothing, as to any readable
 * stream; what a stream does between that and its events is a good part of the price of a short request.
 */
export class Upload extends IncomingMessage {
  declare readonly _readableState: { endEmitted: boolean };
  #taken = false;
  /** Until the body is whole, or no more of it is wanted. */
  #gathering: Gathering | undefined;

  /**
   * Begins to read; called before the parser goes on. A body that says it is above the limit, in bytes, is refused unread. A client
   * that leaves within its body has failed.
   */
  gather(limit: number, recipient: Recipient): void {
    const length = this.headers['content-length'];
    if (length !== undefined && Number(length) > limit) {
      recipient.failed(tooLarge(limit));
      return;
    }
    this.#taken = true;
    this.#gathering = { limit, recipient, pieces: new Pieces() };
    this.on('error', brokenOff);
  }

  override push(piece: Buffer | null): boolean {
    if (!this.#taken) return super.push(piece);
    const gathering = this.#gathering;
    if (gathering && piece) {
      gathering.pieces.add(piece);
      if (gathering.pieces.size > gathering.limit) this.fail(tooLarge(gathering.limit));
    } else if (gathering) {
      this.#gathering = undefined;
      gathering.recipient.whole(gathering.pieces.joined());
    }
    // A kept connection lets go of a request whose end was told; this one has no stream that would tell it.
    if (piece === null) this._readableState.endEmitted = true;
    return true;
  }

  /** What still comes is dropped. Says whether anybody was waiting for it. */
  fail(error: GatewayError): boolean {
    const gathering = this.#gathering;
    this.#gathering = undefined;
    gathering?.recipient.failed(error);
    return gathering !== undefined;
  }
}

function brokenOff(this: Upload, { message }: Error): void {
  this.fail(new GatewayError('bad-request', message));
}
