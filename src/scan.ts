// Where the members and elements of JSON stand in its bytes. One pass checks the grammar but for what stands within strings, jumping
// from quote to quote: nothing is parsed, no text is made, and depth costs no stack.

import { GatewayError } from './errors.ts';

/** Where the members of an object stand in the bytes. */
export interface Scan {
  /** Three positions a member: where its name starts, with its quote, and where its value starts and ends. Ends are exclusive. */
  readonly places: readonly number[];
  /** Index of the closing brace. */
  readonly close: number;
  /** No name is written with an escape or holds more than ASCII: names are then what their bytes are. */
  readonly plain: boolean;
}
/** Positions a member. */
export const stride = 3;

/** Bytes of JSON's grammar that others look for too. */
export const quote = 0x22;
/** What an escape within a string begins with. */
export const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
/** What an object begins with. */
export const openBrace = 0x7b;
const closeBrace = 0x7d;
/** What an array begins with. */
export const openBracket = 0x5b;
const closeBracket = 0x5d;
const zero = 0x30;
const nine = 0x39;
const point = 0x2e;
const minus = 0x2d;
const plus = 0x2b;

/** A depth that no body reaches. */
export const boundless = 0x3fffffff;

/** The elements of an array that was scanned before. */
export function elementsOf(bytes: Buffer): readonly Buffer[] {
  const elements: Buffer[] = [];
  for (let at = firstElement(bytes, 0); at >= 0; ) {
    const end = elementEnd(bytes, at);
    elements.push(bytes.subarray(at, end));
    at = nextElement(bytes, end);
  }
  return elements;
}

/** Where the first element of the array that starts here starts; -1 in an empty one. The array was scanned before. */
export function firstElement(bytes: Buffer, start: number): number {
  const at = skipSpace(bytes, start + 1);
  return bytes[at] === closeBracket ? -1 : at;
}

/** The same of the element behind the one that ends here. */
export function nextElement(bytes: Buffer, end: number): number {
  const at = skipSpace(bytes, end);
  return bytes[at] === comma ? skipSpace(bytes, at + 1) : -1;
}

/** Where the value that starts here ends, exclusive. The bytes were scanned before. */
export function elementEnd(bytes: Buffer, start: number): number {
  return skipValue(bytes, start, boundless);
}

/** What every text that is no JSON is answered with. */
export function malformed(what: string, cause?: unknown): GatewayError {
  return unusable(`not valid JSON: ${what}`, cause);
}

function unusable(how: string, cause?: unknown): GatewayError {
  return new GatewayError('bad-request', `The request body is ${how}`, { code: 'invalid_json', cause });
}

/** The top-level members of an object. Throws `bad-request` that says where the bytes stop being one. */
export function scanOrThrow(bytes: Buffer, depth = boundless): Scan {
  const start = skipSpace(bytes, 0);
  const result = scanObject(bytes, start, depth);
  if (typeof result === 'number') throw misplaced(bytes, result, start);
  const rest = skipSpace(bytes, result.close + 1);
  if (rest < bytes.length) throw misplaced(bytes, rest, start);
  return result;
}

function misplaced(bytes: Buffer, position: number, start: number): GatewayError {
  if (bytes.length === 0) return malformed('it is empty. Send a JSON object.');
  const before = bytes.toString('utf8', 0, position);
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  const place = `at line ${line}, column ${column} (byte ${position})`;
  const quoted = (from: number) =>
    JSON.stringify(bytes.toString('utf8', Math.max(0, from), position + 10).replace(/\s+/g, ' '));
  if (position >= bytes.length) return malformed(`unexpected end ${place}, near ${quoted(position - 20)}.`);
  if (position === start) return unusable(`not a JSON object: it begins with ${quoted(start)} ${place}.`);
  return malformed(`unexpected character ${place}, near ${quoted(position - 20)}.`);
}

