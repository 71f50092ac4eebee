// The frames of one stream differ in little but their text: what is the same as in the frame before need not be parsed again.

import type { Frame } from '../frame.ts';
import type { ReplyEvent } from '../ir/reply.ts';

/** A frame that went on with a part and did nothing else. */
interface Before {
  readonly event: string | undefined;
  /** Its data up to and with the quote before the text. */
  readonly head: string;
  /** From the quote behind it. */
  readonly tail: string;
  readonly index: number;
}

/** What JSON writes in another way than it is. Looked for, and not the rest: that would remember each letter of a text of megabytes. */
const escaped = /["\\\p{Cc}]/u;

/** Knows the frame before, of a stream whose texts stand in members of these names. */
export class Repetition {
  readonly #names: readonly string[];
  #before: Before | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** The delta of a frame that is the one before but for its text; undefined where it is to be parsed. */
  deltaOf({ event, data }: Frame): (ReplyEvent & { type: 'part-delta' }) | undefined {
    if (this.#before === undefined || this.#before.event !== event) return undefined;
    const text = textWithin(data, this.#before);
    return text ? { type: 'part-delta', index: this.#before.index, text } : undefined;
  }

  /** What a frame was parsed to. Only one that was a single delta can stand for others. */
  learn(frame: Frame, events: readonly ReplyEvent[]): void {
    const [told] = events;
    this.#before = events.length === 1 && told?.type === 'part-delta' ? this.#cut(frame, told) : undefined;
  }

  /** Only where nothing else in the frame could be taken for its text. */
  #cut({ event, data }: Frame, { index, text }: { readonly index: number; readonly text: string }): Before | undefined {
    if (escaped.test(text)) return undefined;
    for (const name of this.#names) {
      const start = onlyValueOf(data, name);
      if (data.startsWith(`${text}"`, start))
        return { head: data.slice(0, start), tail: data.slice(start + text.length), event, index };
    }
    return undefined;
  }
}

/** Where the text of this member begins; behind the end where there is none, or more than one. */
function onlyValueOf(data: string, name: string): number {
  const key = `"${name}"`;
  const at = data.indexOf(key);
  const colon = at + key.length;
  if (at < 0 || data.indexOf(key, colon) >= 0) return data.length;
  if (data.startsWith(':"', colon)) return colon + 2;
  return data.startsWith(': "', colon) ? colon + 3 : data.length;
}

/**
 * The text of a frame that is another but for it. Slices are compared in one go, where `startsWith` goes letter by letter: that
 * alone was half the price of a translated delta.
 */
function textWithin(data: string, { head, tail }: Before): string | undefined {
  const end = data.length - tail.length;
  if (end < head.length || data.slice(0, head.length) !== head || data.slice(end) !== tail) return undefined;
  const text = data.slice(head.length, end);
  return escaped.test(text) ? unescaped(text) : text;
}

/** Text that was written with escapes; undefined where it is no string of JSON, so that the frame is something else. */
function unescaped(text: string): string | undefined {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}
