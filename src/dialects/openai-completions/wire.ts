// The shapes of the legacy completions format that we write.

import type { Usage } from '../../ir/reply.ts';
import { asNumber, asObject, compact, type JsonObject } from '../../json.ts';

export const dialectId = 'openai-completions';
export const nativeMaker = 'openai';

export type CompletionFinish = 'stop' | 'length' | 'content_filter';

export type CompletionChoice = {
  readonly text: string;
  readonly index: 0;
  readonly logprobs: null;
  readonly finish_reason: CompletionFinish | null;
};

export type CompletionUsage = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
};

/** IR → wire. */
export function encodeUsage({ input = 0, output = 0, cacheRead = 0, reasoning = 0, total }: Usage): CompletionUsage {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: total ?? input + output,
    prompt_tokens_details: { cached_tokens: cacheRead },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

/** wire → IR. */
export function decodeUsage(raw: JsonObject): Usage {
  return compact({
    input: asNumber(raw.prompt_tokens),
    output: asNumber(raw.completion_tokens),
    cacheRead: asNumber(asObject(raw.prompt_tokens_details)?.cached_tokens),
    reasoning: asNumber(asObject(raw.completion_tokens_details)?.reasoning_tokens),
    total: asNumber(raw.total_tokens),
    raw,
  });
}
