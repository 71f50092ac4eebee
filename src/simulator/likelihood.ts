// How likely the words of an answer were, for those who ask: made up, but the same for the same token wherever it stands.

import { pick, runsOf, wordsOf } from './words.ts';

export interface Token {
  readonly token: string;
  readonly logprob: number;
}

export interface RatedToken extends Token {
  /** As many of the likeliest as were asked for, the token itself first. */
  readonly top: readonly Token[];
}

/** The tokens of a text or of a piece of one, with `count` alternatives each: words, long ones in several. */
export function ratedTokens(text: string, count: number): readonly RatedToken[] {
  return wordsOf(text)
    .flatMap((word) => runsOf(word, 6))
    .map((token) => {
      const logprob = -(1 + pick(900, token)) / 1000;
      const others = Array.from({ length: count }, (_, place) => ({
        token: `${token}${'?'.repeat(place)}`,
        logprob: logprob - place,
      }));
      return { token, logprob, top: others };
    });
}

/** The form in which both of OpenAI's services tell them. */
export function openaiTokens(text: string, count: number) {
  const told = ({ token, logprob }: Token) => ({ token, logprob, bytes: [...Buffer.from(token)] });
  return ratedTokens(text, count).map((token) => ({ ...told(token), top_logprobs: token.top.map(told) }));
}
