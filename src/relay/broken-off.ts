// What a stream cost that broke off before its upstream counted: told as an estimate, from what came of it. Clients leave often, and
// what they leave was paid for all the same.

import { estimateText, estimateTokens } from '../ir/estimate.ts';
import type { Usage } from '../ir/reply.ts';
import { asArray, asObject, type Json, parseRounded } from '../json.ts';
import { readFrames } from '../transport/sse-text.ts';
import type { Exchange } from './exchange.ts';
import { decodeRequest } from './translate.ts';

/** How much of a stream came. */
export interface Came {
  readonly bytes: number;
  /** The last of its bytes, some frames. */
  readonly last: Buffer;
}

/** Upstream's own counts as far as it told them, completed by estimates. */
export function costOf(told: Usage | undefined, exchange: Exchange, came: Came): Usage {
  const output = Math.max(told?.output ?? 0, tokensOf(came));
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

/** The frames of one stream are alike: the share of words in the last ones is about that in all. */
function tokensOf({ bytes, last }: Came): number {
  if (last.length === 0) return 0;
  let text = '';
  for (const { data } of readFrames(last.toString('utf8'))) text += wordsOf(parseRounded(data), false, 0);
  return Math.ceil((estimateText(text) * bytes) / last.length);
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
