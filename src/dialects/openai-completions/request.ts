// Requests of the legacy completions format: a prompt is one user turn.

import type { Body } from '../../body.ts';
import type { Envelope, Operation, Target } from '../../envelope.ts';
import { badRequest } from '../../errors.ts';
import { isOff } from '../../ir/reasoning.ts';
import type { ChatRequest, Part, Sampling } from '../../ir/request.ts';
import { asArray, asObject, asString, compact, type Json, type JsonObject } from '../../json.ts';
import type { Loss, Report } from '../../loss.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { envelopeOf, streamOf } from '../envelope.ts';
import { asksForUsage, modelOf, numberOf, retarget, stopsOf } from '../openai-choices.ts';
import { openingOf } from '../opening.ts';
import { expectShape, flag, type Shapes, text } from '../shape.ts';
import { dialectId } from './wire.ts';

/** Bodies of `/v1/completions` with one prompt of text; several, token ids, `suffix`, `echo` and `n` above 1 are a `bad-request`. */
export const request: RequestCodec = {
  envelope,
  opening: (body) => openingOf(body, { turns: 'prompt' }),
  carried: () => new Set(),
  decode,
  encode,
  retarget,
  fitThinking,
  thinking: [],
  unseal: (body) => body,
  dropSeals: (body) => body,
};

/** The format has no words for thinking. */
function fitThinking(body: Body, { thinking }: Target, _operation: Operation, report: Report): Body {
  if (thinking && !isOff(thinking)) report(noThinking);
  return body;
}

const noThinking: Loss = { what: 'reasoning_effort', why: 'The completions format cannot say how much to think.' };

function envelope(call: InboundCall): Envelope {
  const { body } = call;
  const stream = streamOf(body);
  return envelopeOf(call, { dialect: dialectId, model: modelOf(body), stream, usageWanted: asksForUsage(body) });
}

const bodyShapes: Shapes = { suffix: text, echo: flag, user: text, stream_options: { include_usage: flag } };

function decode(body: JsonObject, report: Report): ChatRequest {
  expectShape(body, bodyShapes);
  refuse(body);
  reportLosses(body, report);
  const user = asString(body.user);
  return {
    turns: [{ role: 'user', parts: [{ type: 'text', text: promptOf(body.prompt) }] }],
    tools: [],
    sampling: decodeSampling(body),
    ...(user && { user }),
  };
}

/** A chat model cannot fill a gap or repeat the prompt, and one request has one answer. */
function refuse(body: JsonObject): void {
  if (asString(body.suffix)) throw badRequest('suffix is not supported: chat models cannot fill a gap.', 'suffix');
  if (body.echo === true) throw badRequest('echo is not supported: the prompt is not part of the answer.', 'echo');
  if ((numberOf(body, 'n') ?? 1) > 1) throw badRequest('n > 1 is not supported for this model.', 'n');
}

function promptOf(prompt: Json | undefined): string {
  const list = asArray(prompt);
  const only = asString(list?.length === 1 ? list[0] : prompt);
  if (only) return only;
  if (list && list.length > 1 && typeof list[0] === 'string')
    throw badRequest('prompt must be one string: several prompts in one request are not supported.', 'prompt');
  if (list && list.length > 0) throw badRequest('prompt must be text: token ids are not supported.', 'prompt');
  throw badRequest('prompt must be a non-empty string.', 'prompt');
}

function decodeSampling(body: JsonObject): Sampling {
  return compact({
    maxTokens: numberOf(body, 'max_tokens'),
    temperature: numberOf(body, 'temperature'),
    topP: numberOf(body, 'top_p'),
    stop: stopsOf(body),
    seed: numberOf(body, 'seed'),
    presencePenalty: numberOf(body, 'presence_penalty'),
    frequencyPenalty: numberOf(body, 'frequency_penalty'),
  });
}

const known = new Set([
  ...['model', 'prompt', 'stream', 'stream_options', 'suffix', 'echo', 'n', 'user', 'max_tokens', 'temperature'],
  ...['top_p', 'stop', 'seed', 'presence_penalty', 'frequency_penalty'],
]);

function reportLosses(body: JsonObject, report: Report): void {
  for (const [what, value] of Object.entries(body)) {
    if (known.has(what) || isDefault(what, value)) continue;
    report({ what, why: what === 'logprobs' ? logprobsWhy : 'Chat models have no such setting, so it was left out.' });
  }
}

const logprobsWhy = 'Log probabilities in the form of this format are not translated.';

function isDefault(what: string, value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (what === 'best_of') return value === 1;
  const object = asObject(value);
  return object ? Object.keys(object).length === 0 : false;
}

function encode(request: ChatRequest, target: Target, report: Report): JsonObject {
  const { turns, tools, sampling, user, reasoning, logprobs } = request;
  if (tools.length > 0) throw badRequest('The completions format knows no tools.', 'tools');
  if (reasoning && !isOff(reasoning)) report(noThinking);
  if (logprobs !== undefined) report({ what: 'logprobs', why: logprobsWhy });
  const { topK, maxTokens, topP, presencePenalty, frequencyPenalty, ...same } = sampling;
  if (topK !== undefined) report({ what: 'top_k', why: 'The completions format has no top_k.' });
  return compact({
    model: target.model,
    prompt: turns.flatMap(({ parts }) => parts.map(textOf)).join('\n\n'),
    ...same,
    max_tokens: maxTokens,
    top_p: topP,
    presence_penalty: presencePenalty,
    frequency_penalty: frequencyPenalty,
    user,
    stream: target.stream,
    stream_options: target.stream && target.accent.streamOptions !== false ? { include_usage: true } : undefined,
  });
}

function textOf(part: Part): string {
  if (part.type === 'text') return part.text;
  throw badRequest(`A prompt holds only text, not a part of type ${part.type}.`, 'prompt');
}
