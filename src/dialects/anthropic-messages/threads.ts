// Message threads: Anthropic keeps the conversation and clients send only what is new. Nobody else does.

import { GatewayError } from '../../errors.ts';
import { asObject, asString, isObject, type Json } from '../../json.ts';
import type { KeptConversations } from '../dialect.ts';

/** The id of a reply names the thread that goes on from it; nobody but the account that wrote it has either. */
export const threads: KeptConversations = {
  continued(body) {
    const thread = asObject(body.get('thread'));
    return thread?.type === 'continue' ? asString(thread.previous_message_id) : undefined;
  },
  holds: (body) => isObject(body.get('thread')),
  lost: () => unsupported('thread: the account that has this thread is not known here any more.'),
};

/** Turns the thread away where it would be lost. */
export function refuseThread(thread: Json | undefined): void {
  if (thread === undefined || thread === null) return;
  throw unsupported('thread: this model is served without message threads.');
}

/** In the words after which the vendor's client library goes on without a thread. */
function unsupported(why: string): GatewayError {
  return new GatewayError('bad-request', `${why} Send the whole conversation.`, {
    param: 'thread',
    details: { details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } },
  });
}
