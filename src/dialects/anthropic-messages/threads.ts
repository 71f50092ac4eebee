// Message threads: Anthropic keeps the conversation and clients send only what is new. Nobody else does.

import { GatewayError } from '../../errors.ts';
import type { Json } from '../../json.ts';

/** Turns the thread away in the words after which the vendor's client library goes on without one. */
export function refuseThread(thread: Json | undefined): void {
  if (thread === undefined || thread === null) return;
  throw new GatewayError(
    'bad-request',
    'thread: this model is served without message threads. Send the whole conversation.',
    { param: 'thread', details: { details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } } },
  );
}
