// What lists of models show: what can be asked for, and does not rest for a reason that waiting alone will hardly mend.

import type { Candidate } from './catalogue.ts';
import type { Live } from './live.ts';
import { policies } from './policies/index.ts';
import type { Settings } from './settings.ts';
import type { CoolingLabel } from './verdicts.ts';

/** Keys that are not accepted, unpaid accounts, models that the account does not have. A used-up quota comes back by itself and hides nothing. */
const hiding: ReadonlySet<CoolingLabel> = new Set([
  'unauthorized',
  'payment_required',
  'forbidden',
  'not_found',
  'model_not_supported',
]);

/** Whether a candidate counts for the lists now; it counts again as soon as its rest is over. */
export function shownNow(
  { health }: Pick<Live, 'health'>,
  now: number,
  { policy }: Pick<Settings, 'policy'>,
): (candidate: Candidate) => boolean {
  const { refuses } = policies[policy];
  return (candidate) => {
    if (refuses?.(candidate) !== undefined) return false;
    const cooldown = health.cooldownOf(candidate, now);
    if (!cooldown || !hiding.has(cooldown.label)) return true;
    // A usage cap that is told as 429 has a time at which it ends, unlike a bill.
    return cooldown.label === 'payment_required' && cooldown.status === 429;
  };
}
