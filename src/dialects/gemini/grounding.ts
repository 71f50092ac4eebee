// What a text rests on: `groundingMetadata` (supports with UTF-8 byte offsets into the answer) and `citationMetadata`, as
// citations with UTF-16 offsets into one text part, and back.

import type { Citation, ForeignPart, Meaning } from '../../ir/request.ts';
import { asArray, asNumber, asString, compact, type JsonObject, objects } from '../../json.ts';
import { camel, camelOf, dialectId, section } from './wire.ts';

/** A text part of an answer, and the bytes of answer text before it. */
export interface TextSpan {
  readonly text: string;
  readonly before: number;
}

/** Bytes of the text in UTF-8. A lone surrogate counts as the three bytes of its replacement. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const letter of text) bytes += bytesOf(letter.codePointAt(0) ?? 0);
  return bytes;
}

/** The UTF-16 index at which this many UTF-8 bytes have passed; never within a character. */
export function utf16Offset(text: string, bytes: number): number {
  let index = 0;
  let passed = 0;
  for (const letter of text) {
    if (passed >= bytes) break;
    passed += bytesOf(letter.codePointAt(0) ?? 0);
    index += letter.length;
  }
  return index;
}

/** The UTF-8 bytes before a UTF-16 index. */
export function utf8Offset(text: string, index: number): number {
  return utf8Length(text.slice(0, index));
}

