// A call's arguments: JSON text in the IR, an object on the wires that take no text. What a reply that was cut off left broken is
// closed as far as it can be.

import { asObject, type Json, type JsonObject, parseObject, readJson } from '../json.ts';
import type { Report } from '../loss.ts';

/** Arguments are JSON text; some services and clients send the value itself. */
export function argumentText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

export interface Arguments {
  readonly args: JsonObject;
  /**
   * What was wrong with the text: it was JSON but no object (nothing of it is kept), it had to be closed, or it cannot be read at all
   * (it travels whole under `_raw`).
   */
  readonly flaw?: 'no-object' | 'closed' | 'unreadable';
}

/** Argument text as an object; no text at all is no arguments. */
export function readArguments(text: string): Arguments {
  if (text.trim() === '') return { args: {} };
  const value = readJson(text);
  if (value === undefined) {
    const args = closed(text);
    return args ? { args, flaw: 'closed' } : { args: { _raw: text }, flaw: 'unreadable' };
  }
  const args = asObject(value);
  return args ? { args } : { args: {}, flaw: 'no-object' };
}

/** The same, and what was done to broken text is reported. */
export function mendArguments(text: string, report: Report): Arguments {
  const read = readArguments(text);
  if (read.flaw === 'closed' || read.flaw === 'unreadable')
    report({
      what: 'tool_arguments',
      why: `The arguments of a call are broken JSON; they were ${read.flaw === 'closed' ? 'closed at the end' : 'kept as text under "_raw"'}.`,
    });
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
