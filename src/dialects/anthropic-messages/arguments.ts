// A call's arguments between JSON text (the IR) and the JSON object that `tool_use.input` must be.

import { asObject, type Json, type JsonObject, parseJson, parseObject } from '../../json.ts';
import type { Report } from '../../loss.ts';

/** The text of an `input` as it came. A string that holds an object's JSON (some compatible services) counts as that object. */
export function argumentsText(input: Json | undefined): string {
  if (input === undefined || input === null) return '{}';
  if (typeof input === 'string' && parseObject(input)) return input;
  return JSON.stringify(input);
}

/** The object for `input`. Broken JSON of a cut reply is closed where possible, else kept whole under `_raw`. */
export function argumentsObject(text: string, report: Report): JsonObject {
  if (text.trim() === '') return {};
  const whole = parsed(text);
  if (whole !== undefined) {
    const object = asObject(whole);
    if (object) return object;
    report({
      what: 'tool_arguments',
      why: 'Anthropic takes an object as tool input; arguments that are none were left out.',
    });
    return {};
  }
  const closed = parseObject(closeJson(text));
  report({
    what: 'tool_arguments',
    why: `The arguments of a call are broken JSON; they were ${closed ? 'closed at the end' : 'kept as text under "_raw"'}.`,
  });
  return closed ?? { _raw: text };
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;

/** JSON text that breaks off, with its open string, objects and arrays closed. */
function closeJson(text: string): string {
  const structure = text.replace(strings, '');
  const cut = structure.indexOf('"');
  const closers: string[] = [];
  for (const character of cut < 0 ? structure : structure.slice(0, cut)) {
    if (character === '{') closers.push('}');
    else if (character === '[') closers.push(']');
    else if (character === '}' || character === ']') closers.pop();
  }
  const body = cut < 0 ? completed(text) : `${withoutCutEscape(text)}"`;
  return body + closers.reverse().join('');
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
