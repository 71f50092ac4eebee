// What messages and tool outputs are made of: text, refusals, images and files, both directions; sound is read alone.

import { badRequest } from '../../errors.ts';
import { readDataUrl, readDetail, sniff, typeOfAudio, typeOfName, writeDataUrl } from '../../ir/media.ts';
import type { CacheMark, Citation, MediaPart, Part, TextPart } from '../../ir/request.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  compact,
  isObject,
  type Json,
  type JsonObject,
  objects,
} from '../../json.ts';
import type { Report } from '../../loss.ts';
import { fileNameOf } from '../openai-files.ts';
import { fault } from './error.ts';
import type { InputContent, InputFile, OutputContent, UrlCitation } from './wire.ts';
import { dialectId } from './wire.ts';

/** The `content` of a message or the `output` of a call: a text, one part, or a list of parts. */
export function decodeContent(value: Json | undefined, path: string): Part[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  if (isObject(value)) return [decodePart(value, path)];
  const list = asArray(value);
  if (!list) throw fault(path, 'must be a string or a list of content parts.');
  return list.map((part, index): Part => {
    if (typeof part === 'string') return { type: 'text', text: part };
    if (!isObject(part)) throw fault(`${path}[${index}]`, 'must be a content part, an object with a type.');
    return decodePart(part, `${path}[${index}]`);
  });
}

function decodePart(part: JsonObject, path: string): Part {
  const cache = readCache(part);
  const marked = cache && { cache };
  switch (part.type) {
    case 'refusal':
      return { type: 'text', text: asString(part.refusal) ?? '', refusal: true, ...marked };
    case 'input_image':
    case 'image_url':
      return { ...decodeImage(part, path), ...marked };
    case 'input_file':
    case 'file':
      return { ...decodeFile(asObject(part.file) ?? part, path), ...marked };
    case 'input_audio':
      return { ...decodeAudio(part, path), ...marked };
    default: {
      const text = asString(part.text);
      if (text === undefined && (part.text !== undefined || /(?:^|_)text$/.test(asString(part.type) ?? '')))
        throw fault(`${path}.text`, 'must be a string.');
      if (text === undefined)
        throw fault(path, `content of type '${asString(part.type) ?? 'unknown'}' is not supported here.`);
      const citations = decodeAnnotations(part.annotations);
      return { type: 'text', text, ...(citations.length > 0 && { citations }), ...marked };
    }
  }
}

function decodeImage(part: JsonObject, path: string): MediaPart {
  const url = asString(part.image_url) ?? asString(asObject(part.image_url)?.url);
  const file = asString(part.file_id);
  const detail = readDetail(part.detail ?? asObject(part.image_url)?.detail);
  const data = url === undefined ? undefined : readDataUrl(url);
  const told = { type: 'media', ...(detail && { detail }) } as const;
  if (data) return { ...told, mediaType: data.mediaType, source: { data: data.data } };
  if (url) return { ...told, mediaType: typeOfName(url) ?? 'image/*', source: { url } };
  if (file) return { ...told, mediaType: 'image/*', source: { file, origin: dialectId } };
  throw fault(`${path}.image_url`, 'an image needs image_url or file_id.');
}

function decodeFile(part: JsonObject, path: string): MediaPart {
  const name = asString(part.filename);
  const detail = readDetail(part.detail);
  const told = { type: 'media', ...(name && { name }), ...(detail && { detail }) } as const;
  const bytes = asString(part.file_data);
  if (bytes) {
    const data = readDataUrl(bytes, typeOfName(name));
    if (data) return { ...told, mediaType: data.mediaType, source: { data: data.data } };
    return {
      ...told,
      mediaType: sniff(bytes) ?? typeOfName(name) ?? 'application/octet-stream',
      source: { data: bytes },
    };
  }
  const url = asString(part.file_url);
  if (url) return { ...told, mediaType: typeOfName(url) ?? typeOfName(name) ?? 'application/pdf', source: { url } };
  const file = asString(part.file_id);
  if (file) return { ...told, mediaType: typeOfName(name) ?? 'application/*', source: { file, origin: dialectId } };
  throw fault(path, 'a file needs file_data, file_url or file_id.');
}