/** The members of the object that starts here, or the position at which the bytes stop being one. */
export function scanObject(bytes: Buffer, start: number, depth = boundless): Scan | number {
  if (bytes[start] !== openBrace) return start;
  // A scan that failed left its places behind.
  if (passed.length > few) passed.length = 0;
  let count = 0;
  let plain = true;
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === closeBrace) return { places: none, close: at, plain };
  for (;;) {
    const nameEnd = skipString(bytes, at);
    if (nameEnd < 0) return ~nameEnd;
    plain = plain && isPlain(bytes, at + 1, nameEnd - 1);
    const between = skipSpace(bytes, nameEnd);
    if (bytes[between] !== colon) return between;
    const valueStart = skipSpace(bytes, between + 1);
    const end = skipValue(bytes, valueStart, depth);
    if (end < 0) return ~end;
    passed[count++] = at;
    passed[count++] = valueStart;
    passed[count++] = end;
    at = skipSpace(bytes, end);
    if (bytes[at] === closeBrace) return found(bytes, count, at, plain);
    if (bytes[at] !== comma) return at;
    at = skipSpace(bytes, at + 1);
  }
}

const none: readonly number[] = [];
/** The places of the scan that is going on, of which the finished one keeps no more than it needs. */
const passed: number[] = [];
/** Places that nearly every object keeps to. */
const few = 192;

/** The scan of an object of which so many places were passed; where a name that is not plain is none of JSON's, its position. */
function found(bytes: Buffer, count: number, close: number, plain: boolean): Scan | number {
  const places = passed.slice(0, count);
  if (count > few) passed.length = 0;
  for (let index = 0; !plain && index < places.length; index += stride) {
    const start = places[index] ?? 0;
    if (nameAt(bytes, start) === undefined) return start;
  }
  return { places, close, plain };
}

/** Whether all of this is ASCII without a backslash: its text is what its bytes are. */
export function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === backslash || byte >= 0x80) return false;
  }
  return true;
}

