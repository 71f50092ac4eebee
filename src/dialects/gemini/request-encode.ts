// A generateContent body, IR → wire.

import type { Target } from '../../envelope.ts';
import type { ChatRequest, MediaPart, Part } from '../../ir/request.ts';
import { compact, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { withinOutput } from '../output-limit.ts';
import { encodeContents, encodeSystem } from './content-encode.ts';
import { encodeSchema, schemaMember } from './schema.ts';
import { encodeThinking, isGemini3 } from './thinking.ts';
import { encodeTools } from './tools.ts';

/** The most stop sequences the service takes. */
const mostStops = 5;

/** `RequestCodec.encode`. A model that may be older than Gemini 3 refuses JSON mode beside functions: there it is asked for in words. */
export function encode(request: ChatRequest, target: Target, report: Report): JsonObject {
  reportUnsayable(request, report);
  const { tools, toolConfig } = encodeTools(request, target, report);
  const sentence = asksInWords(request, target) ? [jsonSentence(request, report)] : [];
  return compact({
    contents: encodeContents(request, target, report),
    systemInstruction: encodeSystem(request, sentence),
    tools,
    toolConfig,
    generationConfig: encodeGeneration(request, target, sentence.length === 0, report),
  });
}

function encodeGeneration(
  request: ChatRequest,
  target: Target,
  formatted: boolean,
  report: Report,
): JsonObject | undefined {
  const config = compact({
    ...encodeSampling(request, target, report),
    ...(formatted && encodeOutput(request, report)),
    ...encodeLogprobs(request),
    mediaResolution: encodeDetail(request, report),
    thinkingConfig: encodeThinking(request.reasoning, target, report),
  });
  return Object.keys(config).length > 0 ? config : undefined;
}

function encodeSampling({ sampling }: ChatRequest, target: Target, report: Report): JsonObject {
  const { maxTokens, temperature, topP, topK } = sampling;
  const { maxOutput } = target.limits;
  const knobs = { temperature, topP, topK };
  const refused = target.limits.sampling === false && Object.values(knobs).some((value) => value !== undefined);
  if (refused) report({ what: 'temperature', why: 'This model refuses sampling settings; they were left out.' });
  return compact({
    maxOutputTokens: withinOutput(maxTokens, maxOutput, report),
    ...(!refused && knobs),
    stopSequences: encodeStops(sampling.stop, report),
    seed: sampling.seed,
    presencePenalty: sampling.presencePenalty,
    frequencyPenalty: sampling.frequencyPenalty,
  });
}

function encodeLogprobs({ logprobs }: ChatRequest): JsonObject {
  if (logprobs === undefined) return {};
  return { responseLogprobs: true, ...(logprobs > 0 && { logprobs }) };
}

function encodeStops(stop: readonly string[] | undefined, report: Report): readonly string[] | undefined {
  const given = stop?.filter((text) => text !== '') ?? [];
  if (given.length > mostStops)
    report({ what: 'stop', why: `Gemini takes at most ${mostStops} stop sequences; the first ones were kept.` });
  return given.length > 0 ? given.slice(0, mostStops) : undefined;
}

function encodeOutput({ output }: ChatRequest, report: Report): JsonObject {
  if (!output) return {};
  if (output.type === 'image') return { responseModalities: ['TEXT', 'IMAGE'] };
  if (output.strict)
    report({
      what: 'strict',
      where: 'response_format',
      why: 'Gemini takes a subset of JSON Schema; the rest is described.',
    });
  if (output.description)
    report({
      what: 'response_format.description',
      where: 'response_format',
      why: 'Gemini takes no description of the format beside its schema.',
    });
  return {
    responseMimeType: 'application/json',
    ...(output.schema && schemaMember('responseSchema', 'responseJsonSchema', encodeSchema(output.schema))),
  };
}

/** JSON mode beside functions is refused by models before Gemini 3: there it is asked for in words. */
function asksInWords({ output, tools }: ChatRequest, target: Target): boolean {
  return output?.type === 'json' && tools.some((tool) => tool.type === 'function') && !isGemini3(target);
}

function jsonSentence({ output }: ChatRequest, report: Report): string {
  report({
    what: 'response_format',
    why: 'This model refuses JSON mode beside functions; the format is asked for in the system instruction.',
  });
  const schema = output?.type === 'json' ? output.schema : undefined;
  if (!schema) return 'Answer with one JSON object only.';
  return `Answer with one JSON value only, following this JSON Schema: ${JSON.stringify(schema)}`;
}

/** The service takes one resolution for all media of a request. */
function encodeDetail({ turns }: ChatRequest, report: Report): string | undefined {
  const media = turns.flatMap((turn) => turn.parts).flatMap(mediaOf);
  const details = new Set(
    media.map((part) => part.detail).filter((detail) => detail !== undefined && detail !== 'auto'),
  );
  if (details.size === 0) return undefined;
  const [detail] = details;
  if (details.size === 1 && media.every((part) => part.detail === detail))
    return detail === 'low' ? 'MEDIA_RESOLUTION_LOW' : 'MEDIA_RESOLUTION_HIGH';
  report({ what: 'image_detail', why: 'Gemini takes one resolution for all images, and these ask for several.' });
  return undefined;
}

function mediaOf(part: Part): MediaPart[] {
  if (part.type === 'media') return [part];
  return part.type === 'tool-result' ? part.content.flatMap(mediaOf) : [];
}

/** What a request may ask that this wire has no member for. */
function reportUnsayable(request: ChatRequest, report: Report): void {
  const asked: readonly (readonly [boolean, string, string])[] = [
    [request.parallelToolCalls === false, 'parallel_tool_calls', 'Gemini may always make several calls at once.'],
    [request.verbosity !== undefined && request.verbosity !== 'medium', 'verbosity', 'Gemini has no such setting.'],
    [request.user !== undefined, 'user', 'Gemini takes no end-user id.'],
    [request.metadata !== undefined, 'metadata', 'Gemini takes no metadata.'],
    [
      request.tier !== undefined && request.tier !== 'default',
      'service_tier',
      'Other tiers than the standard one need an account that may use them; the standard tier is used.',
    ],
    [
      request.cacheRetention === '24h',
      'prompt_cache_retention',
      'Gemini itself decides how long a prompt stays cached.',
    ],
    [request.cacheKey !== undefined, 'prompt_cache_key', 'Gemini finds its prompt cache by content, not by key.'],
    [marked(request), 'cache_control', 'Gemini caches prompts by itself and takes no marks.'],
  ];
  for (const [is, what, why] of asked) if (is) report({ what, why });
}

function marked({ cache, tools, turns }: ChatRequest): boolean {
  if (cache !== undefined || tools.some((tool) => tool.type !== 'hosted' && tool.cache !== undefined)) return true;
  return turns.some((turn) => turn.role === 'system' && turn.parts.some((part) => 'cache' in part && part.cache));
}
