// What hearing a request has in common among the dialects: all its text, the turn that ends it, and its cacheable beginnings.

import type { Json, JsonObject } from '../json.ts';
import { asNumber, asObject, asString, isObject } from '../json.ts';
import type { Prefix } from './speaker.ts';
import { digest, tokensOf } from './words.ts';

/** Base64 of this length and more is media, which is not counted letter by letter. */
const longest = 400;
/** What begins a data URL, and what no base64 has: a pattern of all that it has would remember each letter, and run out of stack. */
const dataUrl = /^data:[^,]*,/;
const noBase64 = /[^\w+/=-]/;

function isMedia(text: string): boolean {
  const data = text.slice(dataUrl.exec(text)?.[0].length ?? 0);
  return data.length >= longest && !noBase64.test(data);
}

/** All text in a JSON value, member names included (tool schemas are made of them). */
export function textIn(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return isMedia(value) ? 'media '.repeat(258) : value;
  if (Array.isArray(value)) return value.map(textIn).join('\n');
  if (isObject(value))
    return Object.entries(value)
      .map(([name, member]) => `${name} ${textIn(member)}`)
      .join('\n');
  return String(asNumber(value) ?? value);
}

/** A name out of a path or a JSON pointer; as it came where it is not well percent-encoded. */
export function percentDecoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The text a message or result carries: a string, or the `text` of its parts. */
export function spoken(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: Json) => asString(asObject(part)?.text) ?? '')
    .filter((text) => text !== '')
    .join('\n');
}

/** The messages after the model's last. */
export function lastTurn(
  messages: readonly JsonObject[],
  byModel: (message: JsonObject) => boolean,
): readonly JsonObject[] {
  return messages.slice(messages.findLastIndex(byModel) + 1);
}

/** The beginnings of a conversation given in units, at each unit where one may end. */
export function prefixesOf(units: readonly { readonly value: Json; readonly ends: boolean }[]): readonly Prefix[] {
  const prefixes: Prefix[] = [];
  let key = '';
  let tokens = 0;
  for (const unit of units) {
    const text = textIn(unit.value);
    key = digest(key, text);
    tokens += tokensOf(text);
    if (unit.ends) prefixes.push({ key, tokens });
  }
  return prefixes;
}