/** The name that stands here; undefined where its escapes are none of JSON's. */
export function nameAt(bytes: Buffer, start: number): string | undefined {
  const text = bytes.toString('utf8', start + 1, skipString(bytes, start) - 1);
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** Bytes of a string that are looked at one by one before the search for its end is left to native code, whose calls have a price. */
const nearby = 48;

/** The end of a string that starts here, or the complement of where it goes wrong. */
function skipString(bytes: Buffer, start: number): number {
  if (bytes[start] !== quote) return ~start;
  let at = start + 1;
  for (;;) {
    at = walk(bytes, at);
    if (at >= bytes.length) return ~bytes.length;
    if (bytes[at] === quote) return at + 1;
    const end = bytes.indexOf(quote, at);
    if (end < 0) return ~bytes.length;
    if (!isEscaped(bytes, end, at)) return end + 1;
    at = end + 1;
  }
}

/** From within a string, the next quote that ends it, or a place some way on that no backslash escapes. */
function walk(bytes: Buffer, from: number): number {
  const far = Math.min(from + nearby, bytes.length);
  let at = from;
  while (at < far) {
    const byte = bytes[at];
    if (byte === quote) break;
    at += byte === backslash ? 2 : 1;
  }
  return at;
}

/** Whether an odd number of backslashes stands before; none is counted before `from`. */
function isEscaped(bytes: Buffer, position: number, from: number): boolean {
  let slashes = 0;
  while (position - slashes > from && bytes[position - 1 - slashes] === backslash) slashes++;
  return slashes % 2 === 1;
}

/** The end of a value that starts here, or the complement of where it goes wrong. */
function skipValue(bytes: Buffer, start: number, depth: number): number {
  const byte = bytes[start];
  if (byte === quote) return skipString(bytes, start);
  if (byte === openBrace || byte === openBracket) return skipContainer(bytes, start, depth);
  return skipScalar(bytes, start);
}

/** Levels of nesting that nearly every body keeps to. */
const usual = 1024;
/** What closes each container that is open: depth is a stranger's choice. No scan interrupts another, so that one stack does for all. */
let closers = new Uint8Array(usual);
let open = 0;

function skipContainer(bytes: Buffer, start: number, depth: number): number {
  open = 0;
  let at = start;
  do {
    at = enter(bytes, at, depth);
    if (at >= 0) at = leave(bytes, at);
  } while (at >= 0 && open > 0);
  if (closers.length > usual) closers = new Uint8Array(usual);
  return at;
}

/** From the start of a value: opens containers until a scalar or an empty container was passed; gives the position behind it. */
function enter(bytes: Buffer, from: number, depth: number): number {
  let at = from;
  for (;;) {
    const closer = closerOf(bytes[at]);
    if (closer === 0) return bytes[at] === quote ? skipString(bytes, at) : skipScalar(bytes, at);
    at = skipSpace(bytes, at + 1);
    if (bytes[at] === closer) return at + 1;
    push(closer, depth);
    if (closer === closeBrace) at = skipKey(bytes, at);
    if (at < 0) return at;
  }
}

/** From behind a value: passes closers and one comma; gives the start of the next value, or the end when nothing is open. */
function leave(bytes: Buffer, from: number): number {
  let at = from;
  while (open > 0) {
    at = skipSpace(bytes, at);
    const closer = closers[open - 1];
    if (bytes[at] === comma) {
      at = skipSpace(bytes, at + 1);
      return closer === closeBrace ? skipKey(bytes, at) : at;
    }
    if (bytes[at] !== closer) return ~at;
    open--;
    at++;
  }
  return at;
}

/** What ends the container that this byte begins; 0 where it begins none. */
function closerOf(byte: number | undefined): number {
  if (byte === openBrace) return closeBrace;
  return byte === openBracket ? closeBracket : 0;
}

function push(closer: number, depth: number): void {
  if (open + 1 >= depth) throw malformed(`it is nested more than ${depth} levels deep.`);
  if (open === closers.length) {
    const larger = new Uint8Array(open * 2);
    larger.set(closers);
    closers = larger;
  }
  closers[open++] = closer;
}

function skipKey(bytes: Buffer, start: number): number {
  const end = skipString(bytes, start);
  if (end < 0) return end;
  const at = skipSpace(bytes, end);
  return bytes[at] === colon ? skipSpace(bytes, at + 1) : ~at;
}

function skipScalar(bytes: Buffer, start: number): number {
  const end = endOfScalar(bytes, start);
  return end > start && !isScalarByte(bytes[end]) ? end : ~start;
}

/** The end of the literal or number that starts here; the start where there is none. */
function endOfScalar(bytes: Buffer, start: number): number {
  switch (bytes[start]) {
    case 0x74:
      return endOfWord(bytes, start, 'true');
    case 0x66:
      return endOfWord(bytes, start, 'false');
    case 0x6e:
      return endOfWord(bytes, start, 'null');
    default:
      return endOfNumber(bytes, start);
  }
}

function endOfWord(bytes: Buffer, start: number, word: string): number {
  return isAt(bytes, start, word) ? start + word.length : start;
}

/** Whether this text, which is ASCII, stands here. */
export function isAt(bytes: Buffer, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}

function endOfNumber(bytes: Buffer, start: number): number {
  const whole = bytes[start] === minus ? start + 1 : start;
  let at = bytes[whole] === zero ? whole + 1 : skipDigits(bytes, whole);
  if (at === whole) return start;
  if (bytes[at] === point) {
    const fraction = at + 1;
    at = skipDigits(bytes, fraction);
    if (at === fraction) return start;
  }
  if (bytes[at] !== 0x65 && bytes[at] !== 0x45) return at;
  const signed = bytes[at + 1] === plus || bytes[at + 1] === minus;
  const exponent = signed ? at + 2 : at + 1;
  at = skipDigits(bytes, exponent);
  return at === exponent ? start : at;
}

function skipDigits(bytes: Buffer, from: number): number {
  let at = from;
  while (isDigit(bytes[at])) at++;
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine;
}

/** Letters, digits, plus, minus, point: what literals and numbers are made of, and may not stand behind one. */
function isScalarByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    isDigit(byte) ||
    byte === minus ||
    byte === plus ||
    byte === point ||
    byte === 0x45
  );
}
