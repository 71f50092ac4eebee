// How likely the tokens of a reply were: beside the message or the delta that they belong to, those of a refusal in a list of their own.

import type { TextPart, TokenLogprob } from '../../ir/request.ts';
import type { JsonObject } from '../../json.ts';
import { encodeLogprobs } from '../openai-logprobs.ts';

/** Whether the client asked for them. */
export function logprobsWanted({ logprobs }: JsonObject): boolean {
  return logprobs === true;
}

/** IR → wire; null where nothing is told. */
export function encodeTold(texts: readonly Pick<TextPart, 'refusal' | 'logprobs'>[]): JsonObject | null {
  const said = texts.filter(({ refusal }) => !refusal).flatMap(tokensOf);
  const refused = texts.filter(({ refusal }) => refusal).flatMap(tokensOf);
  if (said.length + refused.length === 0) return null;
  return { content: listed(said), refusal: listed(refused) };
}

function tokensOf({ logprobs }: Pick<TextPart, 'logprobs'>): readonly TokenLogprob[] {
  return logprobs ?? [];
}

function listed(tokens: readonly TokenLogprob[]): JsonObject[] | null {
  return tokens.length > 0 ? encodeLogprobs(tokens, null) : null;
}
