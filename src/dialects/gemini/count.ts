// Counting tokens. The short form of the call (`contents` alone) leaves system and tools uncounted, so that the long one is
// written: a whole generating request in `generateContentRequest`.

import { asNumber, asObject, compact, type JsonObject } from '../../json.ts';
import type { CountCodec } from '../dialect.ts';
import { camel } from './wire.ts';

/** `countTokens`. An answer without `totalTokens` counts none. */
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
    return asNumber(camel(reply).totalTokens) ?? 0;
  },
  encode(tokens) {
    return { totalTokens: tokens };
  },
};

function counted(body: JsonObject): JsonObject {
  const { contents, systemInstruction, tools } = body;
  return compact({ contents, systemInstruction, tools });
}
