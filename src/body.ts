// A JSON object as the bytes its sender wrote. Edits splice members; every byte nobody named stays as it came. One scan checks
// the grammar and finds the top-level members, jumping from quote to quote, so that nothing is parsed that nobody reads.

import { GatewayError } from './errors.ts';
import { asArray, asObject, type Json, type JsonObject, parseJson } from './json.ts';

/** Where one member of an object stands in the bytes: `"key" : value`, end exclusive. */
interface Member {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}
interface Scan {
  readonly members: readonly Member[];
  /** Index of the closing brace. */
  readonly close: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Immutable: edits give a new Body. Duplicate keys follow JSON.parse, the last one wins; setting one removes its twins. */
export class Body {
  readonly bytes: Buffer;
  /** Top-level members that were changed or removed since the bytes came from the client. */
  readonly edits: readonly string[];
  #scan: Scan | undefined;
  #json: JsonObject | undefined;

  private constructor(bytes: Buffer, edits: readonly string[], json?: JsonObject) {
    this.bytes = bytes;
    this.edits = edits;
    this.#json = json;
  }

  /**
   * From bytes that claim to be a JSON object; a byte order mark is dropped (RFC 8259 §8.1). Throws `bad-request` that says where
   * they are not, and for a value nested deeper than `depth`: what walks values has a stack that ends.
   */
  static read(bytes: Buffer, depth = Number.POSITIVE_INFINITY): Body {
    const plain = hasByteOrderMark(bytes) ? bytes.subarray(3) : bytes;
    const body = new Body(plain, []);
    body.#scan = scanOrThrow(plain, depth);
    return body;
  }

  /** From a value, printed once. */
  static of(json: JsonObject): Body {
    return new Body(Buffer.from(JSON.stringify(json)), [], json);
  }

  /** The parsed value; parsed at most once, long numbers kept. */
  get json(): JsonObject {
    this.#json ??= asObject(parse(this.bytes)) ?? {};
    return this.#json;
  }

  has(key: string): boolean {
    return this.#last(key) !== undefined;
  }

  /** One top-level member, parsed alone; undefined where it is absent. */
  get(key: string): Json | undefined {
    if (this.#json) return Object.hasOwn(this.#json, key) ? this.#json[key] : undefined;
    const member = this.#last(key);
    return member && parseMember(this.bytes, member);
  }

  /** The bytes of one member's value, as they came. */
  raw(key: string): Buffer | undefined {
    const member = this.#last(key);
    return member && this.bytes.subarray(member.valueStart, member.end);
  }

  /**
   * With one member set, in its old place or at the end. A path of several keys edits within nested objects, made where absent.
   * `before` is the parsed value that this one was made from: what they share keeps its bytes.
   */
  set(path: string | readonly string[], value: Json, before?: Json): Body {
    const [key, ...rest] = typeof path === 'string' ? [path] : path;
    if (key === undefined) return this;
    const raw = this.raw(key);
    if (rest.length > 0) {
      const nested = raw?.[0] === openBrace ? Body.read(raw) : Body.of({});
      return this.#splice(key, nested.set(rest, value, before).bytes);
    }
    return this.#splice(key, raw && before !== undefined ? reprinted(value, before, raw) : printed(value));
  }

  /** Without one top-level member. */
  without(key: string): Body {
    const { members, close } = this.#members();
    if (!members.some((member) => member.key === key)) return this;
    return new Body(
      cut(this.bytes, members, close, (member) => member.key !== key),
      this.#edited(key),
    );
  }

  #splice(key: string, value: Buffer): Body {
    const { members, close } = this.#members();
    const twins = members.filter((member) => member.key === key);
    const last = twins.at(-1);
    if (twins.length > 1 && last) return this.#withoutTwins(last).#splice(key, value);
    if (last) return this.#replace(last.valueStart, last.end, [value], key);
    const separator = members.length > 0 ? ',' : '';
    const name = Buffer.from(`${separator}${JSON.stringify(key)}:`);
    const end = members.at(-1)?.end ?? close;
    return this.#replace(end, end, [name, value], key);
  }

  #replace(start: number, end: number, middle: readonly Buffer[], key: string): Body {
    const bytes = Buffer.concat([this.bytes.subarray(0, start), ...middle, this.bytes.subarray(end)]);
    return new Body(bytes, this.#edited(key));
  }

