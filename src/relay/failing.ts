// A failed attempt: what follows from it for this request, and what it means for the requests to come.

import type { GatewayError } from '../errors.ts';
import type { Usage } from '../ir/reply.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { verdictOf } from '../routing/error-rules.ts';
import { type Cooldown, covers } from '../routing/health.ts';
import { scopeOf } from '../routing/rest.ts';
import type { Verdict } from '../routing/verdicts.ts';
import { isBound } from './binding.ts';
import type { AttemptRecord } from './journal.ts';
import { type Journey, setbacksOf } from './journey.ts';
import type { Queue } from './queue.ts';
import type { Route } from './route.ts';

/** What follows from a failure. */
export type Step =
  | { readonly do: 'stop' }
  | { readonly do: 'next' }
  | { readonly do: 'unseal' }
  /** The same candidate again, after so many milliseconds. */
  | { readonly do: 'wait'; readonly milliseconds: number };

/** An attempt that is under way, and all who care. */
export interface Trying {
  readonly journey: Journey;
  readonly candidate: Candidate;
  readonly route: Route | undefined;
  readonly queue: Queue;
  readonly record: AttemptRecord;
  readonly unsealed: boolean;
  /** Wall-clock milliseconds. */
  readonly begun: number;
  /** Gives back what the attempt holds; to be called at its end, as often as one likes. */
  leave(usage?: Usage): void;
}

/** After the first content nobody else can be asked, but those who come later shall know. */
export function failedLate(trying: Trying, error: GatewayError, usage: Usage | undefined): void {
  const { record, candidate } = trying;
  if (error.kind === 'cancelled') record.failed(error, 'the client left');
  else {
    const cooldown = rest(trying, error, verdictOf(error, candidate));
    told(trying, error, false, cooldown);
    record.failed(error, `told within the stream${resting(cooldown)}`);
  }
  attemptEnded(trying, error, usage);
}

/** Notes a failure before the first content, and decides what follows. */
export function settle(trying: Trying, error: GatewayError): Step {
  const { journey, candidate, queue, record } = trying;
  trying.leave();
  if (journey.exchange.signal.aborted || error.kind === 'cancelled') {
    record.failed(error, 'the client left');
    attemptEnded(trying, error);
    return { do: 'stop' };
  }
  const verdict = record.asked ? verdictOf(error, candidate) : elsewhere(trying, error);
  const { failures, unreachable } = setbacksOf(journey);
  failures.set(candidate, { candidate, error, verdict, asked: record.asked });
  if (verdict.cool && scopeOf(verdict.cool.scope, error) === 'provider') unreachable.add(candidate);
  const cooldown = rest(trying, error, verdict);
  const step = stepAfter(trying, error, verdict, cooldown);
  told(trying, error, step.do === 'next' ? queue.more() : step.do !== 'stop', cooldown);
  record.failed(error, `${words(step, queue, verdict)}${resting(cooldown)}`);
  attemptEnded(trying, error);
  return step;
}

/**
 * A request that cannot be said in the candidate's dialect may be sayable to a candidate of another; what is wrong with it by any
 * measure is found by all.
 */
function elsewhere({ journey, route }: Trying, error: GatewayError): Verdict {
  if (route && error.kind === 'bad-request') {
    setbacksOf(journey).unsayable.add(route.dialect.id);
    return { next: 'candidate', why: 'It cannot be said in this dialect; a candidate of another dialect may take it.' };
  }
  const next = error.kind === 'unsupported' ? 'candidate' : 'none';
  return { next, why: 'No upstream was asked.' };
}

function stepAfter(trying: Trying, error: GatewayError, verdict: Verdict, cooldown: Cooldown | undefined): Step {
  const { journey, candidate, unsealed } = trying;
  if (verdict.next === 'unsealed') return { do: unsealed ? 'stop' : 'unseal' };
  if (verdict.next === 'none') return { do: 'stop' };
  const milliseconds = shortDelay(journey, error, cooldown);
  const { waitedFor } = setbacksOf(journey);
  if (milliseconds === undefined || waitedFor.has(candidate)) return { do: 'next' };
  if (!isAlone(trying, error, verdict) && !isBound(journey, candidate)) return { do: 'next' };
  waitedFor.add(candidate);
  return { do: 'wait', milliseconds };
}

