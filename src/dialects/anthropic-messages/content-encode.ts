// Parts of a history as the content blocks Anthropic takes. The history is acceptable already (ir/repair.ts): what is refused
// here is what would change its meaning.

import { GatewayError } from '../../errors.ts';
import { mendArguments } from '../../ir/arguments.ts';
import { familyOf } from '../../ir/media.ts';
import type { ForeignPart, MediaPart, Part, TextPart, ToolCallPart, ToolResultPart, Turn } from '../../ir/request.ts';
import { compact } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { decodeMark, mark } from './cache.ts';
import { ownBlocks } from './foreign.ts';
import type { Block, DocumentBlock, Markable, OtherBlock } from './wire.ts';

/** What is noted while a request is written. */
export interface Writing {
  readonly marks: Markable[];
  readonly report: Report;
}

/**
 * The parts of a turn as blocks, their cache marks noted. Empty texts and thoughts without a seal have none. Throws `bad-request` for
 * media that Anthropic does not take there: any as system text, audio and video, formats it does not read, URLs that are not https.
 */
export function encodeParts(parts: readonly Part[], role: Turn['role'], writing: Writing): Block[] {
  return parts.flatMap((part) => encodePart(part, role, writing));
}

function encodePart(part: Part, role: Turn['role'], writing: Writing): Block[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [encodeText(part, writing)];
    case 'media':
      return [encodeMediaIn(role, part, writing)];
    case 'reasoning':
      if (!part.seal) return [];
      return part.redacted
        ? [{ type: 'redacted_thinking', data: part.seal.token }]
        : [{ type: 'thinking', thinking: part.text, signature: part.seal.token }];
    case 'tool-call':
      return [encodeCall(part, writing)];
    case 'tool-result':
      return [encodeResult(part, writing)];
    case 'foreign':
      return encodeForeign(part, writing);
  }
}

function encodeText(part: TextPart, { marks, report }: Writing): Block {
  if (part.citations?.length)
    report({
      what: 'citations',
      why: 'Anthropic takes back only citations of its own, with their index; the text was kept without.',
    });
  return mark({ type: 'text' as const, text: part.text }, part.cache, marks);
}

function encodeCall({ id, name, input, cache }: ToolCallPart, { marks, report }: Writing): Block {
  return mark({ type: 'tool_use' as const, id, name, input: mendArguments(input, report).args }, cache, marks);
}

function encodeResult(part: ToolResultPart, writing: Writing): Block {
  const content = encodeParts(part.content, 'user', writing);
  return mark(
    {
      type: 'tool_result' as const,
      tool_use_id: part.id,
      ...(content.length > 0 && { content }),
      ...(part.failed && { is_error: true }),
    },
    part.cache,
    writing.marks,
  );
}

/** Of this dialect, since `repair` has told those of others in words. */
function encodeForeign({ value }: ForeignPart, { marks }: Writing): Block[] {
  return ownBlocks(value).map((block) => {
    const { cache_control: _, ...rest } = block;
    return mark<OtherBlock>(rest, decodeMark(block).cache, marks);
  });
}

function encodeMediaIn(role: Turn['role'], part: MediaPart, writing: Writing): Block {
  if (role === 'system') throw unsupported(part.mediaType, 'Anthropic takes only text as system instruction');
  if (role === 'user') return encodeMedia(part, writing);
  writing.report({
    what: 'assistant_media',
    why: 'Anthropic takes no media from the assistant; a placeholder stands in its place.',
  });
  return { type: 'text', text: `[${familyOf(part.mediaType)} omitted]` };
}

const images = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
/** Types that are text under another name: sent as plain text. */
const textual = /^text\/|^application\/(?:json|xml|yaml|x-yaml|javascript|x-sh|sql|toml)$|\+(?:json|xml)$/;

function encodeMedia(part: MediaPart, { marks, report }: Writing): Block {
  if (part.detail !== undefined && part.detail !== 'auto')
    report({ what: 'image_detail', why: 'Anthropic has no detail setting for images.' });
  const mediaType = part.mediaType === 'image/jpg' ? 'image/jpeg' : part.mediaType;
  if (familyOf(mediaType) === 'image')
    return mark({ type: 'image' as const, source: imageSource(part, mediaType) }, part.cache, marks);
  if (familyOf(mediaType) === 'audio' || familyOf(mediaType) === 'video')
    throw unsupported(mediaType, 'Anthropic takes images and documents, no audio and no video');
  const document = compact({
    type: 'document',
    source: documentSource(part, mediaType),
    title: part.name,
    context: part.context,
    citations: part.cite ? { enabled: true } : undefined,
  });
  return mark(document, part.cache, marks);
}

function imageSource(part: MediaPart, mediaType: string) {
  const { source } = part;
  if ('url' in source) return { type: 'url' as const, url: fetchable(source.url) };
  if ('file' in source) return { type: 'file' as const, file_id: source.file };
  if (!images.includes(mediaType)) throw unsupported(mediaType, 'Anthropic takes images as JPEG, PNG, GIF or WebP');
  return { type: 'base64' as const, media_type: mediaType, data: source.data };
}

function documentSource(part: MediaPart, mediaType: string): DocumentBlock['source'] {
  const { source } = part;
  if ('file' in source) return { type: 'file', file_id: source.file };
  const pdf = mediaType === 'application/pdf';
  if ('url' in source) {
    if (pdf || mediaType.endsWith('/*')) return { type: 'url', url: fetchable(source.url) };
    throw unsupported(mediaType, 'Anthropic fetches only images and PDF documents by URL');
  }
  if (pdf) return { type: 'base64', media_type: mediaType, data: source.data };
  if (textual.test(mediaType))
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString('utf8') };
  throw unsupported(mediaType, 'Anthropic takes PDF and text documents');
}

/** "Only HTTPS URLs are supported." */
function fetchable(url: string): string {
  if (/^https:/i.test(url)) return url;
  throw new GatewayError(
    'bad-request',
    'Anthropic fetches media only by https: URLs. Give one of those, or send the content instead.',
    { code: 'unsupported_url' },
  );
}

function unsupported(mediaType: string, why: string): GatewayError {
  return new GatewayError('bad-request', `Content of type ${mediaType} cannot be sent to this model: ${why}.`, {
    code: 'unsupported_content_type',
  });
}
