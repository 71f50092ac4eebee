// A call's arguments: JSON text in the IR, an object on the wires that take no text. What a reply that was cut off left broken is
// closed as far as it can be.

import { asObject, type Json, type JsonObject, parseObject, readJson } from '../json.ts';
import type { Report } from '../loss.ts';

/** Arguments are JSON text; some services and clients send the value itself. */
export function argumentText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** What was done to text that is no JSON object: it was closed where it breaks off, or it travels whole under `_raw`. */
type Flaw = 'closed' | 'unreadable';

/** The arguments of a call as an object, and what was done to text that was none. */
export interface Arguments {
  readonly args: JsonObject;
  readonly flaw?: Flaw;
}

/** Argument text as an object; no text at all, or `null`, is no arguments. */
export function readArguments(text: string): Arguments {
  if (text.trim() === '') return { args: {} };
  const value = readJson(text);
  const args = value === null ? {} : asObject(value);
  if (args) return { args };
  const mended = value === undefined ? closed(text) : undefined;
  return mended ? { args: mended, flaw: 'closed' } : { args: { _raw: text }, flaw: 'unreadable' };
}

const done: Readonly<Record<Flaw, string>> = { closed: 'closed at the end', unreadable: 'kept as text under "_raw"' };

/** Reports what was done to broken text. */
export function tellFlaw(flaw: Flaw, report: Report): void {
  report({ what: 'tool_arguments', why: `The arguments of a call are no JSON object; they were ${done[flaw]}.` });
}

/** The object that argument text is, and what was done to broken text is reported. */
export function mendArguments(text: string, report: Report): Arguments {
  const read = readArguments(text);
  if (read.flaw) tellFlaw(read.flaw, report);
  return read;
}

const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;

/** Text that breaks off, with its open string, objects and arrays closed; a last member that still cannot be read is left out. */
function closed(text: string): JsonObject | undefined {
  // Strings are blanked out in place, so that what is left is structure and positions stay true.
  const structure = text.replace(strings, (string) => ' '.repeat(string.length));
  const quote = structure.indexOf('"');
  const closers: string[] = [];
  let lastComma = { at: 0, closers: '' };
  for (let at = 0; at < (quote < 0 ? text.length : quote); at++) {
    const character = structure[at];
    if (character === '{') closers.unshift('}');
    else if (character === '[') closers.unshift(']');
    else if (character === '}' || character === ']') closers.shift();
    else if (character === ',') lastComma = { at, closers: closers.join('') };
  }
  const body = quote < 0 ? completed(text) : `${withoutCutEscape(text)}"`;
  return parseObject(body + closers.join('')) ?? parseObject(text.slice(0, lastComma.at) + lastComma.closers);
}

/** Without a `\`, `\u`, `\u0`… that the end of the text cut in two. */
function withoutCutEscape(text: string): string {
  const tail = /\\+(?:u[\da-fA-F]{0,3})?$/.exec(text)?.[0];
  if (tail === undefined) return text;
  const slashes = tail.lastIndexOf('\\') + 1;
  return slashes % 2 === 0 ? text : text.slice(0, text.length - (tail.length - slashes + 1));
}

function completed(text: string): string {
  const trimmed = text.trimEnd();
  if (trimmed.endsWith(',')) return trimmed.slice(0, -1);
  return trimmed.endsWith(':') ? `${trimmed}null` : trimmed;
}
