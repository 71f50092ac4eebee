// Counting tokens: `POST /v1/responses/input_tokens` takes what a request says to the model, without how it shall answer.

import { GatewayError } from '../../errors.ts';
import { asNumber, type Json } from '../../json.ts';
import type { CountCodec } from '../dialect.ts';

const counted = [
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'truncation',
  'conversation',
  'previous_response_id',
];

/** `POST /v1/responses/input_tokens`. Throws `upstream` for an answer without `input_tokens`. */
export const count: CountCodec = {
  unwrap: (body) => body,
  wrap(body, target) {
    const wrapped: Record<string, Json | undefined> = { model: target.model };
    for (const key of counted) if (body[key] !== undefined) wrapped[key] = body[key];
    return wrapped;
  },
  decode(reply) {
    const tokens = asNumber(reply.input_tokens);
    if (tokens === undefined)
      throw new GatewayError('upstream', 'The upstream answered a token count without input_tokens.');
    return tokens;
  },
  encode: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
};
