// Counting tokens: a generating body less what only generating needs.
// The counter answers 400 to generation-only members.

import { GatewayError } from '../../errors.ts';
import { asNumber, type JsonObject } from '../../json.ts';
import type { CountCodec } from '../dialect.ts';

const generationOnly = [
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'service_tier',
  'context_management',
  'diagnostics',
  'container',
];

/** `POST /v1/messages/count_tokens`. Throws `upstream` for an answer without `input_tokens`. */
export const count: CountCodec = {
  unwrap: (body) => body,
  wrap: (body, target) => ({
    ...Object.fromEntries(Object.entries(body).filter(([key]) => !generationOnly.includes(key))),
    model: target.model,
  }),
  decode: (reply: JsonObject) => {
    const tokens = asNumber(reply.input_tokens);
    if (tokens === undefined) throw new GatewayError('upstream', 'The upstream counted no tokens in its answer.');
    return tokens;
  },
  encode: (tokens) => ({ input_tokens: tokens }),
};
