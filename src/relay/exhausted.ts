// The one honest answer when nobody could answer: the first failure is the cause, and each candidate's own is told beside it.

import { GatewayError } from '../errors.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { nothingReady } from '../routing/nothing-ready.ts';
import type { Plan } from '../routing/plan.ts';
import type { Failed, Journey } from './journey.ts';

/** Candidates that an error tells of; a pool may have thousands. */
const most = 16;
const longest = 300;

/** The error to end with. Only of one candidate that was tried, it is upstream's own, untouched. */
export function exhausted(journey: Journey, planned: Plan): GatewayError {
  const failures = [...(journey.setbacks?.failures.values() ?? [])];
  // What the gateway could not even ask says less than what somebody answered.
  const first = failures.find(({ asked }) => asked) ?? failures[0];
  if (!first) return nothingReady(journey.exchange.envelope, planned, journey.exchange.snapshot);
  if (failures.length === 1 || isOwnFault(failures)) return first.error;
  const { wire: _, retryAfter: delay, ...facts } = first.error.facts;
  const rest = untilReady(planned, journey.grounds.wallClock());
  // Where nothing rests (`disable-cooling`), what was told is all that is known.
  const wait = rest === 0 && delay !== undefined && !first.candidate.credential.cooling ? delay * 1000 : rest;
  return new GatewayError(first.error.kind, first.error.message, {
    ...facts,
    status: first.error.status,
    cause: first.error,
    ...(wait !== undefined && wait > 0 && { retryAfter: wait / 1000 }),
    details: { ...facts.details, candidates: failures.slice(0, most).map(told) },
  });
}

/** Nobody was asked, since the request cannot be said there: that is the client's to mend, whoever the candidates are. */
function isOwnFault(failures: readonly Failed[]): boolean {
  return failures.every(({ asked }) => !asked);
}

/** No credentials' labels: clients read this. */
function told({ candidate: { credential, model }, error }: Failed) {
  const { message } = error;
  const reason = message.length > longest ? `${message.slice(0, longest)}…` : message;
  return { provider: credential.provider.id, model: model.id, reason, status: error.status };
}

/** Milliseconds until a candidate may be asked; 0 where one may be now, undefined where none ever. `wanted` leaves others out of account. */
export function untilReady(planned: Plan, now: number, wanted: (candidate: Candidate) => boolean = () => true) {
  const left = planned.passedOver();
  const resting = new Set(left.map(({ candidate }) => candidate));
  if (planned.resolution.candidates.some((candidate) => !resting.has(candidate) && wanted(candidate))) return 0;
  const ends = left.flatMap(({ candidate, until }) => (until !== undefined && wanted(candidate) ? [until] : []));
  return ends.length === 0 ? undefined : Math.max(0, ends.reduce((one, other) => Math.min(one, other)) - now);
}
