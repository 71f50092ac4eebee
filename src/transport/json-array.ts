// A stream as one JSON array, an element at a time: what Gemini's clients get who do not ask for SSE.

import type { Frame } from '../frame.ts';

export interface JsonArrayWriter {
  write(frames: readonly Frame[]): string;
  /** What closes the array; the whole of an empty one. */
  end(): string;
}

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
