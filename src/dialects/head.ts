// The beginning of a JSON value in bytes, read without reading the rest: what an ordinary parser cannot do, and what telling one
// conversation from another needs of bodies of any size.

import type { Json, JsonObject } from '../json.ts';

/** Bytes that are looked at. */
const window = 256 * 1024;
/** Values that are looked at. */
const most = 400;
/** Bytes of a string that are kept. */
const longest = 1024;
/** Levels of nesting that are gone into. */
const deepest = 16;

/**
 * The value as far as its first bytes tell: members and elements beyond them are not there, long strings are cut. Never throws, and
 * what is no JSON is read as far as it is. `enough` ends an array early, once an element of it was read that is enough.
 */
export function headOf(bytes: Buffer, enough?: (element: Json) => boolean): Json | undefined {
  return readHead(bytes, enough).value;
}

/** The same, and whether there is more of it than was looked at. */
export function readHead(
  bytes: Buffer,
  enough: (element: Json) => boolean = () => false,
): { readonly value: Json | undefined; readonly cut: boolean } {
  const reader: Reader = { bytes, end: Math.min(bytes.length, window), at: 0, left: most };
  const value = readValue(reader, 0, enough);
  return { value, cut: reader.left <= 0 || reader.at >= window };
}

interface Reader {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;
  /** Values that may still be read. */
  left: number;
}

const quote = 0x22;
const backslash = 0x5c;

function readValue(reader: Reader, depth: number, enough?: (element: Json) => boolean): Json | undefined {
  skipSpace(reader);
  if (reader.left-- <= 0 || depth > deepest) {
    reader.at = reader.end;
    return undefined;
  }
  const byte = reader.bytes[reader.at];
  if (byte === quote) return readString(reader);
  if (byte === 0x7b) return readObject(reader, depth);
  if (byte === 0x5b) return readArray(reader, depth, enough);
  return readScalar(reader);
}

function readObject(reader: Reader, depth: number): JsonObject {
  const members: [string, Json][] = [];
  reader.at += 1;
  while (next(reader, 0x7d)) {
    if (reader.bytes[reader.at] !== quote) break;
    const key = readString(reader);
    skipSpace(reader);
    reader.at += 1;
    const value = readValue(reader, depth + 1);
    if (value !== undefined) members.push([key, value]);
  }
  return Object.fromEntries(members);
}

function readArray(reader: Reader, depth: number, enough?: (element: Json) => boolean): readonly Json[] {
  const elements: Json[] = [];
  reader.at += 1;
  while (next(reader, 0x5d)) {
    const element = readValue(reader, depth + 1);
    if (element === undefined) break;
    elements.push(element);
    if (enough?.(element)) break;
  }
  return elements;
}

/** Goes to the next member or element; false at the end of the container, or of what is looked at. */
function next(reader: Reader, closer: number): boolean {
  skipSpace(reader);
  if (reader.bytes[reader.at] === 0x2c) {
    reader.at += 1;
    skipSpace(reader);
  }
  if (reader.at >= reader.end || reader.left <= 0) return false;
  if (reader.bytes[reader.at] !== closer) return true;
  reader.at += 1;
  return false;
}

function readString(reader: Reader): string {
  const start = reader.at + 1;
  let end = reader.bytes.indexOf(quote, start);
  while (end >= 0 && end < reader.end && isEscaped(reader.bytes, end, start))
    end = reader.bytes.indexOf(quote, end + 1);
  const whole = end >= 0 && end < reader.end;
  reader.at = whole ? end + 1 : reader.end;
  const text = reader.bytes.toString('utf8', start, Math.min(whole ? end : reader.end, start + longest));
  return text.includes('\\') ? unescaped(text) : text;
}

/** Text between quotes, perhaps cut within an escape: that one then goes. */
function unescaped(text: string): string {
  for (const cut of [0, 1, 2, 3, 4, 5]) {
    try {
      return JSON.parse(`"${text.slice(0, text.length - cut)}"`) as string;
    } catch {}
  }
  return text;
}

function isEscaped(bytes: Buffer, position: number, from: number): boolean {
  let slashes = 0;
  while (position - slashes > from && bytes[position - 1 - slashes] === backslash) slashes++;
  return slashes % 2 === 1;
}

function readScalar(reader: Reader): Json | undefined {
  const start = reader.at;
  while (reader.at < reader.end && isScalarByte(reader.bytes[reader.at])) reader.at += 1;
  if (reader.at === start) {
    reader.at = reader.end;
    return undefined;
  }
  const word = reader.bytes.toString('latin1', start, Math.min(reader.at, start + 64));
  if (word === 'true') return true;
  return word === 'false' ? false : word === 'null' ? null : Number(word);
}

/** Anything that is neither a bracket, a comma, a quote nor white space. */
function isScalarByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > 0x20 && byte !== 0x2c && byte !== quote && byte !== 0x5d && byte !== 0x7d;
}

function skipSpace(reader: Reader): void {
  for (;;) {
    const byte = reader.bytes[reader.at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    reader.at += 1;
  }
}
