// The exchange: a plan, candidates in turn, perhaps another round, one outcome. Nothing reaches the client before an attempt has content
// to show, so until then every failure that another candidate may survive goes to the next one.

import { toGatewayError } from '../errors.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { covers } from '../routing/health.ts';
import type { Plan } from '../routing/plan.ts';
import type { Answer, Exchange } from './exchange.ts';
import { exhausted, untilReady } from './exhausted.ts';
import {
  clientLeft,
  type Grounds,
  isQuota,
  type Journey,
  openJourney,
  pause,
  planOf,
  type Setbacks,
} from './journey.ts';
import { createMovedSeals } from './moved-seals.ts';
import { finish } from './outcome.ts';
import { isReady, queueOf } from './queue.ts';
import { routeOf } from './route.ts';
import { sleep } from './sleep.ts';
import { tryCandidate } from './trying.ts';

export type RelayOptions = Omit<Grounds, 'movedSeals' | 'sleep' | 'random'> &
  Partial<Pick<Grounds, 'sleep' | 'random'>>;

export type Relay = (exchange: Exchange) => Promise<Answer>;

export function createRelay(options: RelayOptions): Relay {
  const grounds: Grounds = { sleep, random: Math.random, ...options, movedSeals: createMovedSeals() };
  return async (exchange) => {
    const journey = openJourney(exchange, grounds);
    try {
      const answer = await answerOf(journey);
      answer.headers['server-timing'] = journey.journal.timing();
      return answer;
    } catch (thrown) {
      const error = exchange.signal.aborted ? clientLeft(thrown) : toGatewayError(thrown);
      finish(journey, undefined, error);
      throw error;
    }
  };
}

/** Rounds, until a candidate answers or another round is pointless. */
async function answerOf(journey: Journey): Promise<Answer> {
  const planned = planOf(journey);
  if (planned.soon !== undefined) await pause(journey, planned.soon - journey.grounds.wallClock());
  for (let round = 0; ; round++) {
    const answer = await walk(journey, planned, round);
    if (answer) return answer;
    if (!(await nextRound(journey, planned, round))) throw exhausted(journey, planned);
  }
}

/** The candidates of a round, one after the other. */
async function walk(journey: Journey, planned: Plan, round: number): Promise<Answer | undefined> {
  const { settings, grounds } = journey;
  journey.setbacks?.unreachable.clear();
  const stillReady = isReady(grounds.live, grounds.wallClock);
  const queue = queueOf(planned.candidates, admission(journey, round), settings.retry.candidates, stillReady);
  for (let candidate = queue.next(); candidate; candidate = queue.next()) {
    const answer = await tryCandidate(journey, candidate, queue);
    if (answer) return answer;
  }
  return undefined;
}

/** Which candidates a round may go to, beyond what the plan offers. */
function admission(journey: Journey, round: number): (candidate: Candidate) => boolean {
  return (candidate) => !journey.setbacks || isAdmitted(journey, journey.setbacks, candidate, round);
}

function isAdmitted(journey: Journey, setbacks: Setbacks, candidate: Candidate, round: number): boolean {
  const { failures, unsayable, unreachable } = setbacks;
  for (const other of unreachable) if (covers('provider', other, candidate)) return false;
  const before = failures.get(candidate);
  if (before && (before.verdict.again !== true || roundsOf(journey, candidate) < round)) return false;
  if (staysWith(journey, setbacks, candidate)) return false;
  const dialect = unsayable.size > 0 && routeOf(candidate, journey.exchange.envelope)?.dialect.id;
  return !(dialect && unsayable.has(dialect));
}

/** The operator does not want a used-up quota to move a request to the provider's other accounts. */
function staysWith({ settings, planned }: Journey, { failures }: Setbacks, { credential }: Candidate): boolean {
  if (settings.switchCredential) return false;
  const spent = [...failures.values()].filter(isQuota);
  if (spent.length === 0) return false;
  // Another model of the same account is no other account.
  if (spent.some((failed) => failed.candidate.credential.id === credential.id)) return false;
  if (planned?.resolution.chain === undefined) return true;
  return spent.some((failed) => failed.candidate.credential.provider.id === credential.provider.id);
}

/** Rounds after the first that a candidate takes part in. */
function roundsOf({ settings, exchange }: Journey, { credential }: Candidate): number {
  const { rounds, streamRounds } = settings.retry;
  return credential.retries ?? (exchange.envelope.stream ? streamRounds : rounds);
}

/** Whether there is another round; waits for the candidate that is ready first, if its rest is short enough. */
async function nextRound(journey: Journey, planned: Plan, round: number): Promise<boolean> {
  const { grounds, setbacks } = journey;
  const admits = admission(journey, round + 1);
  const worthwhile = (candidate: Candidate): boolean => roundsOf(journey, candidate) > round && admits(candidate);
  if (setbacks && setbacks.failures.size > 0 && ![...setbacks.failures.keys()].some(worthwhile)) return false;
  const wait = untilReady(planned, grounds.wallClock(), worthwhile);
  if (wait === undefined || wait > journey.patience) return false;
  const jitter = Math.min(wait / 4, 2000, journey.patience - wait) * grounds.random();
  journey.patience -= wait + jitter;
  await pause(journey, wait + jitter);
  return true;
}
