// A stream as one JSON array, an element at a time: what Gemini's clients get who do not ask for SSE.

import type { Frame } from '../frame.ts';

/** Writes one array; its frames' data must be JSON. */
interface JsonArrayWriter {
  /** The next elements, with the bracket or comma before them; nothing for no frames. */
  write(frames: readonly Frame[]): string;
  /** What closes the array; the whole of an empty one. */
  end(): string;
}

/** A writer of one array, which is open from the first element on. */
export function jsonArrayWriter(): JsonArrayWriter {
  let opened = false;
  return {
    write(frames) {
      if (frames.length === 0) return '';
      const head = opened ? ',\n' : '[';
      opened = true;
      return head + frames.map((frame) => frame.data).join(',\n');
    },
    end: () => (opened ? ']' : '[]'),
  };
}
