// A conversation as a Messages request, and what Anthropic's rules on sampling, thinking and caching make of its wishes.

import type { Target } from '../../envelope.ts';
import type { ChatRequest, Output, Sampling } from '../../ir/request.ts';
import { compact, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { withinOutput } from '../output-limit.ts';
import { limitMarks, mark } from './cache.ts';
import { constrainedSchema } from './constrained-schema.ts';
import { encodeParts, type Writing } from './content-encode.ts';
import { encodeThinking, type Thinking } from './thinking.ts';
import { encodeTools } from './tools.ts';
import type { Block, Markable, Message } from './wire.ts';

/** Where neither the client nor the model's limits say how long an answer may be. */
const defaultMaxTokens = 32_000;

/** `RequestCodec.encode`. `max_tokens`, which Messages demands, is the client's, else the model's most, else 32,000. */
export function encode(request: ChatRequest, target: Target, report: Report): JsonObject {
  const writing: Writing = { marks: [], report };
  const most = target.limits.maxOutput;
  const maxTokens = withinOutput(request.sampling.maxTokens ?? most ?? defaultMaxTokens, most, report);
  const thinking = encodeThinking(request, target, maxTokens, report);
  reportUnsaid(request, report);
  const tools = encodeTools(request, writing.marks, report);
  const schema = outputSchema(request.output, report);
  const { system, messages } = encodeTurns(request, schema, writing);
  const body: JsonObject & Markable = {
    model: target.model,
    max_tokens: maxTokens,
    ...(system.length > 0 && { system }),
    messages,
    ...tools,
    ...encodeSampling(request.sampling, target, thinking, report),
    ...(thinking.thinking && { thinking: thinking.thinking }),
    ...encodeOutputConfig(schema, thinking),
    ...(request.user !== undefined && { metadata: { user_id: request.user } }),
    ...(target.stream && { stream: true }),
  };
  mark(body, request.cache, writing.marks);
  limitMarks(writing.marks, report);
  return body;
}

/** The head of the conversation as `system`; system turns that come later stay messages. */
function encodeTurns(
  request: ChatRequest,
  schema: JsonObject | undefined,
  writing: Writing,
): { system: Block[]; messages: Message[] } {
  const { turns, output } = request;
  const head = turns.findIndex(({ role }) => role !== 'system');
  const leading = head < 0 ? turns.length : head;
  const system = turns.slice(0, leading).flatMap(({ parts }) => encodeParts(parts, 'system', writing));
  if (output?.type === 'json' && !schema) system.push({ type: 'text', text: askedForJson(output, writing.report) });
  const messages = turns
    .slice(leading)
    .map(({ role, parts }) => ({ role, content: encodeParts(parts, role, writing) }));
  return { system, messages: messages.filter(({ content }) => content.length > 0) };
}

/** Rules: temperature up to 1 and not with top_p; fixed values while thinking; none of the three from Opus 4.7 on. */
function encodeSampling(sampling: Sampling, target: Target, { on }: Thinking, report: Report): JsonObject {
  const state: SamplingState = target.limits.sampling === false ? 'fixed' : on ? 'thinking' : 'free';
  const temperature = encodeTemperature(sampling.temperature, state, report);
  const topP = encodeTopP(sampling.topP, temperature !== undefined, state, report);
  const topK = encodeTopK(sampling.topK, state, report);
  const stop = encodeStops(sampling.stop, report);
  return compact({ temperature, top_p: topP, top_k: topK, stop_sequences: stop.length > 0 ? stop : undefined });
}

/** Whether the model takes sampling values at all, or takes few because it thinks. */
type SamplingState = 'fixed' | 'thinking' | 'free';

function encodeTemperature(value: number | undefined, state: SamplingState, report: Report): number | undefined {
  if (value === undefined || (value === 1 && state !== 'free')) return undefined;
  if (state !== 'free') {
    const why =
      state === 'fixed' ? 'This model takes no temperature.' : 'Anthropic takes no temperature while thinking.';
    report({ what: 'temperature', why });
    return undefined;
  }
  if (value <= 1) return value;
  report({ what: 'temperature', why: 'Anthropic takes a temperature of at most 1; it was lowered to that.' });
  return 1;
}

function encodeTopP(
  value: number | undefined,
  withTemperature: boolean,
  state: SamplingState,
  report: Report,
): number | undefined {
  if (value === undefined || (value === 1 && (state !== 'free' || withTemperature))) return undefined;
  const why = topPObstacle(value, withTemperature, state);
  if (why === undefined) return value;
  report({ what: 'top_p', why });
  return undefined;
}

function topPObstacle(value: number, withTemperature: boolean, state: SamplingState): string | undefined {
  if (state === 'fixed') return 'This model takes no top_p.';
  if (state === 'thinking' && value < 0.95) return 'Anthropic takes a top_p below 0.95 only without thinking.';
  return withTemperature ? 'Anthropic takes temperature or top_p, not both; temperature was kept.' : undefined;
}

function encodeTopK(value: number | undefined, state: SamplingState, report: Report): number | undefined {
  if (value === undefined || state === 'free') return value;
  const why = state === 'fixed' ? 'This model takes no top_k.' : 'Anthropic takes no top_k while thinking.';
  report({ what: 'top_k', why });
  return undefined;
}

function encodeStops(stop: readonly string[] | undefined, report: Report): readonly string[] {
  const kept = stop?.filter((sequence) => sequence.trim() !== '') ?? [];
  if (kept.length < (stop?.length ?? 0))
    report({ what: 'stop', why: 'Anthropic takes no stop sequence of white space alone; such were left out.' });
  return kept;
}

/** The schema that an answer is held to, where Anthropic can. */
function outputSchema(output: Output | undefined, report: Report): JsonObject | undefined {
  return output?.type === 'json' && output.schema ? constrainedSchema(output.schema, report) : undefined;
}

/** The sentence that asks for JSON where nothing can hold the model to it. */
function askedForJson({ schema }: { readonly schema?: JsonObject }, report: Report): string {
  report({
    what: 'response_format',
    why: schema
      ? 'Anthropic cannot hold an answer to this schema (recursion, outside references or values of any kind); the system text asks for it.'
      : 'Anthropic has no JSON mode without a schema; a sentence in the system text asks for it.',
  });
  if (!schema) return 'Answer with one JSON object only.';
  return `Answer with JSON only, which must be valid by this JSON Schema:\n${JSON.stringify(schema)}`;
}

function encodeOutputConfig(schema: JsonObject | undefined, { effort }: Thinking): JsonObject {
  if (!schema && effort === undefined) return {};
  return { output_config: compact({ effort, format: schema && { type: 'json_schema', schema } }) };
}

/** What Messages has no words for. */
function reportUnsaid(request: ChatRequest, report: Report): void {
  const { sampling, output, verbosity } = request;
  const unsaid: readonly (readonly [string, unknown, string])[] = [
    ['seed', sampling.seed !== undefined, 'Anthropic has no seed.'],
    ['presence_penalty', sampling.presencePenalty, 'Anthropic has no penalties.'],
    ['frequency_penalty', sampling.frequencyPenalty, 'Anthropic has no penalties.'],
    ['verbosity', verbosity !== undefined && verbosity !== 'medium', 'Anthropic has no verbosity setting.'],
    ['logprobs', request.logprobs !== undefined, 'Anthropic tells no log probabilities.'],
    ['metadata', Object.keys(request.metadata ?? {}).length > 0, 'Anthropic takes no metadata but a user id.'],
    [
      'service_tier',
      request.tier !== undefined && request.tier !== 'default',
      'Fast processing needs an account that has it, and there are no other tiers; the request runs as usual.',
    ],
    [
      'prompt_cache_retention',
      request.cacheRetention === '24h',
      'Anthropic keeps a cache for five minutes, or an hour where a mark says so.',
    ],
    ['prompt_cache_key', request.cacheKey !== undefined, 'Anthropic finds its cache by content, not by key.'],
    ['response_modalities', output?.type === 'image', 'Claude models answer in text only.'],
    [
      'response_format.description',
      output?.type === 'json' && output.description,
      'Anthropic takes only the schema itself.',
    ],
  ];
  for (const [what, present, why] of unsaid) if (present) report({ what, why });
}
