// How many tokens a reply may have.

import type { Report } from '../loss.ts';

/** The limit that was asked for, lowered to what the model writes at most; absent where none was. */
export function withinOutput<Asked extends number | undefined>(
  asked: Asked,
  most: number | undefined,
  report: Report,
): Asked | number {
  if (asked === undefined || most === undefined || asked <= most) return asked;
  report({ what: 'max_tokens', why: `This model writes at most ${most} tokens; the limit was lowered.` });
  return most;
}
