// Images, documents, audio and video as Chat's content parts carry them: data URLs, bare base64 and links.

import { badRequest } from '../../errors.ts';
import { audioFormat, familyOf, readDataUrl, readDetail, sniff, typeOfAudio, writeDataUrl } from '../../ir/media.ts';
import type { MediaPart } from '../../ir/request.ts';
import { asObject, asString, type Json, type JsonObject } from '../../json.ts';
import { fileNameOf } from '../openai-files.ts';
import { dialectId } from './wire.ts';

const mediaTypes: readonly (Json | undefined)[] = [
  'image_url',
  'input_image',
  'video_url',
  'audio_url',
  'input_audio',
  'file',
  'input_file',
];

/** Whether a part should hold media. */
export function isMedia(part: Json): boolean {
  return mediaTypes.includes(asObject(part)?.type);
}

/** A part that holds media, or undefined where it holds none we can read. */
export function decodeMedia(part: JsonObject): MediaPart | undefined {
  switch (part.type) {
    case 'image_url':
    case 'input_image':
      return decodeImage(part.image_url);
    case 'video_url':
      return decodeUrl(urlOf(part.video_url), 'video/*');
    case 'audio_url':
      return decodeUrl(urlOf(part.audio_url), 'audio/*');
    case 'input_audio':
      return decodeAudio(asObject(part.input_audio));
    case 'file':
    case 'input_file':
      return decodeFile(asObject(part.file) ?? part);
    default:
      return undefined;
  }
}

function decodeImage(image: Json | undefined): MediaPart | undefined {
  const media = decodeUrl(urlOf(image), 'image/*');
  const detail = readDetail(asObject(image)?.detail);
  return media && detail ? { ...media, detail } : media;
}

function urlOf(member: Json | undefined): string | undefined {
  return asString(member) ?? asString(asObject(member)?.url);
}

/** A data URL, a link, or (some clients) bare base64. */
function decodeUrl(url: string | undefined, family: string): MediaPart | undefined {
  if (!url) return undefined;
  const data = readDataUrl(url);
  if (data) return { type: 'media', mediaType: data.mediaType, source: { data: data.data } };
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return { type: 'media', mediaType: family, source: { url } };
  const mediaType = sniff(url);
  return mediaType === undefined ? undefined : { type: 'media', mediaType, source: { data: url } };
}

function decodeAudio(audio: JsonObject | undefined): MediaPart | undefined {
  const data = asString(audio?.data);
  if (!data) return undefined;
  const plain = readDataUrl(data)?.data ?? data;
  return { type: 'media', mediaType: typeOfAudio(asString(audio?.format)), source: { data: plain } };
}

function decodeFile(file: JsonObject): MediaPart | undefined {
  const name = asString(file.filename);
  const id = asString(file.file_id);
  const named = name === undefined ? undefined : { name };
  if (id !== undefined)
    return { type: 'media', mediaType: 'application/*', source: { file: id, origin: dialectId }, ...named };
  const told = asString(file.file_data);
  if (!told) return undefined;
  const { mediaType, data } = readDataUrl(told) ?? { mediaType: sniff(told) ?? 'application/octet-stream', data: told };
  const pdf = mediaType === 'application/octet-stream' && name?.toLowerCase().endsWith('.pdf');
  return { type: 'media', mediaType: pdf ? 'application/pdf' : mediaType, source: { data }, ...named };
}

/** Media as a content part of this maker's service; undefined where the wire has no place for it. */
export function encodeMedia(part: MediaPart, maker: string): JsonObject | undefined {
  const { mediaType, source } = part;
  const family = familyOf(mediaType);
  if ('file' in source) return family === 'image' ? undefined : { type: 'file', file: { file_id: source.file } };
  if (family === 'image') return encodeImage(part, 'url' in source ? source.url : writeDataUrl(mediaType, source.data));
  if (family === 'video')
    return {
      type: 'video_url',
      video_url: { url: 'url' in source ? source.url : writeDataUrl(mediaType, source.data) },
    };
  if ('url' in source) return undefined;
  if (family === 'audio') return encodeAudio(mediaType, source.data, maker);
  if (isText(mediaType)) return { type: 'text', text: readText(part, source.data) };
  return {
    type: 'file',
    file: { file_data: writeDataUrl(mediaType, source.data), filename: fileNameOf(part) },
  };
}

function encodeImage({ detail }: MediaPart, url: string): JsonObject {
  return { type: 'image_url', image_url: { url, ...(detail && { detail }) } };
}

/** OpenAI takes two formats; other services take more, by the names that their media types have. */
function encodeAudio(mediaType: string, data: string, maker: string): JsonObject {
  const other = maker === 'openai' ? undefined : /^audio\/(?:x-)?([a-z0-9]+)$/i.exec(mediaType)?.[1];
  const format = audioFormat(mediaType) ?? other;
  if (format === undefined) throw badRequest(`Audio must be wav or mp3 for this model, not ${mediaType}.`);
  return { type: 'input_audio', input_audio: { data, format } };
}

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json' || mediaType === 'application/xml';
}

/** A text document in words, headed by its name: Chat takes only PDF as a file. */
function readText({ name, context }: MediaPart, data: string): string {
  const text = Buffer.from(data, 'base64').toString('utf8');
  return [name, context, text].filter((piece) => piece).join('\n\n');
}
