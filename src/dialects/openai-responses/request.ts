// Requests, both directions, and what is done to a body that stays in this dialect: model and stream set, seals opened.

import type { Body } from '../../body.ts';
import type { Envelope, Target } from '../../envelope.ts';
import { sealMark } from '../../ir/seal.ts';
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { fault } from './error.ts';
import { decodeRequest } from './request-decode.ts';
import { encodeRequest } from './request-encode.ts';
import { readSlot } from './slot.ts';

export const request: RequestCodec = {
  envelope,
  decode: decodeRequest,
  encode: encodeRequest,
  retarget,
  unseal,
};

/** Headers in which clients name their conversation. */
const sessionHeaders = ['session_id', 'session-id', 'x-session-affinity', 'conversation_id', 'thread-id'];

function envelope(call: InboundCall): Envelope {
  const model = call.body.get('model');
  if (typeof model !== 'string' || model === '') throw fault('model', 'is missing. Name the model to use.');
  const session = sessionOf(call);
  return {
    dialect: 'openai-responses',
    operation: call.operation,
    model,
    stream: call.operation === 'generate' && call.body.get('stream') === true,
    framing: 'sse',
    usageWanted: true,
    ...(session !== undefined && { session }),
  };
}

function sessionOf({ header, body }: InboundCall): string | undefined {
  for (const name of sessionHeaders) {
    const value = header(name);
    if (value) return value;
  }
  const conversation = body.get('conversation');
  return (
    asString(body.get('prompt_cache_key')) ||
    asString(conversation) ||
    asString(asObject(conversation)?.id) ||
    undefined
  );
}

function retarget(body: Body, target: Target): Body {
  const named = body.get('model') === target.model ? body : body.set('model', target.model);
  const streams = named.get('stream');
  if (streams === target.stream || (streams === undefined && !target.stream)) return named;
  return named.set('stream', target.stream);
}

function unseal(body: Body, maker: string, report: Report): Body {
  if (!body.bytes.includes(sealMark)) return body;
  const input = asArray(body.get('input'));
  if (!input?.some(isMarked)) return body;
  const items = input.flatMap((item): Json[] => {
    if (!isMarked(item)) return [item];
    const opened = openItem(item, maker);
    return opened ? [opened] : [];
  });
  if (items.length < input.length)
    report({ what: 'reasoning_history', why: 'Thoughts of another vendor cannot be read here; they were left out.' });
  return body.set('input', items);
}

function isMarked(item: Json): item is JsonObject {
  if (!isObject(item) || item.type !== 'reasoning') return false;
  return asString(item.encrypted_content)?.startsWith(sealMark) ?? false;
}

/** The item with its token bare, where this maker made it for a reasoning item; undefined where it must go. */
function openItem(item: JsonObject, maker: string): JsonObject | undefined {
  const { seal, use } = readSlot(asString(item.encrypted_content) ?? '');
  return seal.maker === maker && use === 'thought' ? { ...item, encrypted_content: seal.token } : undefined;
}
