// A JSON object as the bytes its sender wrote. Edits splice members; every byte nobody named stays as it came,
// and nothing is parsed that nobody reads.

import { type GatewayError, toGatewayError } from './errors.ts';
import { asArray, asObject, type Json, type JsonObject, parseObject } from './json.ts';
import { type Lookup, lookupIn } from './lookup.ts';
import { Members } from './members.ts';
import { boundless, elementsOf, isPlain, openBrace, type Scan, scanOrThrow, stride } from './scan.ts';

/** Immutable: edits give a new Body. Duplicate keys follow JSON.parse, the last one wins; setting one removes its twins. */
export class Body {
  /** Top-level members that were changed or removed since the bytes came from the client. */
  readonly edits: readonly string[];
  /** Absent in a body made from a value until somebody wants its bytes: edits before that are edits of the value. */
  #members: Members | undefined;
  #json: JsonObject | undefined;
  /** Bytes whose members nobody has looked for yet. */
  readonly #came: Buffer | undefined;

  private constructor(
    edits: readonly string[],
    members: Members | undefined,
    json: JsonObject | undefined,
    came?: Buffer,
  ) {
    this.edits = edits;
    this.#members = members;
    this.#json = json;
    this.#came = came;
  }

  /**
   * From bytes that claim to be a JSON object; a byte order mark is dropped (RFC 8259 §8.1). Throws `bad-request` that says where
   * they are not, and for a value nested deeper than `depth`: what walks values has a stack that ends.
   */
  static read(bytes: Buffer, depth = boundless): Body {
    const plain = hasByteOrderMark(bytes) ? bytes.subarray(3) : bytes;
    return Body.#scanned(plain, scanOrThrow(plain, depth), noEdits);
  }

  /**
   * The same for a body that is looked into and then leaves as it came, as replies do: a short one is parsed at once, which costs a
   * third of looking for its members and theirs.
   */
  static skim(bytes: Buffer): Body {
    const json = bytes.length > short ? undefined : parseObject(bytes.toString('utf8'));
    return json ? new Body(noEdits, undefined, json, bytes) : Body.read(bytes);
  }

  /** From a value, printed at most once. */
  static of(json: JsonObject): Body {
    return new Body(noEdits, undefined, json);
  }

  static #scanned(bytes: Buffer, scan: Scan, edits: readonly string[]): Body {
    return new Body(edits, new Members(bytes, 0, scan), undefined);
  }

  /** JSON in UTF-8, printed once where it began as a value. Not to be changed. */
  get bytes(): Buffer {
    return this.#came ?? this.members.bytes;
  }

  /** Where the members stand in the bytes: for reading what lies within them without parsing the rest. */
  get members(): Members {
    const came = this.#came;
    this.#members ??= came
      ? new Members(came, 0, scanOrThrow(came))
      : new Members(Buffer.from(wellFormed(printed(this.#json ?? {}))), 0);
    return this.#members;
  }

  /** Its members by name, the way that is nearer. */
  get lookup(): Lookup {
    return this.#members || !this.#json ? this.members : lookupIn(this.#json);
  }

  /** The parsed value; parsed at most once, long numbers kept. */
  get json(): JsonObject {
    this.#json ??= this.members.json;
    return this.#json;
  }

  /** What is no JSON within its strings, at which the scan does not look; undefined where all of it is JSON. */
  get fault(): GatewayError | undefined {
    try {
      this.#json ??= this.members.json;
      return undefined;
    } catch (thrown) {
      return toGatewayError(thrown);
    }
  }

  /** Whether it has this top-level member, be it null. */
  has(key: string): boolean {
    const value = this.#json;
    return value ? Object.hasOwn(value, key) && value[key] !== undefined : this.members.has(key);
  }

  /** One top-level member, parsed alone; undefined where it is absent. */
  get(key: string): Json | undefined {
    if (this.#json) return Object.hasOwn(this.#json, key) ? this.#json[key] : undefined;
    return this.members.get(key);
  }

  /** The bytes of one member's value, as they came. */
  raw(key: string): Buffer | undefined {
    return this.members.raw(key);
  }

  /**
   * With one member set, in its old place or at the end. A path of several keys edits within nested objects, made where absent.
   * `before` is the parsed value that this one was made from: what they share keeps its bytes.
   */
  set(path: string | readonly string[], value: Json, before?: Json): Body {
    if (typeof path === 'string') return this.#set(path, value, before);
    const [key, ...rest] = path;
    if (key === undefined) return this;
    if (rest.length === 0) return this.#set(key, value, before);
    const own = this.#value();
    if (own) return this.#with(key, withMember(asObject(own[key]) ?? {}, rest, value));
    const raw = this.raw(key);
    const nested = raw?.[0] === openBrace ? Body.read(raw).set(rest, value, before).bytes : undefined;
    return this.#splice(key, nested ?? printed(withMember({}, rest, value)));
  }

  #set(key: string, value: Json, before: Json | undefined): Body {
    if (this.#value()) return this.#with(key, value);
    const raw = before === undefined ? undefined : this.raw(key);
    return this.#splice(key, raw ? reprinted(value, before, raw) : printed(value));
  }

  /** Without one top-level member. */
  without(key: string): Body {
    if (!this.has(key)) return this;
    const own = this.#value();
    if (!own) return this.#cut(key, undefined, this.#edited(key));
    const { [key]: _, ...rest } = own;
    return new Body(this.#edited(key), undefined, rest);
  }

  /** The value with one member set: for a body without bytes. */
  #with(key: string, value: Json): Body {
    return new Body(this.#edited(key), undefined, { ...this.#json, [key]: value });
  }

  #splice(key: string, value: Buffer | string): Body {
    const { members } = this;
    const { places, close } = members.scan;
    const index = members.find(key);
    if (index < 0) return this.#append(key, value, places.length > 0 ? (places.at(-1) ?? 0) : close);
    if (members.find(key, index) >= 0) return this.#cut(key, index, this.edits).#splice(key, value);
    const start = places[index + 1] ?? 0;
    const end = places[index + 2] ?? 0;
    const bytes = spliced(this.bytes, start, end, value);
    const by = bytes.length - this.bytes.length;
    const moved = places.map((place) => (place >= end ? place + by : place));
    return Body.#scanned(bytes, { ...members.scan, places: moved, close: close + by }, this.#edited(key));
  }

  #append(key: string, value: Buffer | string, at: number): Body {
    const { places, close, plain } = this.members.scan;
    const start = places.length > 0 ? at + 1 : at;
    const name = JSON.stringify(key);
    const bytes = spliced(this.bytes, at, at, `${start > at ? ',' : ''}${name}:${value.toString()}`);
    const by = bytes.length - this.bytes.length;
    const colon = start + Buffer.byteLength(name);
    const added = [...places, start, colon + 1, at + by];
    const scan = { places: added, close: close + by, plain: plain && isPlain(bytes, start, colon) };
    return Body.#scanned(bytes, scan, this.#edited(key));
  }

  /** Without the members of one name, but for the one that is kept. */
  #cut(key: string, kept: number | undefined, edits: readonly string[]): Body {
    const bytes = cut(this.members, key, kept);
    return Body.#scanned(bytes, scanOrThrow(bytes), edits);
  }

  /** The value of a body that has no bytes yet. */
  #value(): JsonObject | undefined {
    return this.#members || this.#came ? undefined : this.#json;
  }

  #edited(key: string): readonly string[] {
    return this.edits.includes(key) ? this.edits : [...this.edits, key];
  }
}