function bytesOf(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

interface Source {
  readonly url?: string;
  readonly title?: string;
}

/** The citations that a candidate's metadata puts on a text. */
export function decodeCitations(candidate: JsonObject, span: TextSpan): Citation[] {
  const grounding = section(candidate, 'groundingMetadata');
  const sources = sourcesOf(grounding);
  const supports = objects(grounding.groundingSupports).map(camel);
  const used = new Set<number>();
  const cited = supports.flatMap((support) => {
    const indices = (asArray(support.groundingChunkIndices) ?? []).flatMap((value) => asNumber(value) ?? []);
    const place = placeOf(section(support, 'segment'), span);
    return indices.flatMap((index) => {
      const source = sources[index];
      used.add(index);
      return source ? [{ ...source, ...place }] : [];
    });
  });
  const loose = sources.filter((source, index) => !used.has(index) && source.url !== undefined);
  return [...cited, ...loose, ...quotedSources(candidate, span)];
}

/** Sources of long quotes that the model made without any search: `citations` at Vertex, elsewhere `citationSources`. */
function quotedSources(candidate: JsonObject, span: TextSpan): Citation[] {
  const { citations, citationSources } = section(candidate, 'citationMetadata');
  return objects(citations ?? citationSources).map((entry) => {
    const citation = camel(entry);
    const license = asString(citation.license);
    const title = asString(citation.title) ?? (license && `License: ${license}`);
    return { ...compact({ url: asString(citation.uri), title: title || undefined }), ...placeOf(citation, span) };
  });
}

function sourcesOf(grounding: JsonObject): Source[] {
  return objects(grounding.groundingChunks).map((entry) => {
    const chunk = camel(entry);
    const source = camelOf(chunk.web ?? chunk.retrievedContext ?? chunk.maps ?? chunk.image);
    return compact({ url: asString(source.uri) ?? asString(source.sourceUri), title: asString(source.title) });
  });
}

/** Where in the text part a segment stands; nowhere for one of an earlier part. Its words are the answer's, not the source's. */
function placeOf(segment: JsonObject, { text, before }: TextSpan): Pick<Citation, 'start' | 'end'> {
  const end = asNumber(segment.endIndex);
  if (end === undefined) return placeOfWords(asString(segment.text) ?? '', text);
  // A start of 0 is left out by the vendor's printer.
  const start = (asNumber(segment.startIndex) ?? 0) - before;
  if (start < 0) return {};
  return { start: utf16Offset(text, start), end: utf16Offset(text, end - before) };
}

function placeOfWords(words: string, text: string): Pick<Citation, 'start' | 'end'> {
  const start = words === '' ? -1 : text.indexOf(words);
  return start < 0 ? {} : { start, end: start + words.length };
}

/** What Google's search and page reading were asked and found, as parts of the reply that others can say in their way. */
export function groundingParts(candidate: JsonObject): ForeignPart[] {
  const grounding = section(candidate, 'groundingMetadata');
  const queries = asArray(grounding.webSearchQueries)?.filter((query) => typeof query === 'string') ?? [];
  const parts: ForeignPart[] = [];
  const { groundingMetadata, urlContextMetadata } = candidate;
  if (queries.length > 0 && groundingMetadata !== undefined) {
    const links = sourcesOf(grounding).flatMap(({ url, title }) => (url ? [compact({ url, title })] : []));
    const meaning: Meaning = { tool: 'web-search', input: queries.join('\n'), ...(links.length > 0 && { links }) };
    parts.push({ type: 'foreign', origin: dialectId, value: { groundingMetadata }, meaning });
  }
  const pages = objects(section(candidate, 'urlContextMetadata').urlMetadata).flatMap((entry) => {
    const url = asString(camel(entry).retrievedUrl);
    return url ? [{ url }] : [];
  });
  if (pages.length > 0 && urlContextMetadata !== undefined)
    parts.push({
      type: 'foreign',
      origin: dialectId,
      value: { urlContextMetadata },
      meaning: { tool: 'web-fetch', links: pages },
    });
  return parts;
}

/** The members that stand beside a candidate's content: they come from parts, but are no parts on this wire. */
export function isBesideContent(value: JsonObject): boolean {
  return 'groundingMetadata' in value || 'urlContextMetadata' in value;
}

/** A citation and the text it stands on, for writing. */
export interface PlacedCitation {
  readonly citation: Citation;
  readonly span: TextSpan;
}

/** `groundingMetadata` from citations and foreign searches; undefined where there is nothing to tell. */
export function encodeGrounding(
  placed: readonly PlacedCitation[],
  searches: readonly Meaning[],
): JsonObject | undefined {
  const links = searches.flatMap((search) => search.links ?? []);
  const cited = placed.filter(({ citation }) => citation.url !== undefined || citation.title !== undefined);
  const queries = searches.flatMap((search) => (search.input ? search.input.split('\n') : []));
  if (links.length === 0 && cited.length === 0 && queries.length === 0) return undefined;
  const sources = [...new Map([...cited.map(({ citation }) => citation), ...links].map((s) => [keyOf(s), s])).values()];
  const indices = new Map(sources.map((source, index) => [keyOf(source), index]));
  const supports = groupsOf(cited).map((group) => encodeSupport(group, indices));
  return compact({
    webSearchQueries: queries.length > 0 ? queries : undefined,
    groundingChunks: sources.map(({ url, title }) => ({ web: compact({ uri: url, title }) })),
    groundingSupports: supports.length > 0 ? supports : undefined,
  });
}

function keyOf({ url, title }: { readonly url?: string; readonly title?: string }): string {
  return url ?? `title:${title}`;
}

/** Neighbouring citations of one stretch of text are one support with several sources. */
function groupsOf(cited: readonly PlacedCitation[]): PlacedCitation[][] {
  const groups: PlacedCitation[][] = [];
  for (const placed of cited) {
    if (placed.citation.end === undefined && placed.citation.quote === undefined) continue;
    const last = groups.at(-1);
    const [head] = last ?? [];
    if (last && head && samePlace(head, placed)) last.push(placed);
    else groups.push([placed]);
  }
  return groups;
}

function samePlace(a: PlacedCitation, b: PlacedCitation): boolean {
  const [one, other] = [a.citation, b.citation];
  return a.span === b.span && one.start === other.start && one.end === other.end && one.quote === other.quote;
}

/** A citation without a place is one of Anthropic's, which stand on a whole text. */
function encodeSupport(group: readonly PlacedCitation[], indices: ReadonlyMap<string, number>): JsonObject {
  const { citation, span } = group[0] ?? { citation: {}, span: { text: '', before: 0 } };
  const { start = 0, end = span.text.length } = citation;
  const at = (index: number) => span.before + utf8Offset(span.text, index);
  return {
    segment: { startIndex: at(start), endIndex: at(end), text: span.text.slice(start, end) },
    groundingChunkIndices: group.flatMap((placed) => indices.get(keyOf(placed.citation)) ?? []),
  };
}