/** A told delay that is short enough to be waited for on the same candidate, whose caches are warm. */
function shortDelay({ settings, grounds }: Journey, { status, facts }: GatewayError, cooldown: Cooldown | undefined) {
  const { shortWait } = settings.retry;
  const told = facts.retryAfter === undefined ? undefined : facts.retryAfter * 1000;
  if (told === undefined || (status !== 429 && status !== 503) || shortWait <= 0 || told > shortWait) return undefined;
  // Another rest may be in force that is longer than what was told now.
  const wait = Math.max(0, told, cooldown ? cooldown.until - grounds.wallClock() : 0);
  return wait > shortWait ? undefined : wait;
}

/** Rests what the verdict says, unless nobody else would be ready then and it passes by itself. */
function rest(trying: Trying, error: GatewayError, verdict: Verdict): Cooldown | undefined {
  const { journey, candidate, begun } = trying;
  const { live, wallClock, observe } = journey.grounds;
  const { cooling } = journey.settings;
  const alone = isAlone(trying, error, verdict);
  const cooldown = live.health.failed(candidate, { error, verdict, now: wallClock(), begun, alone, cooling });
  if (!cooldown) return undefined;
  if (alone && !verdict.passing) spareOne(journey);
  const { credential, model } = candidate;
  const { scope, label, until, cause } = cooldown;
  const where = { provider: credential.provider.id, credential: credential.label };
  observe({
    type: 'credential-cooled',
    ...where,
    ...(scope === 'model' && { model: model.id }),
    scope,
    label,
    until,
    cause,
  });
  return cooldown;
}

/** Nobody is ready any more: of those that rest for what passes by itself, the one that would be back first may be asked. */
function spareOne({ planned, grounds: { live, wallClock } }: Journey): void {
  const now = wallClock();
  const resting = (planned?.resolution.candidates ?? []).flatMap((candidate) => {
    if (candidate.credential.unusable !== undefined) return [];
    const until = live.health.cooldownOf(candidate, now)?.until;
    return until === undefined ? [] : [{ candidate, until }];
  });
  resting.sort((one, other) => one.until - other.until).some(({ candidate }) => live.health.spare(candidate, now));
}

/** Whether nobody else would be ready if the candidate rested. */
function isAlone({ candidate, queue }: Trying, error: GatewayError, { cool }: Verdict): boolean {
  const scope = cool && scopeOf(cool.scope, error);
  return !queue.other((other) => scope === undefined || !covers(scope, candidate, other));
}

/** Tells of the failure. */
function told(
  { journey, candidate: { credential, model } }: Trying,
  error: GatewayError,
  next: boolean,
  cooldown: Cooldown | undefined,
): void {
  journey.grounds.observe({
    type: 'attempt-failed',
    exchange: journey.exchange.id,
    provider: credential.provider.id,
    credential: credential.label,
    model: model.id,
    error,
    next,
    ...(cooldown && { cooldown }),
  });
}

/** Tells that an upstream call is over, for whoever counts. */
export function attemptEnded({ journey, record }: Trying, error: GatewayError | undefined, usage?: Usage): void {
  if (!record.asked) return;
  const { provider, credential, model, begun, ended = begun } = record.trace;
  journey.grounds.observe({
    type: 'attempt-ended',
    provider,
    credential,
    model,
    end: error === undefined ? 'answered' : error.kind === 'cancelled' ? 'left' : 'failed',
    status: error?.status ?? 200,
    milliseconds: Math.round(ended - begun),
    usage,
  });
}

function words(step: Step, queue: Queue, verdict: Verdict): string {
  if (step.do === 'wait') return `asked again after ${Math.round(step.milliseconds) / 1000} s`;
  if (step.do === 'unseal') return 'asked again without sealed reasoning';
  if (step.do === 'stop') return `nobody else is asked: ${verdict.why}`;
  return queue.more() ? 'the next candidate is asked' : 'no other candidate is ready';
}

function resting(cooldown: Cooldown | undefined): string {
  return cooldown
    ? `; rests until ${new Date(cooldown.until).toISOString()} (${cooldown.scope}: ${cooldown.label})`
    : '';
}
