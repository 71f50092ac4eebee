// Log probabilities as both of OpenAI's dialects write them: a token, its logarithm, its bytes, and the likeliest in its place.

import type { ChatRequest, TokenLogprob } from '../ir/request.ts';
import { asArray, asNumber, asString, type Json, type JsonObject, objects } from '../json.ts';
import type { Report } from '../loss.ts';

/** wire → IR. A token that is told without its text or its number is none. */
export function decodeLogprobs(value: Json | undefined): readonly TokenLogprob[] {
  const list = asArray(value);
  return list && list.length > 0 ? objects(list).flatMap(decodeToken) : none;
}

const none: readonly TokenLogprob[] = [];

function decodeToken(told: JsonObject): TokenLogprob[] {
  const token = asString(told.token);
  const logprob = asNumber(told.logprob);
  if (token === undefined || logprob === undefined) return [];
  const bytes = asArray(told.bytes)?.map((byte) => asNumber(byte) ?? 0);
  const top = decodeLogprobs(told.top_logprobs);
  return [{ token, logprob, ...(bytes && { bytes }), ...(top.length > 0 && { top }) }];
}

/** IR → wire. `unknown` stands for bytes that nobody told: Chat has null for them, Responses nothing but a list. */
export function encodeLogprobs(tokens: readonly TokenLogprob[], unknown: null | readonly number[]): JsonObject[] {
  const encode = ({ token, logprob, bytes = [] }: TokenLogprob) => ({
    token,
    logprob,
    bytes: bytes.length > 0 ? bytes : unknown,
  });
  return tokens.map((token) => ({ ...encode(token), top_logprobs: (token.top ?? []).map(encode) }));
}

/** `top_logprobs` where log probabilities are asked for at all. */
export function askedLogprobs(wanted: boolean, most: number | undefined, report: Report): ChatRequest['logprobs'] {
  if (wanted) return most ?? 0;
  if (most)
    report({ what: 'top_logprobs', why: 'Log probabilities are told only where they are asked for themselves.' });
  return undefined;
}
