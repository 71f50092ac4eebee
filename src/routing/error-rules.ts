// What follows from one failure of one candidate: the operator's own rules first (`request-scoped-errors`), then what the provider
// means by it, then the table.

import type { GatewayError } from '../errors.ts';
import type { Candidate } from './catalogue.ts';
import type { ErrorRule } from './credential.ts';
import { type Verdict, verdicts } from './verdicts.ts';

/** The verdict on a failure. */
export function verdictOf(error: GatewayError, candidate: Candidate): Verdict {
  const row = rowOf(judged(error, candidate));
  const rule = candidate.credential.errorRules.find((one) => matches(one, error));
  return rule ? ruled(row, rule.action) : row;
}

/** The failure as the candidate's provider means it; one that was judged before stays as it is. */
export function judged(error: GatewayError, { credential }: Candidate): GatewayError {
  return credential.provider.judge?.(error) ?? error;
}

/** Only where money is wanted is a used-up quota more than a wait: models whose accounts merely wait stay listed. */
function rowOf(error: GatewayError): Verdict {
  const row = verdicts[error.kind];
  return error.kind === 'quota-exhausted' && row.cool && error.status !== 402
    ? { ...row, cool: { ...row.cool, label: 'quota' } }
    : row;
}

/** Characters of an error body that rules look at. */
const searched = 65_536;

function matches({ status, match, patterns }: ErrorRule, error: GatewayError): boolean {
  // Neither is an answer of anybody's.
  if (error.kind === 'cancelled' || error.kind === 'internal') return false;
  if (status !== undefined && status !== error.status) return false;
  if (match.length === 0 && patterns.length === 0) return true;
  const body = (error.facts.wire?.body ?? error.message).slice(0, searched);
  const lower = body.toLowerCase();
  // `search`, unlike `test`, keeps no position in a pattern with the flag `g`.
  return match.some((text) => lower.includes(text.toLowerCase())) || patterns.some((one) => body.search(one) >= 0);
}

function ruled(row: Verdict, action: ErrorRule['action']): Verdict {
  const cool = row.cool ?? ({ scope: 'model', rest: { seconds: 60 }, label: 'operator' } as const);
  const goesOn = action === 'continue' || action === 'continue-and-cooldown';
  return {
    next: goesOn ? 'candidate' : 'none',
    ...(action.endsWith('-and-cooldown') && { cool }),
    ...(goesOn && row.again && { again: true }),
    why: `A rule of the configuration (request-scoped-errors) says ${action}.`,
  };
}
