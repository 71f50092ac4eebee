// Chunks of a stream as objects. Those of one stream differ in little but their text: what is the same as in the chunk before is
// not parsed again.

import { asArray, asObject, asString, type JsonObject, parseObject } from '../../json.ts';

/** A chunk of plain text, cut around its text. */
interface Template {
  /** Up to and with the quote before the text. */
  readonly head: string;
  /** From the quote behind it. */
  readonly tail: string;
  /** The chunk with another text. */
  with(text: string): JsonObject;
}

const key = '"content":"';

/** Reads the chunks of one stream; undefined for what is no object. */
export function chunkReader(): (data: string) => JsonObject | undefined {
  let template: Template | undefined;
  return (data) => {
    const text = template && textWithin(data, template);
    if (template && text !== undefined) return template.with(text);
    const chunk = parseChunk(data);
    template = chunk && templateOf(data, chunk);
    return chunk;
  };
}

/**
 * The text of a chunk that is a template's but for it. Escapes and quotes are left to the parser. Slices are compared in one go,
 * where `startsWith` goes letter by letter: that alone was half the price of a translated delta.
 */
function textWithin(data: string, { head, tail }: Template): string | undefined {
  const end = data.length - tail.length;
  if (end < head.length || data.slice(0, head.length) !== head || data.slice(end) !== tail) return undefined;
  const text = data.slice(head.length, end);
  return plain.test(text) ? text : undefined;
}

/** Text that JSON writes as it is. */
const plain = /^[^"\\\p{Cc}]*$/u;

/** Only where there is one choice, and nothing else in the chunk could be taken for its text. */
function templateOf(data: string, chunk: JsonObject): Template | undefined {
  const start = data.indexOf(key) + key.length;
  if (start < key.length || data.indexOf(key, start) >= 0) return undefined;
  const choices = asArray(chunk.choices);
  const choice = choices?.length === 1 ? asObject(choices[0]) : undefined;
  const delta = asObject(choice?.delta);
  const text = asString(delta?.content);
  if (!choice || text === undefined || !plain.test(text) || !data.startsWith(`${text}"`, start)) return undefined;
  return {
    head: data.slice(0, start),
    tail: data.slice(start + text.length),
    with: (content) => ({ ...chunk, choices: [{ ...choice, delta: { ...delta, content } }] }),
  };
}

/** Only arguments sent as an object can hold numbers too long for a double; the care for them is paid for only then. */
function parseChunk(data: string): JsonObject | undefined {
  if (data.includes('"arguments":{') || data.includes('"arguments": {')) return parseObject(data);
  try {
    return asObject(JSON.parse(data));
  } catch {
    return undefined;
  }
}
