// Requests: what routing may know of one, the way in and out of the IR, and the edits that a body passed through still gets.

import type { Body } from '../../body.ts';
import type { Envelope, Target } from '../../envelope.ts';
import { GatewayError } from '../../errors.ts';
import { asObject, asString } from '../../json.ts';
import type { InboundCall, RequestCodec } from '../dialect.ts';
import { decodeRequest, wrongDoor } from './request-decode.ts';
import { encodeRequest } from './request-encode.ts';
import { unseal } from './unseal.ts';
import { dialectId } from './wire.ts';

export const request: RequestCodec = {
  envelope,
  decode: decodeRequest,
  encode: encodeRequest,
  retarget,
  unseal,
};

/** Headers by which clients name their conversation. */
const sessionHeaders = ['x-claude-code-session-id', 'session-id', 'session_id', 'x-session-id', 'x-session-affinity'];

function envelope(call: InboundCall): Envelope {
  const { operation, body } = call;
  const model = asString(body.get('model'));
  if (!model)
    throw new GatewayError('bad-request', 'model must be a non-empty string.', {
      param: 'model',
      code: 'missing_required_parameter',
    });
  if (!body.has('messages') && (body.has('input') || body.has('instructions'))) throw wrongDoor();
  const session = sessionOf(call);
  return {
    dialect: dialectId,
    operation,
    model,
    stream: body.get('stream') === true,
    framing: 'sse',
    usageWanted: asObject(body.get('stream_options'))?.include_usage === true,
    ...(session && { session }),
  };
}

function sessionOf(call: InboundCall): string | undefined {
  const { body } = call;
  for (const name of sessionHeaders) {
    const told = call.header(name);
    if (told) return told;
  }
  return (
    asString(body.get('session_id')) ||
    asString(body.get('sessionId')) ||
    asString(body.get('prompt_cache_key')) ||
    asString(asObject(body.get('metadata'))?.user_id) ||
    asString(body.get('conversation_id'))
  );
}

function retarget(body: Body, target: Target): Body {
  const named = body.get('model') === target.model ? body : body.set('model', target.model);
  const streamed = (named.get('stream') === true) === target.stream ? named : named.set('stream', target.stream);
  // The vendor refuses `stream_options` where nothing streams.
  if (!target.stream || target.accent.streamOptions === false) return streamed.without('stream_options');
  if (asObject(streamed.get('stream_options'))?.include_usage === true) return streamed;
  return streamed.set(['stream_options', 'include_usage'], true);
}