function decodeAudio(part: JsonObject, path: string): MediaPart {
  const audio = asObject(part.input_audio) ?? part;
  const data = asString(audio.data);
  if (!data) throw fault(`${path}.input_audio.data`, 'must be base64.');
  return { type: 'media', mediaType: typeOfAudio(asString(audio.format)), source: { data } };
}

/** OpenAI's own breakpoint, or Anthropic's mark sent as an extension. */
export function readCache(holder: JsonObject): CacheMark | undefined {
  const mark = asObject(holder.prompt_cache_breakpoint) ?? asObject(holder.cache_control);
  if (!mark) return undefined;
  if (mark.ttl === '12h' || mark.ttl === '1h') return { ttl: '1h' };
  return mark.ttl === '5m' ? { ttl: '5m' } : {};
}

/** The sources that a text names. A cited file of the vendor's store keeps its name alone. */
export function decodeAnnotations(value: Json | undefined): Citation[] {
  return objects(value).map((annotation) =>
    compact({
      url: asString(annotation.url),
      title: asString(annotation.title) ?? asString(annotation.filename),
      start: asNumber(annotation.start_index),
      end: asNumber(annotation.end_index),
    }),
  );
}

/** A citation of a text that is so long; one without offsets rests on all of it. Undefined where it has no URL to show. */
function encodeCitation(citation: Citation, length: number): UrlCitation | undefined {
  if (citation.url === undefined) return undefined;
  return {
    type: 'url_citation',
    url: citation.url,
    title: citation.title ?? '',
    start_index: citation.start ?? 0,
    end_index: citation.end ?? length,
  };
}

/** The annotations of a text; reports citations that name no URL. */
export function encodeCitations(citations: readonly Citation[], length: number, report: Report): UrlCitation[] {
  const encoded = citations.map((citation) => encodeCitation(citation, length));
  if (encoded.includes(undefined))
    report({ what: 'citations', why: 'Annotations here need a URL; citations without one were left out.' });
  return encoded.filter((citation) => citation !== undefined);
}

/** Content that the model wrote: of an assistant message. */
export function encodeOutputText(part: TextPart, report: Report): OutputContent {
  if (part.refusal) return { type: 'refusal', refusal: part.text };
  const annotations = encodeCitations(part.citations ?? [], part.text.length, report);
  return { type: 'output_text', text: part.text, annotations, logprobs: [] };
}

/** Content that was shown to the model: of a user or system message, or of a call's output. */
export function encodeInput(part: TextPart | MediaPart, report: Report): InputContent[] {
  if (part.type === 'text') return [{ type: 'input_text', text: part.text }];
  if (part.mediaType.startsWith('image/')) return [encodeImage(part)];
  // `ResponseInputContent`, the vendor's type of what a message holds, is text, image or file.
  if (/^(?:audio|video)\//.test(part.mediaType))
    throw badRequest(
      `OpenAI Responses takes no audio and no video (${part.mediaType}). Choose a model that is served by Chat Completions or Gemini.`,
    );
  if (part.cite) report({ what: 'citations', why: 'OpenAI Responses cannot be asked to cite a document.' });
  // Its words for both together: "Mutually exclusive parameters".
  if (part.name !== undefined && !('data' in part.source))
    report({ what: 'filename', why: 'OpenAI Responses takes a name only for a file that is sent itself.' });
  const context: InputContent[] = part.context ? [{ type: 'input_text', text: part.context }] : [];
  return [...context, encodeFile(part)];
}

function encodeImage({ mediaType, source, detail }: MediaPart): InputContent {
  const told = { type: 'input_image', ...(detail && { detail }) } as const;
  if ('data' in source) return { ...told, image_url: writeDataUrl(mediaType, source.data) };
  if ('url' in source) return { ...told, image_url: source.url };
  return { ...told, file_id: source.file };
}

function encodeFile(part: MediaPart): InputFile {
  const { mediaType, source, detail } = part;
  // `original` is a detail of images alone.
  const told = { type: 'input_file', ...(detail && detail !== 'original' && { detail }) } as const;
  if ('url' in source) return { ...told, file_url: source.url };
  if ('file' in source) return { ...told, file_id: source.file };
  return { ...told, filename: fileNameOf(part), file_data: writeDataUrl(mediaType, source.data) };
}
