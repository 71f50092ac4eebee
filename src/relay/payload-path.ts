// Paths as the operator's payload rules write them: `a.b.0.c`, `messages.-1`, `tools.#(type=="web_search").name`, `a\.b`. Read here,
// followed in payload-place.ts.

import { type Json, readJson } from '../json.ts';

/** One step of a path. */
export type Segment =
  /** A member's name; on a list, where the name is a number, an index, -1 being the end. */
  | { readonly key: string; readonly index?: number }
  /** The first element of a list, or all, of which something holds. */
  | { readonly where: Condition; readonly all: boolean };

/** Any of these must hold; of each, all. */
export type Condition = readonly (readonly Test[])[];
/** One thing that must hold of an element. */
export interface Test {
  /** Within the element; empty for the element itself. */
  readonly path: readonly Segment[];
  /** Absent: it is enough that something is there. */
  readonly operator?: Operator;
  readonly value?: Json;
}
/** `%` and `!%` hold texts against a pattern with `*` for any run of characters. There is an order among numbers, and among texts. */
export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '%' | '!%';

/** The segments of a path; undefined where it cannot be read. */
export function parsePath(text: string): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  for (let at = 0; at <= text.length; ) {
    const read = text.startsWith('#(', at) ? readQuery(text, at) : readKey(text, at);
    if (!read) return undefined;
    segments.push(read.segment);
    if (read.end < text.length && text[read.end] !== '.') return undefined;
    at = read.end + 1;
  }
  return segments;
}

interface Read {
  readonly segment: Segment;
  readonly end: number;
}

/** Up to the next dot that no backslash stands before. */
function readKey(text: string, start: number): Read | undefined {
  let key = '';
  let at = start;
  for (; at < text.length && text[at] !== '.'; at++) {
    if (text[at] === '\\') at++;
    key += text[at] ?? '';
  }
  if (key === '') return undefined;
  const isIndex = /^(?:-1|0|[1-9]\d{0,8})$/.test(key) && at - start === key.length;
  return { segment: isIndex ? { key, index: Number(key) } : { key }, end: at };
}

function readQuery(text: string, start: number): Read | undefined {
  const close = closing(text, start + 1);
  if (close < 0) return undefined;
  const where = parseCondition(text.slice(start + 2, close));
  const all = text[close + 1] === '#';
  return where && { segment: { where, all }, end: close + (all ? 2 : 1) };
}

/** The parenthesis that closes the one here; what stands in quotes does not count. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '"') at = endOfString(text, at);
    else if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  return -1;
}

/** The quote that closes the one here, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function parseCondition(text: string): Condition | undefined {
  const ways = split(text, '||').map((way) => split(way, '&&').map(parseTest));
  const known = ways.map((tests) => tests.filter((test) => test !== undefined));
  return known.every((tests, index) => tests.length === ways[index]?.length) ? known : undefined;
}

/** The pieces between separators that stand in no quotes and no parentheses. */
function split(text: string, separator: string): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') at = endOfString(text, at);
    else if (text[at] === '(') at = past(text, at);
    else if (text.startsWith(separator, at)) {
      pieces.push(text.slice(start, at));
      at += separator.length - 1;
      start = at + 1;
    }
  }
  return [...pieces, text.slice(start)];
}

/** The end of the parentheses that open here, or of the text. */
function past(text: string, start: number): number {
  const close = closing(text, start);
  return close < 0 ? text.length : close;
}

const operators = ['==', '!=', '<=', '>=', '!%', '=', '<', '>', '%'] as const;

function parseTest(text: string): Test | undefined {
  const found = findOperator(text);
  const left = text.slice(0, found?.at ?? text.length).trim();
  const path = left === '' ? [] : parsePath(left);
  if (!path) return undefined;
  if (!found) return path.length > 0 ? { path } : undefined;
  const right = text.slice(found.at + found.sign.length).trim();
  // Words need no quotes.
  return { path, operator: found.sign === '=' ? '==' : found.sign, value: readJson(right) ?? right };
}

function findOperator(text: string): { readonly at: number; readonly sign: (typeof operators)[number] } | undefined {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '(') at = past(text, at);
    else {
      const sign = operators.find((operator) => text.startsWith(operator, at));
      if (sign) return { at, sign };
    }
  }
  return undefined;
}
