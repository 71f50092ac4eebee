// How likely the tokens of a candidate were (`logprobsResult`), both directions. The average and the sum that the service tells beside
// follow from them; the numbers by which it knows its tokens mean nothing elsewhere.

import type { TokenLogprob } from '../../ir/request.ts';
import { asString, type JsonObject, objects } from '../../json.ts';
import { camel, numberIn, section } from './wire.ts';

/** Whether the client asked for them. */
export function logprobsWanted(request: JsonObject): boolean {
  return section(camel(request), 'generationConfig').responseLogprobs === true;
}

/** wire → IR: what is told beside the content of a chunk. */
export function decodeLogprobs(candidate: JsonObject): readonly TokenLogprob[] {
  const { chosenCandidates, topCandidates } = section(candidate, 'logprobsResult');
  const likeliest = objects(topCandidates);
  return objects(chosenCandidates).flatMap((chosen, step) => {
    const top = objects(camel(likeliest[step] ?? {}).candidates).flatMap(decodeToken);
    return decodeToken(chosen).map((token) => (top.length > 0 ? { ...token, top } : token));
  });
}

function decodeToken(told: JsonObject): TokenLogprob[] {
  const candidate = camel(told);
  const token = asString(candidate.token);
  const logprob = numberIn(candidate.logProbability);
  if (token === undefined || logprob === undefined) return [];
  return [{ token, logprob, ...(isWhole(token) && { bytes: [...utf8.encode(token)] }) }];
}

const utf8 = new TextEncoder();

/** Bytes are not told: they are those of the token's text, unless it stands for less than a character. */
function isWhole(token: string): boolean {
  return token !== '' && token.isWellFormed() && !token.includes('\uFFFD');
}

/** IR → wire; undefined where nothing is to be told. Both lists have an entry for each token. */
export function encodeLogprobs(tokens: readonly TokenLogprob[]): JsonObject | undefined {
  if (tokens.length === 0) return undefined;
  const withTop = tokens.some(({ top }) => top !== undefined);
  return {
    chosenCandidates: tokens.map(encodeToken),
    ...(withTop && { topCandidates: tokens.map(({ top = [] }) => ({ candidates: top.map(encodeToken) })) }),
  };
}

function encodeToken({ token, logprob }: TokenLogprob): JsonObject {
  return { token, logProbability: logprob };
}
