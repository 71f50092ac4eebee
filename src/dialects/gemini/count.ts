// Counting tokens. The short form of the call (`contents` alone) leaves system and tools uncounted, so that the long one is
// written: a whole generating request in `generateContentRequest`.

import { GatewayError } from '../../errors.ts';
import { asNumber, asObject, compact, type JsonObject } from '../../json.ts';
import type { CountCodec } from '../dialect.ts';
import { failureOf } from './error.ts';
import { camel } from './wire.ts';

/** `countTokens`. Throws the error that an answer holds, and `upstream` for one without `totalTokens`: no request has none. */
export const count: CountCodec = {
  unwrap(body) {
    const wrapped = asObject(camel(body).generateContentRequest);
    return wrapped ?? body;
  },
  wrap(body, target) {
    // Vertex counts system and tools in the open and knows no long form; it is also who refuses call ids.
    if (target.accent.noCallIds) return counted(body);
    return { generateContentRequest: { model: `models/${target.model}`, ...body } };
  },
  decode(reply) {
    const told = camel(reply);
    const failure = failureOf(told);
    if (failure) throw failure;
    const tokens = asNumber(told.totalTokens);
    if (tokens === undefined) throw new GatewayError('upstream', 'The upstream counted no tokens in its answer.');
    return tokens;
  },
  encode(tokens) {
    return { totalTokens: tokens };
  },
};

function counted(body: JsonObject): JsonObject {
  const { contents, systemInstruction, tools } = body;
  return compact({ contents, systemInstruction, tools });
}
