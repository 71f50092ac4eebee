// Server-sent events: bytes to frames, frames to bytes, and the skimmer that lets a stream through as it came.

import { createParser, type EventSourceMessage, type ParseError } from 'eventsource-parser';
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

/** One frame as it goes out: each line of its data gets a `data:` of its own. */
export function printFrame(frame: Frame): string {
  const { event, data } = frame;
  const head = event === undefined ? '' : `event: ${event}\n`;
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n|\n|\r/).join('\ndata: ') : data;
  return `${head}data: ${lines}\n\n`;
}

/** Reads every frame. Comments, ids and retry times are passed over; a frame larger than the limit throws `upstream`. */
export class SseReader {
  readonly #cutter: FrameCutter;
  readonly #read = frameReader();
  #first = true;

  constructor(limits?: FrameLimits) {
    this.#cutter = new FrameCutter(limits);
  }

  push(chunk: Buffer): Frame[] {
    const whole = this.#cutter.push(chunk);
    return whole ? this.#read(this.#begin(whole)) : [];
  }

  /** The last frame, where its stream ended without the blank line that is due. */
  end(): Frame[] {
    const rest = this.#cutter.rest();
    return rest.length > 0 ? this.#read(this.#begin(rest), missingLineEnds(rest)) : [];
  }

  #begin(bytes: Buffer): Buffer {
    if (!this.#first) return bytes;
    this.#first = false;
    return withoutByteOrderMark(bytes);
  }
}

/** What becomes of a frame: its bytes leave as they came, or not at all, or this one leaves in its place. */
type Wanted = 'pass' | 'hide' | Frame;

/**
 * For streams relayed unchanged: hands on whole frames as the bytes that came, and reads only those that hold a mark. Marks are
 * ASCII within one line. Where the reader says `hide`, the frame's bytes are cut out; a frame that it gives stands in for them.
 */
export class SseSkimmer {
  readonly #cutter: FrameCutter;
  readonly #marks: RegExp;
  readonly #wanted: (frame: Frame) => Wanted;
  #reader: ReturnType<typeof frameReader> | undefined;
  #first = true;
  #last: Buffer | undefined;

  constructor(marks: readonly string[], read: (frame: Frame) => Wanted, limits?: FrameLimits) {
    this.#cutter = new FrameCutter(limits);
    this.#marks = markPattern(marks);
    this.#wanted = read;
  }

  /** The bytes that may leave now. An incomplete frame is held back. */
  push(chunk: Buffer): Buffer[] {
    const whole = this.#cutter.push(chunk);
    return whole ? this.#sift(whole) : [];
  }

