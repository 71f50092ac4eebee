// Requests of the legacy completions format: a prompt is one user turn.

import type { Body } from '../../body.ts';
import type { Envelope, Target } from '../../envelope.ts';
import { GatewayError } from '../../errors.ts';
import type { ChatRequest, Part, Sampling } from '../../ir/request.ts';
import { asArray, asNumber, asObject, asString, compact, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { dialectId } from './wire.ts';

export const request: RequestCodec = { envelope, decode, encode, retarget, unseal: (body) => body };

function envelope({ operation, body }: InboundCall): Envelope {
  const model = asString(body.get('model'));
  if (!model)
    throw new GatewayError('bad-request', 'model must be a non-empty string.', {
      param: 'model',
      code: 'missing_required_parameter',
    });
  return {
    dialect: dialectId,
    operation,
    model,
    stream: body.get('stream') === true,
    framing: 'sse',
    usageWanted: asObject(body.get('stream_options'))?.include_usage === true,
  };
}

function decode(body: JsonObject, report: Report): ChatRequest {
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
  if (asString(body.suffix)) throw unsupported('suffix', 'suffix is not supported: chat models cannot fill a gap.');
  if (body.echo === true) throw unsupported('echo', 'echo is not supported: the prompt is not part of the answer.');
  if ((asNumber(body.n) ?? 1) > 1) throw unsupported('n', 'n > 1 is not supported for this model.');
}

function unsupported(param: string, message: string): GatewayError {
  return new GatewayError('bad-request', message, { param });
}

function promptOf(prompt: Json | undefined): string {
  const list = asArray(prompt);
  const text = asString(list?.length === 1 ? list[0] : prompt);
  if (text) return text;
  if (list && list.length > 1 && typeof list[0] === 'string')
    throw unsupported('prompt', 'prompt must be one string: several prompts in one request are not supported.');
  if (list && list.length > 0) throw unsupported('prompt', 'prompt must be text: token ids are not supported.');
  throw unsupported('prompt', 'prompt must be a non-empty string.');
}

function decodeSampling(body: JsonObject): Sampling {
  const list = asArray(body.stop)?.filter((word) => typeof word === 'string');
  const stop = typeof body.stop === 'string' ? [body.stop] : list;
  return compact({
    maxTokens: number(body, 'max_tokens'),
    temperature: number(body, 'temperature'),
    topP: number(body, 'top_p'),
    stop: stop && stop.length > 0 ? stop : undefined,
    seed: number(body, 'seed'),
    presencePenalty: number(body, 'presence_penalty'),
    frequencyPenalty: number(body, 'frequency_penalty'),
  });
}

function number(body: JsonObject, member: string): number | undefined {
  const value = body[member];
  if (value === undefined || value === null) return undefined;
  const told = asNumber(value);
  if (told === undefined) throw unsupported(member, `${member} must be a number.`);
  return told;
}

const known = new Set([
  ...['model', 'prompt', 'stream', 'stream_options', 'suffix', 'echo', 'n', 'user', 'max_tokens', 'temperature'],
  ...['top_p', 'stop', 'seed', 'presence_penalty', 'frequency_penalty'],
]);

function reportLosses(body: JsonObject, report: Report): void {
  for (const [what, value] of Object.entries(body)) {
    if (known.has(what) || isDefault(what, value)) continue;
    report({ what, why: 'Chat models have no such setting, so it was left out.' });
  }
}

function isDefault(what: string, value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (what === 'best_of') return value === 1;
  const object = asObject(value);
  return object ? Object.keys(object).length === 0 : false;
}

function encode({ turns, tools, sampling, user }: ChatRequest, target: Target, report: Report): JsonObject {
  if (tools.length > 0) throw unsupported('tools', 'The completions format knows no tools.');
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
  throw unsupported('prompt', `A prompt holds only text, not a part of type ${part.type}.`);
}

function retarget(body: Body, target: Target): Body {
  const named = body.get('model') === target.model ? body : body.set('model', target.model);
  const streamed = (named.get('stream') === true) === target.stream ? named : named.set('stream', target.stream);
  if (!target.stream || target.accent.streamOptions === false) return streamed.without('stream_options');
  if (asObject(streamed.get('stream_options'))?.include_usage === true) return streamed;
  return streamed.set(['stream_options', 'include_usage'], true);
}
