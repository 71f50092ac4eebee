// How many tokens a reply may have, where OpenAI Chat and Gemini only name the limit that they are asked to keep.

import type { Report } from '../loss.ts';

/** The limit that was asked for, lowered to what the model writes at most; absent where none was. */
export function withinOutput(asked: number | undefined, most: number | undefined, report: Report): number | undefined {
  if (asked === undefined || most === undefined || asked <= most) return asked;
  report({ what: 'max_tokens', why: `This model writes at most ${most} tokens; the limit was lowered.` });
  return most;
}
