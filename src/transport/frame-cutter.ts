// Where SSE frames end: at a blank line, whichever of LF, CRLF and CR its stream uses. Cuts a stream of bytes behind its last
// whole frame, so that what is read later never begins or ends within a frame, a line or a UTF-8 character.

import { GatewayError } from '../errors.ts';

/** What is held back of a stream at most. */
export interface FrameLimits {
  /** Bytes of one frame; default 64 MiB, room for an image in base64. */
  readonly frame?: number;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
// Two line ends in a row with nothing between. CR LF is one line end, so that pair is not among them.
const feedFeed = Buffer.from('\n\n');
const feedReturn = Buffer.from('\n\r');
const returnReturn = Buffer.from('\r\r');
const byteOrderMark = Buffer.from('\ufeff');

/** Holds back what is incomplete. Linear: each byte is looked at once, and copied at most once, however it is cut. */
export class FrameCutter {
  readonly #limit: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor({ frame = 64 * 1024 * 1024 }: FrameLimits = {}) {
    this.#limit = frame;
  }

  /** The whole frames that now are there, as one piece; undefined where none came to its end. */
  push(chunk: Buffer): Buffer | undefined {
    if (chunk.length === 0) return undefined;
    let end = lastFrameEnd(chunk);
    if (end < 0 && this.#heldBytes > 0) end = this.#endAtSeam(chunk);
    if (end < 0) {
      this.#hold(chunk);
      return undefined;
    }
    const whole = this.#joined(end === chunk.length ? chunk : chunk.subarray(0, end));
    if (end < chunk.length) this.#hold(chunk.subarray(end));
    return whole;
  }

  /** What was held back, at the end of the stream. */
  rest(): Buffer {
    return this.#joined(Buffer.alloc(0));
  }

  #hold(piece: Buffer): void {
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    if (this.#heldBytes > this.#limit)
      throw new GatewayError('upstream', `The upstream sent a stream event larger than ${this.#limit} bytes.`);
  }

  #joined(last: Buffer): Buffer {
    if (this.#heldBytes === 0) return last;
    const joined = Buffer.concat([...this.#held, last], this.#heldBytes + last.length);
    this.#held = [];
    this.#heldBytes = 0;
    return joined;
  }

  /** For a blank line that begins in what is held. */
  #endAtSeam(chunk: Buffer): number {
    const before = Buffer.concat(this.#held.slice(-2).map((piece) => piece.subarray(-2))).subarray(-2);
    const seam = Buffer.concat([before, chunk.subarray(0, 2)]);
    const end = lastFrameEnd(seam) - before.length;
    return end >= 0 ? end : -1;
  }
}

/**
 * The position behind the last blank line, or -1. A blank line that ends in CR at the very end counts only once the next byte is
 * there: it may be the LF of that same line end.
 */
function lastFrameEnd(bytes: Buffer): number {
  const size = bytes.length;
  if (bytes[size - 1] === lineFeed) {
    const before = bytes[size - 2];
    if (before === lineFeed || (before === carriageReturn && isLineEnd(bytes[size - 3]))) return size;
  }
  const end = size < 2 ? -1 : behind(bytes, bytes.lastIndexOf(feedFeed));
  if (size < 3 || !bytes.includes(carriageReturn)) return end;
  const returned = Math.max(bytes.lastIndexOf(feedReturn, size - 3), bytes.lastIndexOf(returnReturn, size - 3));
  return Math.max(end, behind(bytes, returned));
}

/** The position behind the blank line whose two line ends begin here. */
function behind(bytes: Buffer, at: number): number {
  if (at < 0) return -1;
  return at + (bytes[at + 1] === carriageReturn && bytes[at + 2] === lineFeed ? 3 : 2);
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn;
}

/** The position behind the first frame that starts here. */
export function frameEnd(bytes: Buffer, start: number, returns: boolean): number {
  let at = returns ? start - 1 : bytes.indexOf(feedFeed, start);
  if (returns) {
    do at++;
    while (at < bytes.length && !isBlankLine(bytes, at));
  }
  return at < 0 || at >= bytes.length ? bytes.length : behind(bytes, at);
}

function isBlankLine(bytes: Buffer, at: number): boolean {
  if (!isLineEnd(bytes[at]) || !isLineEnd(bytes[at + 1])) return false;
  return bytes[at] !== carriageReturn || bytes[at + 1] !== lineFeed;
}

/** The position of the first byte from here that is no line end: where a frame begins, however many blank lines are before it. */
function frameStart(bytes: Buffer, from: number): number {
  let at = from;
  while (isLineEnd(bytes[at])) at++;
  return at;
}

/** Where the frame begins that holds this position, known to be behind `from`, where a frame ended. Without CR that is one search back. */
export function frameAround(bytes: Buffer, position: number, from: number, returns: boolean): number {
  let start = frameStart(bytes, from);
  if (!returns) return Math.max(start, behind(bytes, bytes.lastIndexOf(feedFeed, position)));
  for (let end = frameEnd(bytes, start, true); end <= position; end = frameEnd(bytes, start, true))
    start = frameStart(bytes, end);
  return start;
}

/** Whether there is a CR at all, in which case the longer search for frame ends is due. */
export function hasReturns(bytes: Buffer): boolean {
  return bytes.includes(carriageReturn);
}

/** A stream may begin with a byte order mark that says nothing. */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === byteOrderMark[0] && bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
}

/** What a last frame lacks of its blank line. A CR needs two line feeds, since the first would join it to one line end. */
export function missingLineEnds(bytes: Buffer): string {
  if (frameStart(bytes, 0) === bytes.length) return '';
  if (bytes.at(-1) === lineFeed) return '\n';
  return isBlankLine(bytes, bytes.length - 2) ? '' : '\n\n';
}