  #withoutTwins(kept: Member): Body {
    const { members, close } = this.#members();
    const bytes = cut(this.bytes, members, close, (member) => member.key !== kept.key || member === kept);
    return new Body(bytes, this.edits);
  }

  #edited(key: string): readonly string[] {
    return this.edits.includes(key) ? this.edits : [...this.edits, key];
  }

  #last(key: string): Member | undefined {
    return this.#members().members.findLast((member) => member.key === key);
  }

  #members(): Scan {
    this.#scan ??= scanOrThrow(this.bytes);
    return this.#scan;
  }
}

function printed(value: Json): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** An edited value as bytes: what is the same object, or an equal scalar at the same place, stays as it was written. */
function reprinted(value: Json, before: Json | undefined, raw: Buffer): Buffer {
  if (value === before) return raw;
  const list = asArray(value);
  const listBefore = asArray(before);
  if (list && listBefore) return joined('[', reprintedElements(list, listBefore, elementsOf(raw)), ']');
  const object = asObject(value);
  const objectBefore = asObject(before);
  if (!object || !objectBefore) return printed(value);
  const members = Body.read(raw);
  const told = Object.entries(object).flatMap(([key, member]) => {
    if (member === undefined) return [];
    const bytes = members.raw(key);
    const name = Buffer.from(`${JSON.stringify(key)}:`);
    return [Buffer.concat([name, bytes ? reprinted(member, objectBefore[key], bytes) : printed(member)])];
  });
  return joined('{', told, '}');
}

/** Elements may have gone: each is looked for among those that follow the last one found, and else taken for the next one, edited. */
function reprintedElements(list: readonly Json[], before: readonly Json[], raws: readonly Buffer[]): Buffer[] {
  let next = 0;
  return list.map((element) => {
    const same = before.indexOf(element, next);
    const place = same < 0 ? next : same;
    next = place + 1;
    const raw = raws[place];
    return raw ? reprinted(element, before[place], raw) : printed(element);
  });
}

function joined(open: string, pieces: readonly Buffer[], close: string): Buffer {
  const separated = pieces.flatMap((piece, index) => (index === 0 ? [piece] : [Buffer.from(','), piece]));
  return Buffer.concat([Buffer.from(open), ...separated, Buffer.from(close)]);
}

/** The elements of an array that was scanned before. */
function elementsOf(bytes: Buffer): readonly Buffer[] {
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

/** The bytes with only the members that pass, each with the separator that stood before it. */
function cut(bytes: Buffer, members: readonly Member[], close: number, keep: (member: Member) => boolean): Buffer {
  const pieces: Buffer[] = [];
  const head = members[0]?.start ?? close;
  let tail = head;
  for (const member of members) {
    const separatorStart = tail;
    tail = member.end;
    if (!keep(member)) continue;
    pieces.push(bytes.subarray(pieces.length === 0 ? member.start : separatorStart, member.end));
  }
  return Buffer.concat([bytes.subarray(0, head), ...pieces, bytes.subarray(tail)]);
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** What most members are, a plain string or a switch, is read without a parser. */
function parseMember(bytes: Buffer, { valueStart, end }: Member): Json {
  const first = bytes[valueStart];
  if (first === 0x74) return true;
  if (first === 0x66) return false;
  const value = bytes.subarray(valueStart, end);
  const plain = first === quote && value.length < 1024 && !value.includes(backslash);
  return plain ? value.toString('utf8', 1, value.length - 1) : parse(value);
}

function parse(bytes: Buffer): Json {
  try {
    return parseJson(bytes.toString('utf8'));
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : 'not valid JSON', cause);
  }
}

function malformed(what: string, cause?: unknown): GatewayError {
  return new GatewayError('bad-request', `The request body is not valid JSON: ${what}`, {
    code: 'invalid_json',
    cause,
  });
}

function scanOrThrow(bytes: Buffer, depth = Number.POSITIVE_INFINITY): Scan {
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

/** The end of a string that starts here, or the complement of where it goes wrong. */
function skipString(bytes: Buffer, start: number): number {
  if (bytes[start] !== quote) return ~start;
  let at = start + 1;
  for (;;) {
    const end = bytes.indexOf(quote, at);
    if (end < 0) return ~bytes.length;
    let slashes = 0;
    while (bytes[end - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return end + 1;
    at = end + 1;
  }
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
