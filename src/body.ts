// A JSON object as the bytes its sender wrote. Edits splice members; every byte nobody named stays as it came,
// and nothing is parsed that nobody reads.

import { asArray, asObject, type Json, type JsonObject, parseJson } from './json.ts';
import { backslash, elementsOf, type Member, malformed, openBrace, quote, type Scan, scanOrThrow } from './scan.ts';

/** Immutable: edits give a new Body. Duplicate keys follow JSON.parse, the last one wins; setting one removes its twins. */
export class Body {
  /** Top-level members that were changed or removed since the bytes came from the client. */
  readonly edits: readonly string[];
  /** Absent in a body made from a value until somebody wants them: edits before that are edits of the value. */
  #bytes: Buffer | undefined;
  #scan: Scan | undefined;
  #json: JsonObject | undefined;

  private constructor(edits: readonly string[]) {
    this.edits = edits;
  }

  /**
   * From bytes that claim to be a JSON object; a byte order mark is dropped (RFC 8259 §8.1). Throws `bad-request` that says where
   * they are not, and for a value nested deeper than `depth`: what walks values has a stack that ends.
   */
  static read(bytes: Buffer, depth = Number.POSITIVE_INFINITY): Body {
    const plain = hasByteOrderMark(bytes) ? bytes.subarray(3) : bytes;
    return Body.#scanned(plain, scanOrThrow(plain, depth), []);
  }

  /** From a value, printed at most once. */
  static of(json: JsonObject): Body {
    return Body.#valued(json, []);
  }

  static #scanned(bytes: Buffer, scan: Scan, edits: readonly string[]): Body {
    const body = new Body(edits);
    body.#bytes = bytes;
    body.#scan = scan;
    return body;
  }

  static #valued(json: JsonObject, edits: readonly string[]): Body {
    const body = new Body(edits);
    body.#json = json;
    return body;
  }

  get bytes(): Buffer {
    this.#bytes ??= printed(this.#json ?? {});
    return this.#bytes;
  }

  /** The parsed value; parsed at most once, long numbers kept. */
  get json(): JsonObject {
    this.#json ??= asObject(parse(this.bytes)) ?? {};
    return this.#json;
  }

  has(key: string): boolean {
    const value = this.#value();
    return value ? Object.hasOwn(value, key) && value[key] !== undefined : this.#last(key) !== undefined;
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
    const own = this.#value();
    if (own) return Body.#valued(withMember(own, [key, ...rest], value), this.#edited(key));
    const raw = this.raw(key);
    if (rest.length > 0) {
      const nested = raw?.[0] === openBrace ? Body.read(raw) : Body.of({});
      return this.#splice(key, nested.set(rest, value, before).bytes);
    }
    return this.#splice(key, raw && before !== undefined ? reprinted(value, before, raw) : printed(value));
  }

  /** Without one top-level member. */
  without(key: string): Body {
    if (!this.has(key)) return this;
    const own = this.#value();
    if (!own) return this.#cut((member) => member.key !== key, this.#edited(key));
    const { [key]: _, ...rest } = own;
    return Body.#valued(rest, this.#edited(key));
  }

  #splice(key: string, value: Buffer): Body {
    const { members, close } = this.#members();
    const twins = members.filter((member) => member.key === key);
    const last = twins.at(-1);
    if (twins.length > 1 && last) return this.#withoutTwins(last).#splice(key, value);
    if (last) return this.#replace(last.valueStart, last.end, [value], key, []);
    const separator = members.length > 0 ? ',' : '';
    const name = Buffer.from(`${separator}${JSON.stringify(key)}:`);
    const end = members.at(-1)?.end ?? close;
    const valueStart = end + name.length;
    const added = { key, start: end + separator.length, valueStart, end: valueStart + value.length };
    return this.#replace(end, end, [name, value], key, [added]);
  }

  /** Other bytes from `start` to `end`; where the members stand then is known without another scan. */
  #replace(start: number, end: number, middle: readonly Buffer[], key: string, added: readonly Member[]): Body {
    const bytes = Buffer.concat([this.bytes.subarray(0, start), ...middle, this.bytes.subarray(end)]);
    const by = bytes.length - this.bytes.length;
    const { members, close } = this.#members();
    const moved = members.map((member) => {
      if (member.valueStart === start) return { ...member, end: member.end + by };
      if (member.start < end) return member;
      return { ...member, start: member.start + by, valueStart: member.valueStart + by, end: member.end + by };
    });
    return Body.#scanned(bytes, { members: [...moved, ...added], close: close + by }, this.#edited(key));
  }

  #withoutTwins(kept: Member): Body {
    return this.#cut((member) => member.key !== kept.key || member === kept, this.edits);
  }

  #cut(keep: (member: Member) => boolean, edits: readonly string[]): Body {
    const { members, close } = this.#members();
    const bytes = cut(this.bytes, members, close, keep);
    return Body.#scanned(bytes, scanOrThrow(bytes), edits);
  }

  /** The value of a body that has no bytes yet. */
  #value(): JsonObject | undefined {
    return this.#bytes ? undefined : this.#json;
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

/** An object with one member set, nested objects made where absent. */
function withMember(object: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return object;
  return { ...object, [key]: rest.length > 0 ? withMember(asObject(object[key]) ?? {}, rest, value) : value };
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
