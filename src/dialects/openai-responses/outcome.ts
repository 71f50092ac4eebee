// Token counts and the reason a reply ended, both directions. `input_tokens` is the whole prompt, cached tokens included.

import type { FinishReason, Reply, Usage } from '../../ir/reply.ts';
import { asNumber, asObject, asString, compact, type Json, type JsonObject } from '../../json.ts';
import type { WireUsage } from './wire.ts';

/** The counts of a response object; undefined where it tells none. */
export function decodeUsage(response: JsonObject): Usage | undefined {
  const raw = asObject(response.usage);
  if (!raw) return undefined;
  const input = asObject(raw.input_tokens_details);
  const output = asObject(raw.output_tokens_details);
  const search = asObject(asObject(response.tool_usage)?.web_search);
  return compact({
    input: asNumber(raw.input_tokens),
    output: asNumber(raw.output_tokens),
    cacheRead: asNumber(input?.cached_tokens),
    cacheWrite: asNumber(input?.cache_write_tokens),
    reasoning: asNumber(output?.reasoning_tokens),
    total: asNumber(raw.total_tokens),
    searches: asNumber(search?.num_requests) || undefined,
  });
}

/** Splits that nobody told are zero; the total is always right. */
export function encodeUsage(usage: Usage): WireUsage {
  const { input = 0, output = 0 } = usage;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead ?? 0, cache_write_tokens: usage.cacheWrite ?? 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: usage.total ?? input + output,
  };
}

/** Why a response ended. This wire says `completed` for calls and for refusals alike; what the output held decides. */
export function decodeFinish(response: JsonObject, called: boolean, refused: boolean): Reply['finish'] {
  const status = asString(response.status);
  const detail = asString(asObject(response.incomplete_details)?.reason);
  if (status === 'incomplete' || detail !== undefined)
    return { reason: incompleteReasons[detail ?? ''] ?? 'other', raw: detail ?? 'incomplete' };
  const reason = called ? 'tool-calls' : refused ? 'filter' : 'stop';
  return { reason, raw: status ?? 'completed' };
}

const incompleteReasons: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: 'length',
  max_tokens: 'length',
  content_filter: 'filter',
};

/** The members that say how a response ended. A filter that left a refusal behind is a completed response here. */
export function encodeFinish(
  reason: FinishReason,
  refused: boolean,
): { readonly status: 'completed' | 'incomplete'; readonly incomplete_details: Json } {
  if (reason === 'length') return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  if (reason === 'filter' && !refused)
    return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  return { status: 'completed', incomplete_details: null };
}
