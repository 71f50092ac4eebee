// Requests: what routing may know of one, and the edits a body gets without being translated. Decoding and encoding live beside.

import type { Body } from '../../body.ts';
import type { Envelope, Target } from '../../envelope.ts';
import { badRequest } from '../../errors.ts';
import { mayHoldSeals, sealMark } from '../../ir/seal.ts';
import { asArray, asObject, asString, type Json, type JsonObject, objects, parseObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { retarget as retargeted } from '../passing.ts';
import { decode } from './request-decode.ts';
import { encode } from './request-encode.ts';
import { readClientSlot } from './seals.ts';
import { fitThinking } from './thinking.ts';
import { refuseThread } from './threads.ts';
import { dialectId, nativeMaker } from './wire.ts';

export const request: RequestCodec = { envelope, decode, encode, retarget, unseal };

function envelope(call: InboundCall): Envelope {
  const { body, operation } = call;
  const model = asString(body.get('model'));
  if (model === undefined || model === '') throw badRequest('model: the name of a model is expected.', 'model');
  const session =
    call.header('x-claude-code-session-id') || sessionOf(asString(asObject(body.get('metadata'))?.user_id) ?? '');
  return {
    dialect: dialectId,
    operation,
    model,
    stream: operation === 'generate' && body.get('stream') === true,
    framing: 'sse',
    usageWanted: true,
    ...(session && { session }),
  };
}

/** The session id inside `metadata.user_id` as Claude Code writes it: JSON, or words joined by underscores. */
function sessionOf(userId: string): string | undefined {
  if (userId.startsWith('{')) return asString(parseObject(userId)?.session_id);
  return /_session_([\w-]+)$/.exec(userId)?.[1];
}

/** Model and stream switch; for Anthropic itself the thinking it would refuse, for all others the threads that only it has. */
function retarget(body: Body, target: Target): Body {
  const edited = retargeted(body, target);
  if (target.maker === nativeMaker) return fitThinking(edited, target);
  refuseThread(body.get('thread'));
  return edited;
}

/** The end of `"signature":""`, a thinking block that no one signed: another maker's thought, which Anthropic refuses. */
const unsigned = ['ure":""', 're": ""'];

function unseal(body: Body, maker: string, report: Report): Body {
  const { bytes } = body;
  const marked = mayHoldSeals(body) || (maker === nativeMaker && unsigned.some((text) => bytes.includes(text)));
  if (!marked) return body;
  const messages = asArray(body.get('messages'));
  if (!messages) return body;
  let changed = false;
  let removed = false;
  const unsealed = messages.flatMap((message): Json[] => {
    const content = asArray(asObject(message)?.content);
    if (!content) return [message];
    const kept = content.flatMap((block) => unsealBlock(block, maker) ?? []);
    if (kept.every((block, index) => block === content[index]) && kept.length === content.length) return [message];
    changed = true;
    removed ||= kept.length < content.length;
    return kept.length > 0 ? [{ ...asObject(message), content: kept }] : [];
  });
  if (removed)
    report({
      what: 'reasoning_history',
      why: 'Earlier thinking was done by a model of another maker, which alone can read it; it was left out.',
    });
  const edited = changed ? body.set('messages', unsealed, messages) : body;
  return removed ? withoutOrphanedThinking(edited, unsealed) : edited;
}

/** Under a thinking budget a tool loop must begin with the thought it began with; where that has gone, the loop goes on without. */
function withoutOrphanedThinking(body: Body, messages: readonly Json[]): Body {
  if (asObject(body.get('thinking'))?.type !== 'enabled') return body;
  const last = messages.findLast((message) => asObject(message)?.role === 'assistant');
  const blocks = objects(asObject(last)?.content);
  const loops = blocks.some(({ type }) => type === 'tool_use');
  const thinks = blocks[0]?.type === 'thinking' || blocks[0]?.type === 'redacted_thinking';
  return loops && !thinks ? body.without('thinking') : body;
}

/** The block with the bare token where this maker made it; undefined where another did. Blocks without a mark stay the same object. */
function unsealBlock(block: Json, maker: string): Json | undefined {
  const thought = asObject(block);
  const slot = thought?.type === 'thinking' ? 'signature' : thought?.type === 'redacted_thinking' ? 'data' : undefined;
  const text = slot && asString(thought?.[slot]);
  if (text === '' && maker === nativeMaker) return undefined;
  if (!thought || !slot || !text?.startsWith(sealMark)) return block;
  const { seal, hangs } = readClientSlot(text);
  const bare: JsonObject = { ...thought, [slot]: seal.token };
  return seal.maker === maker && !hangs ? bare : undefined;
}
