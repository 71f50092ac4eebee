// The conversation and the credential that served it last: which one it stays with, and what that means for the sealed reasoning in
// its history, which only the account that made it can read.

import type { Candidate } from '../routing/catalogue.ts';
import type { Journey } from './journey.ts';

/** Whether the conversation is served by this candidate's credential where it can be. */
export function isBound({ planned, settings }: Journey, { credential }: Candidate): boolean {
  return settings.affinity.enabled && planned?.bound?.credential === credential.id;
}

/** Whether this candidate is asked without the sealed reasoning that the history carries. */
export function dropsSeals(journey: Journey, candidate: Candidate): boolean {
  if (journey.setbacks?.unsealed.has(candidate)) return true;
  const { planned, grounds } = journey;
  const { credential } = candidate;
  if (credential.provider.sealsBoundTo !== 'account') return false;
  const moved = planned?.bound !== undefined && planned.bound.credential !== credential.id;
  if (!moved && grounds.movedSeals.size === 0) return false;
  return journey.carries().has('sealed-reasoning') && (moved || isMixed(journey));
}

/** The conversation was answered by the candidate, and stays with it. */
export function bind(journey: Journey, { credential, model }: Candidate, unsealed: boolean): void {
  const { planned, grounds } = journey;
  if (unsealed) {
    const key = conversationOf(journey);
    if (key !== undefined) grounds.movedSeals.add(key);
  }
  if (planned?.session === undefined) return;
  grounds.live.affinity.bind(planned.session, { credential: credential.id, model: model.id }, grounds.wallClock());
}

/** Its history holds seals of more than one account. */
function isMixed(journey: Journey): boolean {
  const key = conversationOf(journey);
  return key !== undefined && journey.grounds.movedSeals.has(key);
}

/** A plan without a choice does not ask for it. */
function conversationOf(journey: Journey): string | undefined {
  return journey.planned?.session ?? journey.session()?.id;
}
