// Whole replies of the legacy completions format: one text.

import { GatewayError } from '../../errors.ts';
import type { FinishReason, Reply } from '../../ir/reply.ts';
import { asString, type JsonObject } from '../../json.ts';
import { lookupIn } from '../../lookup.ts';
import type { ReplyCodec, ReplyContext } from '../dialect.ts';
import { firstChoice } from '../openai-choices.ts';
import { findOpenAiError } from '../openai-error.ts';
import { decodeFinish, failureOfFinish } from '../openai-finish.ts';
import { meter } from '../openai-meter.ts';
import { decodeUsage, encodeUsage, findUsage } from '../openai-usage.ts';
import { reportPause } from '../paused.ts';
import type { CompletionChoice, CompletionFinish } from './wire.ts';

/** `text_completion` objects. Of several choices the first is read. */
export const reply: ReplyCodec = { modelMember: 'model', decode, encode, meter };

const words: Partial<Record<FinishReason, CompletionFinish>> = { length: 'length', filter: 'content_filter' };

/** IR → wire. */
export function encodeFinish(reason: FinishReason): CompletionFinish {
  return words[reason] ?? 'stop';
}

/** The id to show: upstream's own where it looks like one of this dialect. */
export function replyId(id: string, context: ReplyContext): string {
  return id.startsWith('cmpl-') ? id : `cmpl-${context.id}`;
}

/** Told for every part of a reply that is not text. */
export function reportPart(type: string, { report }: ReplyContext): void {
  report({ what: type === 'reasoning' ? 'reasoning_content' : type, why: 'The completions format shows only text.' });
}

function decode(body: JsonObject): Reply {
  const choice = firstChoice(body);
  const word = asString(choice?.finish_reason) ?? '';
  const failure = findOpenAiError(body) ?? (choice && findOpenAiError(choice)) ?? failureOfFinish(word);
  if (failure) throw failure;
  if (!choice) throw new GatewayError('upstream', "The upstream's answer is not a completion: it has no choices.");
  const text = asString(choice.text) ?? '';
  const usage = findUsage(body, choice);
  return {
    id: asString(body.id) ?? '',
    model: asString(body.model) ?? '',
    parts: text === '' ? [] : [{ type: 'text', text }],
    finish: decodeFinish(word, false),
    ...(usage && { usage: decodeUsage(lookupIn(usage)) }),
  };
}

function encode({ id, parts, usage, finish }: Reply, context: ReplyContext): JsonObject {
  for (const part of parts) if (part.type !== 'text') reportPart(part.type, context);
  reportPause(finish.reason, context.report);
  const choice: CompletionChoice = {
    text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    index: 0,
    logprobs: null,
    finish_reason: encodeFinish(finish.reason),
  };
  return {
    id: replyId(id, context),
    object: 'text_completion',
    created: context.created,
    model: context.model,
    choices: [choice],
    ...(usage && { usage: encodeUsage(usage) }),
  };
}
