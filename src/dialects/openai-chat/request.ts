// Requests: what routing may know of one, the way in and out of the IR, and the edits that a body passed through still gets.

import type { Envelope } from '../../envelope.ts';
import { asObject, asString } from '../../json.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { asksForUsage, modelOf, retarget } from '../openai-choices.ts';
import { decode, wrongDoor } from './request-decode.ts';
import { encode } from './request-encode.ts';
import { unseal } from './unseal.ts';
import { dialectId } from './wire.ts';

export const request: RequestCodec = {
  envelope,
  decode,
  encode,
  retarget,
  unseal,
};

/** Headers by which clients name their conversation. */
const sessionHeaders = ['x-claude-code-session-id', 'session-id', 'session_id', 'x-session-id', 'x-session-affinity'];

function envelope(call: InboundCall): Envelope {
  const { operation, body } = call;
  const model = modelOf(body);
  if (operation === 'generate' && !body.has('messages') && (body.has('input') || body.has('instructions')))
    throw wrongDoor();
  const session = sessionOf(call);
  return {
    dialect: dialectId,
    operation,
    model,
    stream: body.get('stream') === true,
    framing: 'sse',
    usageWanted: asksForUsage(body),
    ...(session && { session }),
  };
}

function sessionOf(call: InboundCall): string | undefined {
  const { body } = call;
  return (
    sessionHeaders.map(call.header).find(Boolean) ||
    asString(body.get('session_id')) ||
    asString(body.get('sessionId')) ||
    asString(body.get('prompt_cache_key')) ||
    asString(asObject(body.get('metadata'))?.user_id) ||
    asString(body.get('conversation_id'))
  );
}
