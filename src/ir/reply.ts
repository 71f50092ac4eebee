// A reply as events and as a whole. A whole reply is the fold of its events; `collect` and `replay` go between the two.
//
// Grammar: start (part-start (part-delta | citation)* part-end | usage)* (finish | failure), and nothing after. Parts do not
// overlap: a decoder whose upstream interleaves holds the later one back. Usage precedes finish; exactly one last word.

import type { DialectId } from '../envelope.ts';
import type { GatewayError } from '../errors.ts';
import { compact, type Json } from '../json.ts';
import type { Citation, Meaning, Part, TokenLogprob } from './request.ts';
import type { Seal } from './seal.ts';

/** Token counts; undefined means not told. `input` is the whole prompt: `cacheRead` and `cacheWrite` are parts of it. */
export interface Usage {
  readonly input?: number | undefined;
  /** All output, reasoning included. */
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  /** The part of `cacheWrite` that was written for an hour. */
  readonly cacheWrite1h?: number | undefined;
  /** Part of `output`. */
  readonly reasoning?: number | undefined;
  /** Upstream's own total, where it gives one. */
  readonly total?: number | undefined;
  /** Web searches that the vendor ran and counts. */
  readonly searches?: number | undefined;
  /** Not all of it was counted by the upstream: its reply broke off. */
  readonly estimated?: true | undefined;
}

/**
 * Why a reply ended: by itself (`stop`) or at a text of the client's (`stop-sequence`); at a limit of output or context (`length`); to wait
 * for results (`tool-calls`); declined or withheld (`filter`); amid the vendor's own tools, to go on when it is sent back (`pause`).
 * `other` is any other word of upstream's.
 */
export type FinishReason = 'stop' | 'stop-sequence' | 'length' | 'tool-calls' | 'filter' | 'pause' | 'other';

/** What is known of a part when it begins; the rest comes in deltas. */
export type PartHead =
  | { readonly type: 'text'; readonly refusal?: boolean }
  | { readonly type: 'reasoning'; readonly redacted?: boolean }
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly namespace?: string;
      readonly freeform?: boolean;
    }
  /** Deltas carry base64. */
  | { readonly type: 'media'; readonly mediaType: string }
  /** No deltas. */
  | { readonly type: 'foreign'; readonly origin: DialectId; readonly value: Json; readonly meaning?: Meaning };

/** One thing that a reply tells. `index` numbers its parts from 0, in the order in which they begin. */
export type ReplyEvent =
  | { readonly type: 'start'; readonly id: string; readonly model: string }
  | { readonly type: 'part-start'; readonly index: number; readonly part: PartHead }
  /** Text, thought, JSON of arguments, freeform input or base64, by what was opened. */
  | {
      readonly type: 'part-delta';
      readonly index: number;
      readonly text: string;
      /** Of a text, where they were asked for: the tokens that it is. The text may be empty where a token is less than a character. */
      readonly logprobs?: readonly TokenLogprob[];
    }
  | { readonly type: 'citation'; readonly index: number; readonly citation: Citation }
  | { readonly type: 'part-end'; readonly index: number; readonly seal?: Seal }
  /** May repeat; later wins field by field, but for a zero after a count. */
  | { readonly type: 'usage'; readonly usage: Usage }
  /** The last word of a good reply. `raw` is upstream's own word for the reason. */
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly raw?: string; readonly stopSequence?: string }
  /** The last word of a reply that broke off, or never was one. */
  | { readonly type: 'failure'; readonly error: GatewayError };

/** A finished reply. A failed one is never a Reply: `collect` throws its error. */
export interface Reply {
  /** Upstream's; empty where it gave none. So is the model's name. */
  readonly id: string;
  readonly model: string;
  readonly parts: readonly Part[];
  readonly usage?: Usage;
  /** As in the `finish` event. */
  readonly finish: { readonly reason: FinishReason; readonly raw?: string; readonly stopSequence?: string };
}

/** Later counts win field by field; what was told once is never untold, so a zero is no news (a broken stream must not reset the meter). */
export function mergeUsage(earlier: Usage | undefined, later: Usage): Usage {
  if (!earlier) return later;
  const news = Object.entries(later).filter(([key, count]) => count !== 0 || !earlier[key as keyof Usage]);
  return { ...earlier, ...compact(Object.fromEntries(news)) };
}
