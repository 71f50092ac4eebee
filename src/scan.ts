// Where the members and elements of JSON stand in its bytes. One pass checks the grammar, jumping from quote to quote: nothing is
// parsed, and depth costs no stack.

import { GatewayError } from './errors.ts';

/** Where one member of an object stands in the bytes: `"key" : value`, end exclusive. */
export interface Member {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}
export interface Scan {
  readonly members: readonly Member[];
  /** Index of the closing brace. */
  readonly close: number;
}

export const quote = 0x22;
export const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
export const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** The elements of an array that was scanned before. */
export function elementsOf(bytes: Buffer): readonly Buffer[] {
  const elements: Buffer[] = [];
  let at = skipSpace(bytes, 1);
  while (at < bytes.length && bytes[at] !== closeBracket) {
    const end = skipValue(bytes, at, Number.POSITIVE_INFINITY);
    elements.push(bytes.subarray(at, end));
    at = skipSpace(bytes, end);
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1);
  }
  return elements;
}

/** What every text that is no JSON is answered with. */
export function malformed(what: string, cause?: unknown): GatewayError {
  return new GatewayError('bad-request', `The request body is not valid JSON: ${what}`, {
    code: 'invalid_json',
    cause,
  });
}

/** The top-level members of an object. Throws `bad-request` that says where the bytes stop being one. */
export function scanOrThrow(bytes: Buffer, depth = Number.POSITIVE_INFINITY): Scan {
  const result = scan(bytes, depth);
  if (typeof result !== 'number') return result;
  const position = result;
  if (bytes.length === 0) throw malformed('it is empty. Send a JSON object.');
  const before = bytes.toString('utf8', 0, position);
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  const near = bytes.toString('utf8', Math.max(0, position - 20), position + 10).replace(/\s+/g, ' ');
  throw malformed(
    `unexpected ${position >= bytes.length ? 'end' : 'character'} at line ${line}, column ${column} (byte ${position}), near ${JSON.stringify(near)}.`,
  );
}

/** The top-level members, or the position at which the bytes stop being a JSON object. */
function scan(bytes: Buffer, depth: number): Scan | number {
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== openBrace) return at;
  const members: Member[] = [];
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === closeBrace) return trailing(bytes, at, members);
  for (;;) {
    const start = at;
    const keyEnd = skipString(bytes, at);
    if (keyEnd < 0) return ~keyEnd;
    at = skipSpace(bytes, keyEnd);
    if (bytes[at] !== colon) return at;
    const valueStart = skipSpace(bytes, at + 1);
    const end = skipValue(bytes, valueStart, depth);
    if (end < 0) return ~end;
    const key = readKey(bytes, start, keyEnd);
    if (key === undefined) return start;
    members.push({ key, start, valueStart, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === closeBrace) return trailing(bytes, at, members);
    if (bytes[at] !== comma) return at;
    at = skipSpace(bytes, at + 1);
  }
}

function trailing(bytes: Buffer, close: number, members: readonly Member[]): Scan | number {
  const rest = skipSpace(bytes, close + 1);
  return rest < bytes.length ? rest : { members, close };
}

/** The name between the quotes; undefined where its escapes are none of JSON's. */
function readKey(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start + 1, end - 1);
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/** Bytes of a string that are looked at one by one before the search for its end is left to native code, whose calls have a price. */
const nearby = 48;

/** The end of a string that starts here, or the complement of where it goes wrong. */
function skipString(bytes: Buffer, start: number): number {
  if (bytes[start] !== quote) return ~start;
  let at = start + 1;
  for (;;) {
    at = walk(bytes, at);
    if (bytes[at] === quote) return at + 1;
    const end = at < bytes.length ? bytes.indexOf(quote, at) : -1;
    if (end < 0) return ~bytes.length;
    if (!isEscaped(bytes, end, at)) return end + 1;
    at = end + 1;
  }
}

/** From within a string, the next quote that ends it, or a place some way on that no backslash escapes. */
function walk(bytes: Buffer, from: number): number {
  const far = Math.min(from + nearby, bytes.length);
  let at = from;
  while (at < far && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}

/** Whether an odd number of backslashes stands before; none is counted before `from`. */
function isEscaped(bytes: Buffer, position: number, from: number): boolean {
  let slashes = 0;
  while (position - slashes > from && bytes[position - 1 - slashes] === backslash) slashes++;
  return slashes % 2 === 1;
}

/** The end of a value that starts here, or the complement of where it goes wrong. Keeps its own stack: depth is a stranger's choice. */
function skipValue(bytes: Buffer, start: number, depth: number): number {
  const byte = bytes[start];
  if (byte === quote) return skipString(bytes, start);
  if (byte !== openBrace && byte !== openBracket) return skipScalar(bytes, start);
  const closers: number[] = [];
  let at = start;
  for (;;) {
    const opened = enter(bytes, at, closers);
    if (opened < 0) return opened;
    if (closers.length >= depth) throw malformed(`it is nested more than ${depth} levels deep.`);
    at = leave(bytes, opened, closers);
    if (at < 0 || closers.length === 0) return at;
  }
}

/** From the start of a value: opens containers until a scalar or an empty container was passed; gives the position behind it. */
function enter(bytes: Buffer, from: number, closers: number[]): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === quote) return skipString(bytes, at);
    if (byte !== openBrace && byte !== openBracket) return skipScalar(bytes, at);
    const closer = byte === openBrace ? closeBrace : closeBracket;
    at = skipSpace(bytes, at + 1);
    if (bytes[at] === closer) return at + 1;
    closers.push(closer);
    if (closer === closeBrace) {
      at = skipKey(bytes, at);
      if (at < 0) return at;
    }
  }
}

/** From behind a value: passes closers and one comma; gives the start of the next value, or the end when nothing is open. */
function leave(bytes: Buffer, from: number, closers: number[]): number {
  let at = from;
  while (closers.length > 0) {
    at = skipSpace(bytes, at);
    const byte = bytes[at];
    if (byte === comma) {
      at = skipSpace(bytes, at + 1);
      return closers.at(-1) === closeBrace ? skipKey(bytes, at) : at;
    }
    if (byte !== closers.at(-1)) return ~at;
    closers.pop();
    at++;
  }
  return at;
}

function skipKey(bytes: Buffer, start: number): number {
  const end = skipString(bytes, start);
  if (end < 0) return end;
  const at = skipSpace(bytes, end);
  return bytes[at] === colon ? skipSpace(bytes, at + 1) : ~at;
}

const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/;

function skipScalar(bytes: Buffer, start: number): number {
  let at = start;
  while (isScalarByte(bytes[at])) at++;
  return scalar.test(bytes.toString('latin1', start, at)) ? at : ~start;
}

/** Letters, digits, plus, minus, point: what literals and numbers are made of. */
function isScalarByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x45
  );
}
