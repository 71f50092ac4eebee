// Prompt-cache breakpoints: reading them, writing them, and keeping to what the service takes.
// Rules (Anthropic, prompt caching): at most four; in the order tools, system, messages no `1h` after a `5m`.

import type { CacheMark } from '../../ir/request.ts';
import type { JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { readCacheControl, writeCacheControl } from '../cache-control.ts';
import type { Markable } from './wire.ts';

const mostMarks = 4;

/** The mark on a block, tool or request, if it has one. */
export function decodeMark(marked: JsonObject): { cache?: CacheMark } {
  const cache = readCacheControl(marked);
  return cache ? { cache } : {};
}

/** Puts the mark on a freshly written object and notes it in `marks`, in the order of writing. */
export function mark<T extends object>(written: T, cache: CacheMark | undefined, marks: Markable[]): T & Markable {
  const markable: T & Markable = written;
  if (!cache) return markable;
  markable.cache_control = writeCacheControl(cache);
  marks.push(markable);
  return markable;
}

/** Takes away the earliest marks above four, and shortens an hour's mark that follows a five-minute one. */
export function limitMarks(marks: readonly Markable[], report: Report): void {
  const surplus = Math.max(0, marks.length - mostMarks);
  for (const dropped of marks.slice(0, surplus)) delete dropped.cache_control;
  let short = false;
  let shortened = false;
  for (const { cache_control: control } of marks.slice(surplus)) {
    if (control?.ttl !== '1h') short = true;
    else if (short) {
      delete control.ttl;
      shortened = true;
    }
  }
  if (surplus > 0)
    report({
      what: 'cache_control',
      why: `Anthropic takes at most ${mostMarks} cache breakpoints; the last ones were kept.`,
    });
  else if (shortened)
    report({ what: 'cache_control', why: 'Anthropic takes no 1h breakpoint after a 5m one; it was shortened to 5m.' });
}
