// Media as every wire says it: data URLs, and what kind of bytes a name or the beginning of base64 betrays. Nothing is decoded.

import type { Json } from '../json.ts';
import type { MediaPart } from './request.ts';

/** Magic bytes, as base64 begins with them. */
const magic: readonly (readonly [start: string, mediaType: string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['JVBERi0', 'application/pdf'],
];

const typesByEnding: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['json', 'application/json'],
  ['xml', 'application/xml'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['heic', 'image/heic'],
  ['mp4', 'video/mp4'],
  ['mov', 'video/quicktime'],
  ['webm', 'video/webm'],
  ['mp3', 'audio/mpeg'],
  ['wav', 'audio/wav'],
]);

/** Bytes in base64, and what they are. */
interface Data {
  readonly mediaType: string;
  readonly data: string;
}

/** The media type that base64 betrays by its first bytes; undefined where it is none of the usual ones. */
export function sniff(base64: string): string | undefined {
  return magic.find(([start]) => base64.startsWith(start))?.[1];
}

/** The media type that a file name or URL ends in. */
export function typeOfName(name: string | undefined): string | undefined {
  const ending = /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(name ?? '')?.[1];
  return ending === undefined ? undefined : typesByEnding.get(ending.toLowerCase());
}

/** The ending that names of files of this type have; `bin` for a type that nobody knows. */
export function endingOf(mediaType: string): string {
  const [known] = typesByEnding.entries().find(([, type]) => type === mediaType) ?? [];
  return known ?? /\/([a-z0-9]+)$/.exec(mediaType)?.[1] ?? 'bin';
}

/** `image` of `image/png`. */
export function familyOf(mediaType: string): string {
  return mediaType.slice(0, mediaType.indexOf('/'));
}

/** Reads `data:[type][;parameter]*[;base64],data`; undefined where the text is no data URL. */
export function readDataUrl(url: string, fallbackType = 'application/octet-stream'): Data | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(',');
  if (comma < 0) return undefined;
  const [type = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  const payload = url.slice(comma + 1);
  const base64 = parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64');
  const data = base64 ? payload : Buffer.from(unescaped(payload)).toString('base64');
  return { mediaType: type.trim().toLowerCase() || (sniff(data) ?? fallbackType), data };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The data URL of bytes that are base64 already. */
export function writeDataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`;
}

/** How closely an image is to be looked at; undefined for a word that nobody knows. */
export function readDetail(value: Json | undefined): MediaPart['detail'] {
  return value === 'auto' || value === 'low' || value === 'high' || value === 'original' ? value : undefined;
}

/** The media type of an `input_audio` in OpenAI's word for its format. */
export function typeOfAudio(format = 'wav'): string {
  return format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
}

/** OpenAI's word for an audio format; undefined for those it does not take. */
export function audioFormat(mediaType: string): 'wav' | 'mp3' | undefined {
  if (/^audio\/(?:x-|vnd\.)?(?:wav|wave)$/.test(mediaType)) return 'wav';
  return /^audio\/(?:mpeg|mp3)$/.test(mediaType) ? 'mp3' : undefined;
}
