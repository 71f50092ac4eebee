// The arguments of a function call: JSON text in the neutral form, an object on this wire.

import { asObject, type Json, type JsonObject, parseJson } from '../../json.ts';

export interface Arguments {
  readonly args: JsonObject;
  /** Whether the text was one whole JSON object (or nothing at all). */
  readonly intact: boolean;
}

/**
 * Argument text as the object the wire wants. A text that was cut off is closed where it can be; what cannot be read at all
 * travels under `_raw`, so that nothing is lost.
 */
export function readArguments(text: string): Arguments {
  if (text.trim() === '') return { args: {}, intact: true };
  const value = parsed(text);
  if (value !== undefined) return { args: asObject(value) ?? {}, intact: asObject(value) !== undefined };
  const mended = asObject(parsed(closed(text)));
  return { args: mended ?? { _raw: text }, intact: false };
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The text with its open strings, arrays and objects closed; a member that was begun and cannot be read is left out. */
function closed(text: string): string {
  const open = scan(text);
  const whole = `${text}${open.inString ? '"' : ''}${open.closers}`;
  if (parsed(whole) !== undefined) return whole;
  return open.cut < 0 ? whole : `${text.slice(0, open.cut)}${open.closersAtCut}`;
}

interface OpenEnds {
  readonly inString: boolean;
  readonly closers: string;
  /** Where the last whole member ends, and what was open there. */
  readonly cut: number;
  readonly closersAtCut: string;
}

const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;

function scan(text: string): OpenEnds {
  // Strings blanked out in place, so that what is left is structure and positions stay true.
  const structure = text.replace(strings, (string) => ' '.repeat(string.length));
  const quoted = structure.indexOf('"');
  const stack: string[] = [];
  let cut = -1;
  let closersAtCut = '';
  for (const [at, letter] of [...(quoted < 0 ? structure : structure.slice(0, quoted))].entries()) {
    if (letter === '{') stack.unshift('}');
    else if (letter === '[') stack.unshift(']');
    else if (letter === '}' || letter === ']') stack.shift();
    else if (letter === ',') {
      cut = at;
      closersAtCut = stack.join('');
    }
  }
  return { inString: quoted >= 0, closers: stack.join(''), cut, closersAtCut };
}
