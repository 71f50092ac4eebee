// A JSON object read where it stands in its bytes: members are found by the bytes of their names, and only what is asked for is parsed.

import { asNumber, asObject, type Json, type JsonObject, parseJson } from './json.ts';
import type { Lookup } from './lookup.ts';
import {
  backslash,
  elementEnd,
  firstElement,
  isAt,
  malformed,
  nameAt,
  nextElement,
  openBrace,
  openBracket,
  quote,
  type Scan,
  scanObject,
  stride,
} from './scan.ts';

/** Duplicate names follow JSON.parse: the last one wins. */
export class Members implements Lookup {
  readonly bytes: Buffer;
  readonly #start: number;
  /** -1 until it is known. */
  #end: number;
  #scan: Scan | undefined;

  /** The object that starts here in bytes that were scanned before: its own members are looked for once they are asked for. */
  constructor(bytes: Buffer, start: number, scan?: Scan, end = -1) {
    this.bytes = bytes;
    this.#start = start;
    this.#scan = scan;
    this.#end = end;
  }

  /** Behind the closing brace. */
  get end(): number {
    if (this.#end < 0) this.#end = this.scan.close + 1;
    return this.#end;
  }

  /** An object within others was skipped, not read: one with a name that is no JSON counts as one without members. */
  get scan(): Scan {
    this.#scan ??= this.#look();
    return this.#scan;
  }

  #look(): Scan {
    const found = scanObject(this.bytes, this.#start);
    if (typeof found !== 'number') return found;
    return { places: [], close: elementEnd(this.bytes, this.#start) - 1, plain: true };
  }

  /** The index in `places` of the last member of this name that stands before another index; -1 where there is none. */
  find(key: string, before?: number): number {
    const { places, plain } = this.scan;
    const { bytes } = this;
    for (let index = (before ?? places.length) - stride; index >= 0; index -= stride) {
      const start = places[index] ?? 0;
      if (plain ? isNamed(bytes, start, key) : nameAt(bytes, start) === key) return index;
    }
    return -1;
  }

  has(key: string): boolean {
    return this.find(key) >= 0;
  }

  /** Parsed alone. */
  get(key: string): Json | undefined {
    const index = this.find(key);
    return index < 0 ? undefined : readValue(this.bytes, this.#valueStart(index), this.#valueEnd(index));
  }

  number(key: string): number | undefined {
    return asNumber(this.get(key));
  }

  /** The bytes of one member's value. */
  raw(key: string): Buffer | undefined {
    const index = this.find(key);
    return index < 0 ? undefined : this.bytes.subarray(this.#valueStart(index), this.#valueEnd(index));
  }

  object(key: string): Members | undefined {
    const index = this.find(key);
    if (index < 0) return undefined;
    const start = this.#valueStart(index);
    return this.bytes[start] === openBrace
      ? new Members(this.bytes, start, undefined, this.#valueEnd(index))
      : undefined;
  }

  among(key: string, passes: (element: Members) => boolean): Members | undefined {
    const { bytes } = this;
    const index = this.find(key);
    if (index < 0 || bytes[this.#valueStart(index)] !== openBracket) return undefined;
    for (let at = firstElement(bytes, this.#valueStart(index)); at >= 0; ) {
      const element = bytes[at] === openBrace ? new Members(bytes, at) : undefined;
      if (element && passes(element)) return element;
      at = nextElement(bytes, element ? element.end : elementEnd(bytes, at));
    }
    return undefined;
  }

  /** Long numbers are kept. */
  get json(): JsonObject {
    return asObject(parse(this.bytes, this.#start, this.end)) ?? {};
  }

  #valueStart(index: number): number {
    return this.scan.places[index + 1] ?? 0;
  }

  #valueEnd(index: number): number {
    return this.scan.places[index + 2] ?? 0;
  }
}

/** Whether the name that starts here, of plain letters, is this one: it holds no quote, so that the first one behind it ends it. */
function isNamed(bytes: Buffer, start: number, key: string): boolean {
  return bytes[start + 1 + key.length] === quote && isAt(bytes, start + 1, key);
}

/** What most values are, a plain string, a count, a switch or nothing, is read without a parser. */
function readValue(bytes: Buffer, start: number, end: number): Json {
  switch (bytes[start]) {
    case 0x74:
      return true;
    case 0x66:
      return false;
    case 0x6e:
      return null;
    case quote:
      return readString(bytes, start, end);
    default:
      return readCount(bytes, start, end) ?? parse(bytes, start, end);
  }
}

/** Longer strings are searched for escapes by native code, in the parser. */
const longest = 1024;

function readString(bytes: Buffer, start: number, end: number): Json {
  if (end - start > longest) return parse(bytes, start, end);
  let ascii = true;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === backslash) return parse(bytes, start, end);
    if (byte >= 0x80) ascii = false;
  }
  return bytes.toString(ascii ? 'latin1' : 'utf8', start + 1, end - 1);
}

/** Digits that a double holds, whatever they are. */
const exact = 15;

/** A number of digits alone; undefined for any other. */
function readCount(bytes: Buffer, start: number, end: number): number | undefined {
  if (end - start > exact) return undefined;
  let count = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    count = count * 10 + digit;
  }
  return count;
}

function parse(bytes: Buffer, start: number, end: number): Json {
  try {
    return parseJson(bytes.toString('utf8', start, end));
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : 'not valid JSON', cause);
  }
}
