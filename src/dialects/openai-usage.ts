// Token counts of OpenAI's two formats with `choices`, both directions. Compatible services put them in odd places and under odd
// names; `prompt_tokens` holds the whole prompt, cached tokens included.

import type { Usage } from '../ir/reply.ts';
import { asNumber, asObject, compact, type JsonObject } from '../json.ts';

type CompletionUsage = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens?: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
};

/** The usage object of a reply or a chunk: at the top, in the first choice (Kimi), or in `x_groq`. */
export function findUsage(body: JsonObject, choice: JsonObject | undefined): JsonObject | undefined {
  return asObject(body.usage) ?? asObject(choice?.usage) ?? asObject(asObject(body.x_groq)?.usage);
}

const nothing: JsonObject = {};

/** wire → IR. */
export function decodeUsage(raw: JsonObject): Usage {
  const prompt = asObject(raw.prompt_tokens_details) ?? asObject(raw.input_tokens_details) ?? nothing;
  const completion = asObject(raw.completion_tokens_details) ?? asObject(raw.output_tokens_details) ?? nothing;
  const total = asNumber(raw.total_tokens);
  const reasoning = asNumber(completion.reasoning_tokens) ?? asNumber(raw.reasoning_tokens);
  const cacheRead =
    asNumber(prompt.cached_tokens) ??
    asNumber(raw.prompt_cache_hit_tokens) ??
    asNumber(raw.cached_tokens) ??
    asNumber(raw.cache_read_input_tokens);
  const cacheWrite =
    asNumber(prompt.cache_write_tokens) ??
    asNumber(prompt.cache_creation_tokens) ??
    asNumber(raw.cache_creation_input_tokens);
  const input = wholePrompt(asNumber(raw.prompt_tokens) ?? asNumber(raw.input_tokens), cacheRead, cacheWrite);
  return compact({
    input,
    output: wholeOutput(asNumber(raw.completion_tokens) ?? asNumber(raw.output_tokens), reasoning, input, total),
    cacheRead,
    cacheWrite,
    reasoning,
    total,
    searches:
      asNumber(raw.num_search_queries) ?? asNumber(asObject(raw.server_tool_use)?.web_search_requests) ?? undefined,
    raw,
  });
}

/** A prompt smaller than its cached parts was counted without them. */
function wholePrompt(prompt: number | undefined, read = 0, write = 0): number | undefined {
  return prompt !== undefined && prompt < read + write ? prompt + read + write : prompt;
}

/** Some services (xAI) count reasoning beside the completion: the total tells. */
function wholeOutput(
  output: number | undefined,
  reasoning: number | undefined,
  input: number | undefined,
  total: number | undefined,
): number | undefined {
  const apart =
    output !== undefined && reasoning !== undefined && reasoning > 0 && total === (input ?? 0) + output + reasoning;
  return apart ? output + reasoning : output;
}

/** IR → wire. Counts that upstream did not tell are 0, since clients add them up. */
export function encodeUsage(usage: Usage): CompletionUsage {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite, reasoning = 0, total } = usage;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: total ?? input + output,
    prompt_tokens_details: {
      cached_tokens: cacheRead,
      ...(cacheWrite !== undefined && { cache_write_tokens: cacheWrite }),
    },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}
