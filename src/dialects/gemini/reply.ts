// Whole replies: read as one chunk of a stream, written part by part, metered from their bytes.

import type { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import { collect } from '../../ir/fold.ts';
import type { Reply } from '../../ir/reply.ts';
import { asString, compact, type JsonObject } from '../../json.ts';
import type { Origin, Reading, ReplyCodec, ReplyContext } from '../dialect.ts';
import { failureOf } from './error.ts';
import { decodeFinish, decodeUsage, type Ending, encodeFinish, encodeUsage } from './outcome.ts';
import { CandidateWriter } from './reply-parts.ts';
import { ChunkReader } from './stream-decode.ts';
import { camel, camelOf } from './wire.ts';

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
        finishReason: encodeFinish(reply.finish),
        index: 0,
        ...writer.beside(),
      }),
    ],
    usageMetadata: reply.usage && encodeUsage(reply.usage),
    modelVersion: context.model,
    responseId: reply.id || context.id,
  });
}

function meter(body: Body): Reading {
  const failure = failureOf(compact({ error: body.get('error') }));
  const usage = decodeUsage(body.get('usageMetadata') ?? body.get('usage_metadata'));
  const ending = endingOfBytes(body);
  const called = holds(body, '"functionCall"') || holds(body, '"function_call"');
  const ended = failure === undefined;
  return compact({
    id: asString(body.get('responseId') ?? body.get('response_id')),
    model: asString(body.get('modelVersion') ?? body.get('model_version')),
    usage,
    finish: ended ? decodeFinish(ending, called) : undefined,
    failure,
    ended,
    closed: true,
  });
}

function holds(body: Body, text: string): boolean {
  return body.raw('candidates')?.includes(text) ?? false;
}

/** The finish reason stands behind the content, which may be megabytes of image: it is looked for from the end. */
function endingOfBytes(body: Body): Ending {
  const candidates = body.raw('candidates');
  const at = candidates
    ? Math.max(candidates.lastIndexOf('"finishReason"'), candidates.lastIndexOf('"finish_reason"'))
    : -1;
  if (candidates && at >= 0) {
    const raw = /^"finish_?[rR]eason"\s*:\s*"([A-Z_]+)"/.exec(candidates.toString('latin1', at, at + 80))?.[1];
    if (raw && raw !== 'FINISH_REASON_UNSPECIFIED') return { raw };
  }
  const feedback = camelOf(body.get('promptFeedback') ?? body.get('prompt_feedback'));
  const blocked = asString(feedback.blockReason);
  return blocked ? { blocked } : {};
}
