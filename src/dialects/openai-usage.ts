// Token counts of OpenAI's two formats with `choices`, both directions. Compatible services put them in odd places and under odd
// names; `prompt_tokens` holds the whole prompt, cached tokens included.

import type { Usage } from '../ir/reply.ts';
import { asObject, type JsonObject } from '../json.ts';
import type { Lookup } from '../lookup.ts';

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

/** wire → IR. */
export function decodeUsage(told: Lookup): Usage {
  const prompt = told.object('prompt_tokens_details') ?? told.object('input_tokens_details');
  const completion = told.object('completion_tokens_details') ?? told.object('output_tokens_details');
  const total = told.number('total_tokens');
  const reasoning = completion?.number('reasoning_tokens') ?? told.number('reasoning_tokens');
  const cacheRead =
    prompt?.number('cached_tokens') ??
    told.number('prompt_cache_hit_tokens') ??
    told.number('cached_tokens') ??
    told.number('cache_read_input_tokens');
  const cacheWrite =
    prompt?.number('cache_write_tokens') ??
    prompt?.number('cache_creation_tokens') ??
    told.number('cache_creation_input_tokens');
  const input = wholePrompt(told.number('prompt_tokens') ?? told.number('input_tokens'), cacheRead, cacheWrite);
  const output = told.number('completion_tokens') ?? told.number('output_tokens');
  const searches = told.number('num_search_queries') ?? told.object('server_tool_use')?.number('web_search_requests');
  return {
    input,
    output: wholeOutput(output, reasoning, input, total),
    cacheRead,
    cacheWrite,
    reasoning,
    total,
    searches,
  };
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
