// The operator's own verdicts on errors, as they are written: which error, and what follows from it.

import * as z from 'zod';
import { type Frozen, field, word } from './fields.ts';

const rule = z.strictObject({
  status: field(z.int().min(100).max(599).optional(), 'The upstream’s status. Unset: any.', 400),
  match: field(
    z.array(word()).optional(),
    'Texts in the error’s body, whatever their case: any of them, or of match-regexr, must be there. Neither: any body.',
    ['context_length'],
  ),
  'match-regexr': field(
    z.array(word()).optional(),
    'Regular expressions, likewise; `(?i)` in front: whatever the case.',
    ['(?i)insufficient.*credits?'],
  ),
  action: field(
    z.enum(['stop', 'stop-and-cooldown', 'continue', 'continue-and-cooldown']),
    'stop: the client gets the error. continue: the next candidate is tried. Only with -and-cooldown does the candidate rest.',
    'stop',
  ),
});

/** One rule. */
export type ErrorRuleItem = Frozen<z.output<typeof rule>>;

/** A list of rules. */
export const errorRules = () => z.array(rule);

/** How a list of rules may begin. */
export const sampleErrorRules = [{ status: 400, match: ['context_length'], action: 'stop' }];