  /** What was held back. A frame without its blank line is given one, since others may follow; one that is not whole is left out. */
  end(whole: (frames: readonly Frame[]) => boolean = () => true): Buffer[] {
    const rest = this.#cutter.rest();
    if (rest.length === 0) return [];
    const missing = missingLineEnds(rest);
    if (missing === '') return this.#sift(rest);
    const last = Buffer.concat([rest, Buffer.from(missing)]);
    return whole(this.#frames(last)) ? this.#sift(last) : [];
  }

  /** The last frame that came, hidden or not. Parsed when asked for. */
  lastFrame(): Frame | undefined {
    return this.#last && this.#frames(this.#last).at(-1);
  }

  #sift(whole: Buffer): Buffer[] {
    const body = this.#begin(whole);
    if (this.#bearsFrame(body)) this.#last = body;
    const nextMark = markFinder(body.toString('latin1'), this.#marks);
    if (nextMark(0) === Number.POSITIVE_INFINITY) return [whole];
    return this.#asWanted(whole, body, nextMark);
  }

  #asWanted(whole: Buffer, body: Buffer, nextMark: (from: number) => number): Buffer[] {
    const offset = whole.length - body.length;
    const returns = hasReturns(body);
    const passed: Buffer[] = [];
    let kept = 0;
    for (let from = 0; nextMark(from) < body.length; ) {
      const start = frameAround(body, nextMark(from) - 1, from, returns);
      const end = frameEnd(body, start, returns);
      const other = this.#instead(body.subarray(start, end));
      if (other) {
        if (start + offset > kept) passed.push(whole.subarray(kept, start + offset));
        if (other.length > 0) passed.push(other);
        kept = end + offset;
      }
      from = end;
    }
    if (kept < whole.length) passed.push(kept === 0 ? whole : whole.subarray(kept));
    return passed;
  }

  /** What leaves for these bytes; undefined where they do themselves. */
  #instead(bytes: Buffer): Buffer | undefined {
    const frames = this.#frames(bytes);
    const verdicts = frames.map(this.#wanted);
    if (verdicts.every((verdict) => verdict === 'pass')) return undefined;
    if (verdicts.every((verdict) => verdict === 'hide')) return Buffer.alloc(0);
    const left = verdicts.flatMap((verdict, index) => (verdict === 'pass' ? (frames[index] ?? []) : verdict));
    return Buffer.from(
      left
        .filter((frame) => frame !== 'hide')
        .map(printFrame)
        .join(''),
    );
  }

  /** Whether there is any frame in it, and not comments alone. The first two tests spare nearly every stream the third. */
  #bearsFrame(bytes: Buffer): boolean {
    return startsWithData(bytes) || bytes.includes(dataLine) || this.#frames(bytes).length > 0;
  }

  #frames(bytes: Buffer): Frame[] {
    this.#reader ??= frameReader();
    return this.#reader(bytes);
  }

  #begin(bytes: Buffer): Buffer {
    if (!this.#first) return bytes;
    this.#first = false;
    return withoutByteOrderMark(bytes);
  }
}

const dataLine = Buffer.from('\ndata:');

function startsWithData(bytes: Buffer): boolean {
  return bytes[0] === 0x64 && bytes[1] === 0x61 && bytes[2] === 0x74 && bytes[3] === 0x61 && bytes[4] === 0x3a;
}

const patterns = new Map<string, RegExp>();

/**
 * One pass for all marks over the bytes as Latin-1, where positions are those of the bytes: a third of the price of a search for
 * each. Compiled once for each set of marks; there are as many as dialects.
 */
function markPattern(marks: readonly string[]): RegExp {
  const key = marks.join('\n');
  let pattern = patterns.get(key);
  if (!pattern) {
    const escaped = marks.map((mark) => mark.replace(/[^\w\s]/g, '\\$&'));
    pattern = new RegExp(escaped.length > 0 ? escaped.join('|') : '(?!)', 'g');
    patterns.set(key, pattern);
  }
  return pattern;
}

/** Where the first mark ends that begins here or later. Asked for rising positions; no byte is searched twice. */
function markFinder(text: string, pattern: RegExp): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found >= from) return found;
    pattern.lastIndex = from;
    found = pattern.test(text) ? pattern.lastIndex : Number.POSITIVE_INFINITY;
    return found;
  };
}

/**
 * Reads bytes that begin and end with whole frames. Some upstreams put a bare JSON object (an error, most often) among the
 * events: a line that is no SSE field but looks like one is given as a frame of its own.
 */
function frameReader(): (bytes: Buffer, lineEnds?: string) => Frame[] {
  let frames: Frame[] = [];
  const parser = createParser({
    onEvent({ event, data }: EventSourceMessage) {
      frames.push(event === undefined ? { data } : { event, data });
    },
    onError({ type, line }: ParseError) {
      if (type === 'unknown-field' && line !== undefined && /^\{.*\}\s*$/.test(line)) frames.push({ data: line });
    },
  });
  // The parser looks for a byte order mark in what it is fed first. That is done here, once a stream; afterwards it is text.
  parser.feed('\n');
  return (bytes, lineEnds = '') => {
    frames = [];
    parser.feed(bytes.toString('utf8') + lineEnds);
    return frames;
  };
}
