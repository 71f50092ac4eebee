// The sources beside a text, both directions. Chat counts offsets over the whole content, the IR within one text.

import type { Citation } from '../../ir/request.ts';
import { asNumber, asObject, asString, compact, type Json, objects } from '../../json.ts';
import type { ChatAnnotation } from './wire.ts';

/** wire → IR; `before` characters of content precede the text they belong to. */
export function decodeCitations(annotations: Json | undefined, before = 0): Citation[] {
  return objects(annotations).flatMap((annotation) => {
    const told = asObject(annotation.url_citation);
    const url = asString(told?.url);
    if (!told || url === undefined) return [];
    return [
      compact({
        url,
        title: asString(told.title) || undefined,
        quote: asString(told.content) || undefined,
        start: shifted(told.start_index, before),
        end: shifted(told.end_index, before),
      }),
    ];
  });
}

function shifted(index: Json | undefined, before: number): number | undefined {
  const told = asNumber(index);
  return told === undefined ? undefined : Math.max(0, told - before);
}

/** IR → wire; undefined for a source without an address. Without offsets it stands for the `length` characters of its text. */
export function encodeCitation(citation: Citation, before: number, length: number): ChatAnnotation | undefined {
  const { url, title, start = 0, end = length } = citation;
  if (url === undefined) return undefined;
  return {
    type: 'url_citation',
    url_citation: { start_index: before + start, end_index: before + end, url, title: title ?? '' },
  };
}
