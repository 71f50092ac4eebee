// The exchange: a plan, candidates in turn, perhaps another round, one outcome. Nothing reaches the client before an attempt has content
// to show, so until then every failure that another candidate may survive goes to the next one.

import { type GatewayError, toGatewayError } from '../errors.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { covers } from '../routing/health.ts';
import type { Plan } from '../routing/plan.ts';
import { Attempt, type Attempts } from './attempt.ts';
import type { Answer, Exchange } from './exchange.ts';
import { exhausted, untilReady } from './exhausted.ts';
import { settle } from './failing.ts';
import {
  clientLeft,
  type Grounds,
  isQuota,
  Journey,
  type JourneyGrounds,
  pause,
  planOf,
  type Setbacks,
  setbacksOf,
} from './journey.ts';
import { createMovedSeals } from './moved-seals.ts';
import { finish } from './outcome.ts';
import { isReady, type Queue, queueOf } from './queue.ts';
import { routeOf } from './route.ts';
import { sleep } from './sleep.ts';
import type { Asker } from './stream.ts';

/** What a relay works with. Sleep and chance are the machine's own when absent. */
export type RelayOptions = Omit<Grounds, 'sleep' | 'random'> & Partial<Pick<Grounds, 'sleep' | 'random'>>;

/** Relays an exchange, and tells its client of the answer or of the failure, once, perhaps before this returned. */
export type Relay = (exchange: Exchange, client: Asker<Answer>) => void;

/** What all its exchanges share is made here, once. */
export function createRelay(options: RelayOptions): Relay {
  const { live, wallClock } = options;
  const grounds: JourneyGrounds = {
    sleep,
    random: Math.random,
    ...options,
    movedSeals: createMovedSeals(),
    stillReady: isReady(live, wallClock),
  };
  return (exchange, client) => new Rounds(new Journey(exchange, grounds), client).begin();
}

/**
 * Rounds, until a candidate answers or another round is pointless. Attempts call back rather than be awaited: nearly every exchange is
 * one candidate that answers, and an async function for each step of that costs more than the step.
 */
class Rounds implements Attempts {
  readonly #journey: Journey;
  readonly #client: Asker<Answer>;
  #round = 0;
  #queue: Queue | undefined;

  constructor(journey: Journey, client: Asker<Answer>) {
    this.#journey = journey;
    this.#client = client;
  }

  begin(): void {
    const journey = this.#journey;
    try {
      const { soon } = planOf(journey);
      if (soon === undefined) this.#open();
      else this.#later(pause(journey, soon - journey.grounds.wallClock()).then(() => this.#open()));
    } catch (thrown) {
      this.#end(thrown);
    }
  }

  answered(answer: Answer): void {
    answer.headers['server-timing'] = this.#journey.journal.timing();
    this.#client.answered(answer);
  }

  /** Not at once: what fails before anything is sent would be a call within a call, for each of perhaps thousands of candidates. */
  failed(attempt: Attempt, error: GatewayError): void {
    this.#later(Promise.resolve().then(() => this.#settle(attempt, error)));
  }

  /** The candidates of a round, one after the other. */
  #open(): void {
    const journey = this.#journey;
    const { settings, grounds } = journey;
    journey.setbacks?.unreachable.clear();
    const admits = admission(journey, this.#round);
    this.#queue = queueOf(plannedOf(journey).candidates, admits, settings.retry.candidates, grounds.stillReady);
    this.#next(this.#queue);
  }

  #next(queue: Queue): void {
    const candidate = queue.next();
    if (candidate) this.#ask(candidate, queue);
    else this.#later(this.#another());
  }

  #ask(candidate: Candidate, queue: Queue): void {
    new Attempt(this.#journey, candidate, queue, this).begin();
  }

  async #another(): Promise<void> {
    const planned = plannedOf(this.#journey);
    if (!(await nextRound(this.#journey, planned, this.#round))) throw exhausted(this.#journey, planned);
    this.#round += 1;
    this.#open();
  }

  /** What follows from a failure. */
  async #settle(attempt: Attempt, error: GatewayError): Promise<void> {
    const { candidate, queue } = attempt;
    const step = settle(attempt, error);
    if (step.do === 'stop') throw error;
    if (step.do === 'next') {
      this.#next(queue);
      return;
    }
    if (step.do === 'unseal') setbacksOf(this.#journey).unsealed.add(candidate);
    else await pause(this.#journey, step.milliseconds);
    this.#ask(candidate, queue);
  }

  #later(step: Promise<void>): void {
    step.catch((thrown: unknown) => this.#end(thrown));
  }

  #end(thrown: unknown): void {
    const journey = this.#journey;
    const error = journey.exchange.signal.aborted ? clientLeft(thrown) : toGatewayError(thrown);
    finish(journey, undefined, error);
    this.#client.failed(error);
  }
}

/** A journey whose rounds have begun has one. */
function plannedOf({ planned }: Journey): Plan {
  if (!planned) throw new Error('nothing was planned');
  return planned;
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
