// Whole replies: read as one chunk of a stream, written part by part, metered from their bytes.

import type { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import { collect } from '../../ir/fold.ts';
import type { Reply } from '../../ir/reply.ts';
import type { Part, TokenLogprob } from '../../ir/request.ts';
import { asString, compact, type Json, type JsonObject } from '../../json.ts';
import type { Lookup } from '../../lookup.ts';
import type { Origin, Reading, ReadingDraft, ReplyCodec, ReplyContext } from '../dialect.ts';
import { failureOf } from './error.ts';
import { decodeFinish, decodeUsage, type Ending, encodeUsage } from './outcome.ts';
import { CandidateWriter } from './reply-parts.ts';
import { ChunkReader } from './stream-decode.ts';
import { camel, camelOf } from './wire.ts';

/** `GenerateContentResponse` objects. Of several candidates the first is read. */
export const reply: ReplyCodec = { modelMember: 'modelVersion', decode, encode, meter };

const members = ['candidates', 'promptFeedback', 'usageMetadata', 'responseId', 'modelVersion'];

function decode(body: JsonObject, origin: Origin): Reply {
  const chunk = camel(body);
  const failure = failureOf(chunk);
  if (failure) throw failure;
  if (!members.some((key) => chunk[key] !== undefined))
    throw new GatewayError('upstream', 'The upstream answered with a body that is no reply of its kind.');
  const reader = new ChunkReader(origin);
  // A whole body is complete by itself, whether or not it gives a reason for its end.
  return collect([...reader.chunk(chunk), ...reader.chunk({ candidates: [] }), ...reader.end()]);
}

function encode(reply: Reply, context: ReplyContext): JsonObject {
  const writer = new CandidateWriter(context);
  const truncated = reply.finish.reason === 'length';
  const parts = reply.parts.flatMap((part) => writer.part(part, truncated));
  return compact({
    candidates: [
      compact({
        content: { parts: parts.length > 0 ? parts : [{ text: '' }], role: 'model' },
        finishReason: writer.finish(reply.finish),
        index: 0,
        ...writer.beside(),
        logprobsResult: writer.logprobs(reply.parts.flatMap(tokensOf)),
      }),
    ],
    usageMetadata: reply.usage && encodeUsage(reply.usage),
    modelVersion: context.model,
    responseId: reply.id || context.id,
  });
}

function tokensOf(part: Part): readonly TokenLogprob[] {
  return (part.type === 'text' && part.logprobs) || [];
}

function meter({ lookup: reply }: Body): Reading {
  const reading: ReadingDraft = { ended: false, closed: true };
  const id = asString(either(reply, 'responseId', 'response_id'));
  const model = asString(either(reply, 'modelVersion', 'model_version'));
  const usage = decodeUsage(either(reply, 'usageMetadata', 'usage_metadata'));
  const error = reply.get('error');
  const failure = error === undefined ? undefined : failureOf({ error });
  if (id !== undefined) reading.id = id;
  if (model !== undefined) reading.model = model;
  if (usage) reading.usage = usage;
  if (failure) reading.failure = failure;
  else {
    const candidate = reply.among('candidates', () => true);
    reading.finish = decodeFinish(endingWithin(reply, candidate), callsTools(candidate));
    reading.ended = true;
  }
  return reading;
}

/** A member in either spelling. */
function either(object: Lookup, camelWord: string, snakeWord: string): Json | undefined {
  return object.get(camelWord) ?? object.get(snakeWord);
}

function callsTools(candidate: Lookup | undefined): boolean {
  const isCall = (part: Lookup) => part.has('functionCall') || part.has('function_call');
  return candidate?.object('content')?.among('parts', isCall) !== undefined;
}

/** The content, which may be megabytes of image, is passed over. */
function endingWithin(reply: Lookup, candidate: Lookup | undefined): Ending {
  const raw = asString(candidate && either(candidate, 'finishReason', 'finish_reason'));
  if (raw && raw !== 'FINISH_REASON_UNSPECIFIED') return { raw };
  const feedback = either(reply, 'promptFeedback', 'prompt_feedback');
  const blocked = feedback === undefined ? undefined : asString(camelOf(feedback).blockReason);
  return blocked ? { blocked } : nothing;
}

const nothing: Ending = {};
