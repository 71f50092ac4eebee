// Server-sent events: bytes to frames, frames to bytes, and the skimmer that lets a stream through as it came.

import type { Frame } from '../frame.ts';
import {
  FrameCutter,
  type FrameLimits,
  frameAround,
  frameEnd,
  hasReturns,
  missingLineEnds,
  withoutByteOrderMark,
} from './frame-cutter.ts';
import { MarkFinder } from './marks.ts';
import { isFramed, readFrames } from './sse-text.ts';

/** One frame as it goes out: each line of its data gets a `data:` of its own. */
export function printFrame(frame: Frame): string {
  const { event, data } = frame;
  const head = event === undefined ? '' : `event: ${event}\n`;
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n|\n|\r/).join('\ndata: ') : data;
  return `${head}data: ${lines}\n\n`;
}

/** Prints frames whose data is known to be one line. Most are of the same event as the one before. */
export function linePrinter(): (frame: Frame) => string {
  let last: string | undefined;
  let head = 'data: ';
  return ({ event, data }) => {
    if (event !== last) {
      last = event;
      head = event === undefined ? 'data: ' : `event: ${event}\ndata: `;
    }
    return `${head}${data}\n\n`;
  };
}

const openingBrace = 0x7b;
const textOf = (start: Buffer): string => withoutByteOrderMark(start).toString('latin1', 0, 2048);

/** Whether a body that begins like this is a stream of events, whatever its headers say. */
export function beginsEvents(start: Buffer): boolean {
  return start[0] !== openingBrace && /^\s*(?::|(?:data|event|id|retry):)/.test(textOf(start));
}

/** Reads every frame. Comments, ids and retry times are passed over; a frame larger than the limit throws `upstream`. */
export class SseReader {
  readonly #cutter: FrameCutter;
  #first = true;

  constructor(limits?: FrameLimits) {
    this.#cutter = new FrameCutter(limits);
  }

  push(chunk: Buffer): Frame[] {
    const whole = this.#cutter.push(chunk);
    return whole ? readFrames(this.#begin(whole).toString('utf8')) : [];
  }

  /** The last frame, where its stream ended without the blank line that is due. */
  end(): Frame[] {
    const rest = this.#cutter.rest();
    return rest.length > 0 ? readFrames(this.#begin(rest).toString('utf8') + missingLineEnds(rest)) : [];
  }

  #begin(bytes: Buffer): Buffer {
    if (!this.#first) return bytes;
    this.#first = false;
    return withoutByteOrderMark(bytes);
  }
}

/** What becomes of a frame: its bytes leave as they came, or not at all, or this one leaves in its place. */
export type Wanted = 'pass' | 'hide' | Frame;

/**
 * For streams relayed unchanged: hands on whole frames as the bytes that came, and reads only those that hold a mark. Marks are
 * ASCII within one line, of seven bytes or more. Where the reader says `hide`, the frame's bytes are cut out; a frame that it gives
 * stands in for them.
 */
export class SseSkimmer {
  readonly #cutter: FrameCutter;
  readonly #finder: MarkFinder;
  readonly #wanted: (frame: Frame) => Wanted;
  #first = true;
  #came: Buffer | undefined;
  #last: Buffer | undefined;

  constructor(marks: readonly string[], read: (frame: Frame) => Wanted, limits?: FrameLimits) {
    this.#cutter = new FrameCutter(limits);
    this.#finder = new MarkFinder(marks);
    this.#wanted = read;
  }

  /** The bytes that may leave now. An incomplete frame is held back. */
  push(chunk: Buffer): Buffer[] {
    const whole = this.#cutter.push(chunk);
    this.#came = undefined;
    return whole ? this.#sift(whole) : [];
  }

  /** What was held back. A frame without its blank line is given one, since others may follow; one that is not whole is left out. */
  end(whole: (frames: readonly Frame[]) => boolean = () => true): Buffer[] {
    const rest = this.#cutter.rest();
    this.#came = undefined;
    if (rest.length === 0) return [];
    const missing = missingLineEnds(rest);
    if (missing === '') return this.#sift(rest);
    const last = Buffer.concat([rest, Buffer.from(missing)]);
    return whole(readFrames(last.toString('utf8'))) ? this.#sift(last) : [];
  }

  /** All whole frames of the last step, hidden or not. */
  get came(): Buffer | undefined {
    return this.#came;
  }

  /** The last frame that came, hidden or not. Parsed when asked for. */
  lastFrame(): Frame | undefined {
    return this.#last && readFrames(this.#last.toString('utf8')).at(-1);
  }

  #sift(whole: Buffer): Buffer[] {
    const body = this.#begin(whole);
    this.#came = body;
    if (bearsFrame(body)) this.#last = body;
    this.#finder.over(body);
    if (this.#finder.next(0) === Number.POSITIVE_INFINITY) return [whole];
    return this.#asWanted(whole, body);
  }

  #asWanted(whole: Buffer, body: Buffer): Buffer[] {
    const offset = whole.length - body.length;
    const returns = hasReturns(body);
    const finder = this.#finder;
    const passed: Buffer[] = [];
    let kept = 0;
    for (let from = 0; finder.next(from) < body.length; ) {
      const start = frameAround(body, finder.next(from) - 1, from, returns);
      const end = frameEnd(body, start, returns);
      const other = this.#instead(body.toString('utf8', start, end));
      if (other !== undefined) {
        if (start + offset > kept) passed.push(whole.subarray(kept, start + offset));
        if (other !== '') passed.push(Buffer.from(other));
        kept = end + offset;
      }
      from = end;
    }
    if (kept < whole.length) passed.push(kept === 0 ? whole : whole.subarray(kept));
    return passed;
  }

  /** What leaves for the frame of this text; undefined where its bytes do themselves. */
  #instead(text: string): string | undefined {
    let left = '';
    const frames = readFrames(text);
    let same = frames.length === 0 || isFramed(text);
    for (const frame of frames) {
      const wanted = this.#wanted(frame);
      if (wanted !== 'pass') same = false;
      if (wanted !== 'hide') left += printFrame(wanted === 'pass' ? frame : wanted);
    }
    return same ? undefined : left;
  }

  #begin(bytes: Buffer): Buffer {
    if (!this.#first) return bytes;
    this.#first = false;
    return withoutByteOrderMark(bytes);
  }
}

const dataLine = Buffer.from('\ndata:');

/** Whether there is any frame in it, and not comments alone. The first two tests spare nearly every stream the third. */
function bearsFrame(bytes: Buffer): boolean {
  return startsWithData(bytes) || bytes.includes(dataLine) || readFrames(bytes.toString('utf8')).length > 0;
}

function startsWithData(bytes: Buffer): boolean {
  return bytes[0] === 0x64 && bytes[1] === 0x61 && bytes[2] === 0x74 && bytes[3] === 0x61 && bytes[4] === 0x3a;
}
