// What a stream cost that broke off before its upstream counted: told as an estimate, from what came of it. Clients leave often, and
// what they leave was paid for all the same.

import { estimateText, estimateTokens } from '../ir/estimate.ts';
import type { Usage } from '../ir/reply.ts';
import { asArray, asObject, type Json, parseRounded } from '../json.ts';
import { readFrames } from '../transport/sse-text.ts';
import type { Exchange } from './exchange.ts';
import { decodeRequest } from './translate.ts';

/** Reads that are kept: of several that tell of the end of a part, one has its words. */
const kept = 4;
const dataMark = Buffer.from('data:');
const lineFeed = 0x0a;
const closingBrace = 0x7d;

/** How much of a stream came, and some of the last of it that may hold words. Nothing is parsed while it comes. */
export class Came {
  bytes = 0;
  readonly reads: Buffer[] = [];
  #next = -1;
  #length = 0;

  add(read: Buffer): void {
    this.bytes += read.length;
    if (!holdsFrame(read)) return;
    // What keeps a silent stream alive is as long as what did so before it, and pushes out no words.
    if (read.length !== this.#length) this.#next = (this.#next + 1) % kept;
    this.#length = read.length;
    this.reads[this.#next] = read;
  }
}

/** Not a comment, the line breaks after a frame, or the beginning of one. Some services write the line breaks by themselves. */
function holdsFrame(read: Buffer): boolean {
  const data = read.indexOf(dataMark);
  return data >= 0 && (read[read.length - 1] === closingBrace || read.includes(lineFeed, data));
}

/** Upstream's own counts as far as it told them, completed by estimates. */
export function costOf(told: Usage | undefined, exchange: Exchange, came: Came): Usage {
  const output = Math.max(told?.output ?? 0, tokensIn(came));
  return { ...told, input: told?.input ?? promptOf(exchange), output, estimated: true };
}

/** A request that cannot be read as a conversation is left uncounted. */
function promptOf(exchange: Exchange): number | undefined {
  try {
    return estimateTokens(decodeRequest(exchange));
  } catch {
    return undefined;
  }
}

/** Where no read had words to go by: the bytes of a frame with one token; and bytes beyond which frames that long hold no words. */
const perToken = 200;
const mostUnread = 1 << 16;

/** The frames of one stream are alike: the share of words in the last ones is about that in all. */
export function tokensIn({ bytes, reads }: Came): number {
  let tokens = 0;
  let seen = 0;
  for (const read of reads) {
    const words = estimateText(textOf(read));
    if (words === 0) continue;
    tokens += words;
    seen += read.length;
  }
  return Math.ceil(seen === 0 ? Math.min(bytes, mostUnread) / perToken : (tokens * bytes) / seen);
}

function textOf(read: Buffer): string {
  let text = '';
  for (const { data } of readFrames(`${read.toString('utf8')}\n\n`)) text += wordsOf(parseRounded(data), false, 0);
  return text;
}

/** Members that hold words in the frames of all dialects: of an answer, a thought, or the arguments of a call. */
const wordy = new Set([
  ...['content', 'text', 'delta', 'refusal'],
  ...['reasoning', 'reasoning_content', 'thinking'],
  ...['arguments', 'partial_json'],
]);
/** Where words stand at the deepest, and some levels more. */
const deepest = 12;

function wordsOf(value: Json | undefined, named: boolean, depth: number): string {
  if (typeof value === 'string') return named ? value : '';
  if (depth === deepest) return '';
  const list = asArray(value);
  if (list) return list.map((element) => wordsOf(element, false, depth + 1)).join('');
  return Object.entries(asObject(value) ?? {})
    .map(([name, member]) => wordsOf(member, wordy.has(name), depth + 1))
    .join('');
}