const noEdits: readonly string[] = [];
/** Bytes up to which a body is parsed sooner than its members are found. */
const short = 1024;

/** An object with one member set, nested objects made where absent. */
function withMember(object: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return object;
  return { ...object, [key]: rest.length > 0 ? withMember(asObject(object[key]) ?? {}, rest, value) : value };
}

function printed(value: Json): string {
  return JSON.stringify(value);
}

/**
 * Half of a surrogate pair, as a text has that was cut by its length, is printed as an escape that Anthropic takes for invalid JSON
 * (RFC 8259 §8.2 leaves it open): U+FFFD stands in its place.
 */
function wellFormed(json: string): string {
  if (!json.includes('\\ud')) return json;
  return json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (sequence) => (sequence.length > 2 ? '\ufffd' : sequence));
}

/** Other bytes in the place of these, copied once. */
function spliced(bytes: Buffer, start: number, end: number, middle: Buffer | string): Buffer {
  const length = typeof middle === 'string' ? Buffer.byteLength(middle) : middle.length;
  const edited = Buffer.allocUnsafe(bytes.length - (end - start) + length);
  bytes.copy(edited, 0, 0, start);
  if (typeof middle === 'string') edited.write(middle, start);
  else middle.copy(edited, start);
  bytes.copy(edited, start + length, end);
  return edited;
}

/** An edited value as bytes: what is the same object, or an equal scalar at the same place, stays as it was written. */
function reprinted(value: Json, before: Json | undefined, raw: Buffer): Buffer {
  if (value === before) return raw;
  const list = asArray(value);
  const listBefore = asArray(before);
  if (list && listBefore) return joined('[', reprintedElements(list, listBefore, elementsOf(raw)), ']');
  const object = asObject(value);
  const objectBefore = asObject(before);
  if (!object || !objectBefore) return Buffer.from(printed(value));
  const members = Body.read(raw);
  const told = Object.entries(object).flatMap(([key, member]) => {
    if (member === undefined) return [];
    const bytes = members.raw(key);
    const name = Buffer.from(`${JSON.stringify(key)}:`);
    return [Buffer.concat([name, bytes ? reprinted(member, objectBefore[key], bytes) : Buffer.from(printed(member))])];
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
    return raw ? reprinted(element, before[place], raw) : Buffer.from(printed(element));
  });
}

function joined(open: string, pieces: readonly Buffer[], close: string): Buffer {
  const separated = pieces.flatMap((piece, index) => (index === 0 ? [piece] : [Buffer.from(','), piece]));
  return Buffer.concat([Buffer.from(open), ...separated, Buffer.from(close)]);
}

/** The bytes without the members of one name, but for the one that is kept: each goes with the separator that stood before it. */
function cut(members: Members, key: string, kept: number | undefined): Buffer {
  const { bytes } = members;
  const { places, close } = members.scan;
  const gone = new Set<number>();
  for (let index = members.find(key); index >= 0; index = members.find(key, index)) if (index !== kept) gone.add(index);
  const head = places[0] ?? close;
  const pieces: Buffer[] = [bytes.subarray(0, head)];
  let tail = head;
  for (let index = 0; index < places.length; index += stride) {
    const separatorStart = tail;
    tail = places[index + 2] ?? close;
    if (gone.has(index)) continue;
    pieces.push(bytes.subarray(pieces.length === 1 ? places[index] : separatorStart, tail));
  }
  return Buffer.concat([...pieces, bytes.subarray(tail)]);
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
