// The settings of a request beside its messages and tools, as Chat says them.

import type { Target } from '../../envelope.ts';
import type { ChatRequest } from '../../ir/request.ts';
import { compact, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { matters } from '../neutral.ts';
import { openAiId } from '../openai-id.ts';
import { openAiAnswer } from '../openai-schema.ts';
import { encodeTerms } from '../openai-terms.ts';
import { withinOutput } from '../output-limit.ts';

/** OpenAI takes no more; others follow it. */
const mostStops = 4;

/** IR → wire: everything but messages, tools and thinking. */
export function encodeKnobs(request: ChatRequest, target: Target, report: Report): JsonObject {
  return {
    ...encodeSampling(request, target, report),
    ...encodeOutput(request, target, report),
    ...encodeCaching(request, target, report),
    ...encodeLogprobs(request, target, report),
    ...encodeUser(request, target),
    ...compact({ verbosity: request.verbosity, metadata: request.metadata }),
    ...encodeTerms(request, target, report),
  };
}

function encodeSampling({ sampling }: ChatRequest, target: Target, report: Report): JsonObject {
  const { topK, seed, stop } = sampling;
  if (topK !== undefined) report({ what: 'top_k', why: 'Chat Completions has no top_k.' });
  if (stop && stop.length > mostStops)
    report({ what: 'stop', why: `Chat Completions takes ${mostStops} stop sequences; the first were kept.` });
  return compact({
    ...encodeLimit(sampling.maxTokens, target, report),
    ...encodeChance(sampling, target, report),
    stop: stop?.slice(0, mostStops),
    seed,
  });
}

function encodeLimit(wanted: number | undefined, { accent, limits, maker }: Target, report: Report): JsonObject {
  if (wanted === undefined) return {};
  const field = accent.outputLimit ?? (maker === 'openai' ? 'max_completion_tokens' : 'max_tokens');
  return { [field]: withinOutput(wanted, limits.maxOutput, report) };
}

function encodeChance(
  { temperature, topP, presencePenalty, frequencyPenalty }: ChatRequest['sampling'],
  { limits }: Target,
  report: Report,
): JsonObject {
  const chance = compact({
    temperature,
    top_p: topP,
    presence_penalty: presencePenalty,
    frequency_penalty: frequencyPenalty,
  });
  if (limits.sampling !== false) return chance;
  for (const [what, value] of Object.entries(chance))
    if (matters(what, value)) report({ what, why: 'This model refuses sampling settings.' });
  return {};
}

/** Models that refuse sampling settings refuse these too. */
function encodeLogprobs({ logprobs }: ChatRequest, { accent, limits }: Target, report: Report): JsonObject {
  if (logprobs === undefined) return {};
  if (limits.sampling !== false && accent.logprobs !== false)
    return { logprobs: true, ...(logprobs > 0 && { top_logprobs: logprobs }) };
  report({ what: 'logprobs', why: 'This model or service refuses to tell log probabilities.' });
  return {};
}

function encodeOutput({ output }: ChatRequest, target: Target, report: Report): JsonObject {
  if (!output) return {};
  if (output.type === 'image') return { modalities: ['image', 'text'] };
  const { schema, name, description, strict } = output;
  if (!schema) return { response_format: { type: 'json_object' } };
  const answer = openAiAnswer(schema, strict, target, report);
  if (!answer) return {};
  const told = compact({ name: name ?? 'response', description, ...answer });
  return { response_format: { type: 'json_schema', json_schema: told } };
}

function encodeCaching({ cacheKey, cache }: ChatRequest, { accent, maker }: Target, report: Report): JsonObject {
  const knowsKey = accent.cacheKey ?? maker === 'openai';
  if (cacheKey !== undefined && !knowsKey)
    report({ what: 'prompt_cache_key', why: 'This service does not know a cache key.' });
  if (cache && !accent.cacheMarks)
    report({ what: 'cache_control', why: 'This service caches by itself and takes no marks.' });
  return compact({ prompt_cache_key: knowsKey ? openAiId(cacheKey) : undefined });
}

/** OpenAI renamed the field; everybody else knows the old name. */
function encodeUser(request: ChatRequest, { maker }: Target): JsonObject {
  const user = openAiId(request.user) || undefined;
  return compact({ [maker === 'openai' ? 'safety_identifier' : 'user']: user });
}
