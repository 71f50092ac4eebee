// What is asked for as a request body. Nothing is stored upstream (`store: false`), so encrypted reasoning is asked for and
// carried by the client.

import type { ModelLimits, Target } from '../../envelope.ts';
import { isOff } from '../../ir/reasoning.ts';
import type { ChatRequest, Output, Sampling, ToolChoice } from '../../ir/request.ts';
import { compact, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { matters } from '../neutral.ts';
import { openAiId } from '../openai-id.ts';
import { formatInWords, openAiAnswer } from '../openai-schema.ts';
import { encodeTerms } from '../openai-terms.ts';
import { clientSpeech, ownHostedTypes } from './builtin.ts';
import { encodeTurns } from './items-encode.ts';
import { encodeReasoning } from './thinking.ts';
import { cacheLoss, encodeToolChoice, encodeTools } from './tools.ts';
import { logprobsIncluded } from './wire.ts';

/** IR → wire. */
export function encode(request: ChatRequest, target: Target, report: Report): JsonObject {
  if (request.cache) report(cacheLoss);
  const { instructions, input } = encodeTurns(request.turns, clientSpeech(ownHostedTypes(request.tools)), report);
  const wantsImages = request.output?.type === 'image';
  const tools = encodeTools(request.tools, request.toolChoice, target, report);
  if (wantsImages && !tools.some(({ type }) => type === 'image_generation')) tools.push({ type: 'image_generation' });
  const body = {
    model: target.model,
    instructions,
    input: [...formatItem(request, target), ...input],
    tools: tools.length > 0 ? tools : undefined,
    ...(tools.length > 0 && encodeCalling(request, target)),
    ...encodeSampling(request.sampling, target.limits, report),
    reasoning: saysNothing(request, target.limits)
      ? undefined
      : encodeReasoning(request.reasoning, target.limits, report),
    text: encodeText(request, target, report),
    ...encodeIncluded(request, target.limits, report),
    prompt_cache_key: openAiId(request.cacheKey),
    safety_identifier: openAiId(request.user),
    metadata: request.metadata,
    ...encodeTerms(request, target, report),
    store: false,
    stream: target.stream,
  };
  return compact(body);
}

function encodeCalling(request: ChatRequest, target: Target): JsonObject {
  const choice: ToolChoice | undefined = request.toolChoice;
  return compact({
    tool_choice: choice === undefined ? undefined : encodeToolChoice(choice, request.tools, target),
    parallel_tool_calls: request.parallelToolCalls,
  });
}

const unsaidSampling: readonly (readonly [keyof Sampling, string])[] = [
  ['topK', 'top_k'],
  ['stop', 'stop'],
  ['seed', 'seed'],
  ['presencePenalty', 'presence_penalty'],
  ['frequencyPenalty', 'frequency_penalty'],
];

function encodeSampling(sampling: Sampling, limits: ModelLimits, report: Report): JsonObject {
  for (const [key, what] of unsaidSampling)
    if (matters(what, sampling[key])) report({ what, why: 'OpenAI Responses has no such setting; it was left out.' });
  const { maxTokens, temperature, topP } = sampling;
  // Fewer than 16 tokens are refused; clients ask for one to see whether a key works.
  const max_output_tokens =
    maxTokens === undefined ? undefined : Math.max(16, Math.min(maxTokens, limits.maxOutput ?? maxTokens));
  if (max_output_tokens !== maxTokens)
    report({ what: 'max_tokens', why: `The limit had to be ${max_output_tokens} tokens for this service and model.` });
  if (limits.sampling !== false) return compact({ max_output_tokens, temperature, top_p: topP });
  for (const [what, value] of [
    ['temperature', temperature],
    ['top_p', topP],
  ] as const)
    if (matters(what, value)) report({ what, why: 'This model refuses sampling settings; it was left out.' });
  return compact({ max_output_tokens });
}

/** Known limits with none for reasoning: such a model refuses `include`, so nothing is added to what was asked for. */
function seemsPlain(limits: ModelLimits): boolean {
  return limits.context !== undefined && limits.reasoning === undefined;
}

function mayReason(request: ChatRequest, limits: ModelLimits): boolean {
  return !seemsPlain(limits) || (request.reasoning !== undefined && !isOff(request.reasoning));
}

/** What is to be told beside the answer. Models that refuse sampling settings refuse to tell log probabilities too. */
function encodeIncluded(request: ChatRequest, limits: ModelLimits, report: Report): JsonObject {
  const { logprobs } = request;
  const told = logprobs !== undefined && limits.sampling !== false;
  if (logprobs !== undefined && !told)
    report({ what: 'logprobs', why: 'This model refuses to tell log probabilities.' });
  const include = [
    ...(mayReason(request, limits) ? ['reasoning.encrypted_content'] : []),
    ...(told ? [logprobsIncluded] : []),
  ];
  return compact({
    include: include.length > 0 ? include : undefined,
    top_logprobs: told && logprobs > 0 ? logprobs : undefined,
  });
}

/** Such a model need not be told to stay quiet. */
function saysNothing({ reasoning }: ChatRequest, limits: ModelLimits): boolean {
  return seemsPlain(limits) && reasoning !== undefined && isOff(reasoning);
}

function encodeText(request: ChatRequest, target: Target, report: Report): JsonObject | undefined {
  const format = request.output && encodeFormat(request.output, target, report);
  if (!format && !request.verbosity) return undefined;
  return compact({ format, verbosity: request.verbosity });
}

function encodeFormat(output: Output, target: Target, report: Report): JsonObject | undefined {
  if (output.type !== 'json') return undefined;
  const { schema, name = 'response', description, strict = false } = output;
  if (!schema) return { type: 'json_object' };
  const answer = openAiAnswer(schema, strict, target, report);
  return answer && compact({ type: 'json_schema', name, description, ...answer });
}

/** What must be said of the format. The service looks for its word in the input; `instructions` do not count. */
function formatItem({ output, turns: [first, ...others] }: ChatRequest, target: Target): JsonObject[] {
  const instructed = first?.role === 'system' && !first.developer;
  const text = formatInWords(output, instructed || !first ? others : [first, ...others], target);
  return text === undefined ? [] : [{ type: 'message', role: 'developer', content: [{ type: 'input_text', text }] }];
}
