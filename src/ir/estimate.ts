// An honest guess at the tokens of a request, for upstreams that cannot count. It walks the text once, by runs of one kind of
// character, and knows what today's tokenizers (o200k and its kin) make of each kind; within about a fifth for prose, code
// and JSON in the scripts it knows. Never a bill.

import type { ChatRequest, MediaPart, Part, Tool } from './request.ts';

/** Roles and separators around a message, around a tool's definition, and what primes the reply. */
const perTurn = 4;
const perTool = 8;
const perRequest = 3;
/** By family of media type: an image of about a megapixel, a few pages, half a minute, a short clip. */
const perMedia: Readonly<Record<string, number>> = { image: 1100, application: 3000, audio: 1000, video: 3000 };

/** The prompt's tokens: system text, turns, arguments, results, tool definitions, media by a fixed guess. */
export function estimateTokens(request: ChatRequest): number {
  let tokens = perRequest;
  for (const turn of request.turns) {
    tokens += perTurn + estimateText(turn.name ?? '');
    for (const part of turn.parts) tokens += estimatePart(part);
  }
  for (const tool of request.tools) tokens += perTool + estimateTool(tool);
  if (request.output?.type === 'json') tokens += estimateText(JSON.stringify(request.output.schema ?? {}));
  return Math.ceil(tokens);
}

function estimatePart(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return estimateText(part.text);
    case 'media':
      return estimateMedia(part);
    case 'tool-call':
      return perTurn + estimateText(part.name) + estimateText(part.input);
    case 'tool-result':
      return part.content.reduce((sum, inner) => sum + estimatePart(inner), perTurn);
    case 'foreign':
      return estimateText(JSON.stringify(part.meaning ?? part.value));
  }
}

function estimateMedia(part: MediaPart): number {
  const [family = ''] = part.mediaType.split('/');
  return (perMedia[family] ?? 1000) + estimateText(part.context ?? '') + estimateText(part.name ?? '');
}

function estimateTool(tool: Tool): number {
  if (tool.type === 'hosted') return estimateText(JSON.stringify(tool.value));
  const schema = tool.type === 'function' ? tool.parameters : tool.format;
  return (
    estimateText(tool.namespace ?? '') +
    estimateText(tool.name) +
    estimateText(tool.description ?? '') +
    estimateText(JSON.stringify(schema ?? {}))
  );
}

type Kind = 'space' | 'break' | 'lower' | 'upper' | 'digit' | 'mark' | 'dense' | 'letter' | 'script' | 'pair';

/** The tokens of one text. */
export function estimateText(text: string): number {
  let tokens = 0;
  let before: Kind | undefined;
  let start = 0;
  let kind = kindAt(text, 0);
  while (start < text.length) {
    let end = start + 1;
    let next = kindAt(text, end);
    // A capital begins a word of its own: `GatewayError` is two.
    while (end < text.length && (next === kind || (kind === 'upper' && next === 'lower'))) {
      kind = next;
      next = kindAt(text, ++end);
    }
    tokens += cost(kind, end - start, before, next);
    before = kind;
    start = end;
    kind = next;
  }
  return Math.ceil(tokens);
}

function kindAt(text: string, at: number): Kind {
  const code = text.charCodeAt(at);
  if (code < 0x80) return asciiKind(code);
  if (code < 0x250) return 'lower';
  if (code < 0x530) return 'letter';
  if (code >= 0x2000 && code < 0x2e80) return 'mark';
  if (code >= 0xd800 && code < 0xe000) return 'pair';
  return code < 0x1100 || (code >= 0x1200 && code < 0x2000) || code > 0xffff ? 'script' : 'dense';
}

function asciiKind(code: number): Kind {
  if (code === 0x20 || code === 0x09) return 'space';
  if (code === 0x0a || code === 0x0d) return 'break';
  if (code >= 0x61 && code <= 0x7a) return 'lower';
  if (code >= 0x41 && code <= 0x5a) return 'upper';
  return code >= 0x30 && code <= 0x39 ? 'digit' : 'mark';
}

/**
 * What a run costs. A word takes the one space before it along, punctuation the line break after it; digits go by threes; Chinese,
 * Japanese and Korean take about two tokens for three characters.
 */
function cost(kind: Kind, length: number, before: Kind | undefined, next: Kind): number {
  switch (kind) {
    case 'space':
      return length > 1 || next === 'digit' ? 1 : 0;
    case 'break':
      return before === 'mark' ? 0 : 1;
    case 'lower':
    case 'upper':
      return Math.ceil(length / 9);
    case 'digit':
      return Math.ceil(length / 3);
    case 'mark':
      return Math.ceil(length / 3);
    case 'letter':
      return Math.ceil(length / 6);
    case 'script':
      return Math.ceil(length / 4);
    case 'dense':
      return length * 0.67;
    case 'pair':
      return length * 0.75;
  }
}
