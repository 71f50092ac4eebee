// One candidate: it is asked, once more after a short delay or without sealed reasoning where that is the remedy, and how it fares is
// noted for the requests to come.

import { type GatewayError, toGatewayError } from '../errors.ts';
import type { Usage } from '../ir/reply.ts';
import type { Loss } from '../loss.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { RateLimits } from '../routing/rate-limits.ts';
import { attempt } from './attempt.ts';
import { bind, dropsSeals } from './binding.ts';
import { hasNoCounter, withoutRoute } from './estimate.ts';
import type { Answer } from './exchange.ts';
import { attemptEnded, failedLate, settle, type Trying } from './failing.ts';
import type { FlowReading } from './flow.ts';
import type { AttemptRecord } from './journal.ts';
import { clientLeft, type Journey, pause, setbacksOf } from './journey.ts';
import { finish, tellLosses } from './outcome.ts';
import type { Queue } from './queue.ts';
import { type Route, routeOf } from './route.ts';
import { cleanError } from './secrets.ts';
import type { ReplyWatch } from './stream.ts';

/** Its answer; undefined where the next candidate is to be tried. Throws what nobody can mend. */
export async function tryCandidate(journey: Journey, candidate: Candidate, queue: Queue): Promise<Answer | undefined> {
  for (;;) {
    const trying = new Attempting(journey, candidate, queue);
    try {
      return await ask(trying);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      const step = settle(trying, error);
      if (step.do === 'stop') throw error;
      if (step.do === 'next') return undefined;
      if (step.do === 'unseal') setbacksOf(journey).unsealed.add(candidate);
      else await pause(journey, step.milliseconds);
    }
  }
}

/** An attempt under way: hears how its reply fares, and gives back what it holds. */
class Attempting implements Trying, ReplyWatch {
  readonly journey: Journey;
  readonly candidate: Candidate;
  readonly queue: Queue;
  readonly route: Route | undefined;
  readonly record: AttemptRecord;
  readonly unsealed: boolean;
  readonly begun: number;
  /** What the client's dialect could not say of the reply. */
  readonly lost: Loss[] = [];
  readonly #over: () => void;
  readonly #release: ReturnType<RateLimits['take']>;
  #left = false;

  constructor(journey: Journey, candidate: Candidate, queue: Queue) {
    const { live, wallClock } = journey.grounds;
    this.journey = journey;
    this.candidate = candidate;
    this.queue = queue;
    this.route = routeOf(candidate, journey.exchange.envelope);
    this.record = journey.journal.attempt(candidate, this.route?.dialect.id, journey.waited);
    journey.waited = 0;
    this.unsealed = dropsSeals(journey, candidate);
    this.#over = live.health.begun(candidate);
    this.begun = wallClock();
    this.#release = live.rateLimits.take(candidate.credential, this.begun);
  }

  leave(usage?: Usage): void {
    if (this.#left) return;
    this.#left = true;
    this.record.ended();
    this.#over();
    this.#release(usage && (usage.input ?? 0) + (usage.output ?? 0), this.journey.grounds.wallClock());
  }

  content(): void {
    const { journey, candidate } = this;
    this.record.content();
    journey.grounds.live.health.succeeded(candidate, this.begun);
    bind(journey, candidate, this.unsealed);
  }

  ended(told: FlowReading, error: GatewayError | undefined): void {
    const { journey, candidate, route } = this;
    const { exchange, grounds } = journey;
    this.leave(told.usage);
    this.record.lost(this.lost);
    const left = exchange.signal.aborted && !told.ended;
    const ended = left ? clientLeft(error) : error && cleanError(error, candidate.credential);
    if (ended) failedLate(this, ended, told.usage);
    else attemptEnded(this, undefined, told.usage);
    const dialect = route?.dialect ?? exchange.dialect;
    if (told.id !== undefined && dialect.storesReplies && dialect.id === exchange.dialect.id)
      grounds.keptUpstream.note(told.id, { owner: exchange.owner, credential: candidate.credential.id, dialect });
    finish(journey, told, ended);
    tellLosses(journey, dialect.id, exchange.dialect.id, this.lost);
  }
}

async function ask(trying: Attempting): Promise<Answer> {
  const { journey, candidate, route, record, unsealed } = trying;
  const { exchange, grounds, planned } = journey;
  if (!route) return estimated(trying);
  try {
    const answer = await attempt({
      exchange,
      candidate,
      route,
      unsealed,
      recall: grounds.memory.recall(exchange),
      settings: grounds,
      record,
      resolution: planned?.resolution ?? { name: exchange.envelope.model },
      watch: trying,
      onReplyLoss: (loss) => void trying.lost.push(loss),
    });
    tellLosses(journey, exchange.dialect.id, route.dialect.id, record.trace.losses ?? []);
    return answer;
  } catch (thrown) {
    if (hasNoCounter(exchange, toGatewayError(thrown))) return estimated(trying);
    throw thrown;
  }
}

/** Tokens can still be estimated where no endpoint counts them, and the answer says that they are. */
function estimated(trying: Attempting): Answer {
  const { journey, candidate } = trying;
  const answer = withoutRoute(journey.exchange, candidate);
  trying.leave();
  finish(journey, { content: true, ended: true }, undefined);
  return answer;
}
