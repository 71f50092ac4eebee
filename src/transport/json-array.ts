// Streams that are one JSON array, an element at a time (Gemini without `alt=sse`): bytes to frames and frames to text.

import { GatewayError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import type { FrameLimits } from './frame-cutter.ts';

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * One frame per object of the array, or for an object that stands alone (an error). The element is not checked beyond its
 * quotes and braces: who parses it does that. Linear in the bytes, however they are cut.
 */
export class JsonArrayReader {
  readonly #limit: number;
  /** The element under way: its earlier pieces, its open braces, and whether the last byte stood in a string or behind `\`. */
  #pieces: Buffer[] = [];
  #size = 0;
  #depth = 0;
  #quoted = false;
  #escaped = false;

  constructor({ frame = 64 * 1024 * 1024 }: FrameLimits = {}) {
    this.#limit = frame;
  }

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#depth === 0) {
        at = skipBetween(chunk, at);
        if (at === chunk.length) break;
      }
      const end = this.#scan(chunk, at);
      this.#pieces.push(chunk.subarray(at, end));
      this.#size += end - at;
      if (this.#size > this.#limit)
        throw new GatewayError('upstream', `The upstream sent a stream element larger than ${this.#limit} bytes.`);
      if (this.#depth === 0) frames.push(this.#take());
      at = end;
    }
    return frames;
  }

  /** Throws `upstream` where the stream broke off within an element. */
  end(): Frame[] {
    if (this.#depth > 0) throw new GatewayError('upstream', 'The upstream broke off its stream within an element.');
    return [];
  }

  /** From within an element (or at its brace): the position behind its end, or the end of the chunk. */
  #scan(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#quoted) {
        at = this.#scanString(chunk, at);
        continue;
      }
      const byte = chunk[at];
      at++;
      if (byte === quote) this.#quoted = true;
      else if (byte === openBrace) this.#depth++;
      else if (byte === closeBrace) {
        this.#depth--;
        if (this.#depth === 0) return at;
      }
    }
    return at;
  }

  /** Jumps from quote to quote; a quote behind an odd run of backslashes belongs to the string. */
  #scanString(chunk: Buffer, start: number): number {
    const from = this.#escaped ? start + 1 : start;
    const end = chunk.indexOf(quote, from);
    const stop = end < 0 ? chunk.length : end;
    let run = 0;
    while (stop - run > from && chunk[stop - run - 1] === backslash) run++;
    this.#escaped = run % 2 === 1;
    if (end < 0) return chunk.length;
    if (this.#escaped) return end;
    this.#quoted = false;
    return end + 1;
  }

  #take(): Frame {
    const [first] = this.#pieces;
    const bytes = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = 0;
    return { data: bytes.toString('utf8') };
  }
}

/** Passes brackets, commas and white space; anything else is no array of objects. */
function skipBetween(chunk: Buffer, from: number): number {
  let at = from;
  for (; at < chunk.length && chunk[at] !== openBrace; at++) {
    if (!between.has(chunk[at] ?? 0)) {
      const near = chunk.toString('utf8', at, at + 60);
      throw new GatewayError('upstream', 'The upstream sent a stream that is no JSON array of objects.', {
        detail: near,
      });
    }
  }
  return at;
}
const between = new Set(Buffer.from('[],\t\n\r \ufeff'));

export interface JsonArrayWriter {
  write(frames: readonly Frame[]): string;
  /** What closes the array; the whole of an empty one. */
  end(): string;
}

export function jsonArrayWriter(): JsonArrayWriter {
  let opened = false;
  return {
    write(frames) {
      if (frames.length === 0) return '';
      const head = opened ? ',\n' : '[';
      opened = true;
      return head + frames.map((frame) => frame.data).join(',\n');
    },
    end: () => (opened ? ']' : '[]'),
  };
}
