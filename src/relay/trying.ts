// One candidate: it is asked, once more after a short delay or without sealed reasoning where that is the remedy, and how it fares is
// noted for the requests to come.

import { type GatewayError, toGatewayError } from '../errors.ts';
import type { Usage } from '../ir/reply.ts';
import type { Loss } from '../loss.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { attempt } from './attempt.ts';
import { bind, dropsSeals } from './binding.ts';
import { hasNoCounter, withoutRoute } from './estimate.ts';
import type { Answer } from './exchange.ts';
import { attemptEnded, failedLate, settle, type Trying } from './failing.ts';
import type { FlowReading } from './flow.ts';
import { clientLeft, type Journey, pause } from './journey.ts';
import { finish, tellLosses } from './outcome.ts';
import type { Queue } from './queue.ts';
import { type Route, routeOf } from './route.ts';
import { cleanError } from './secrets.ts';
import type { ReplyWatch } from './stream.ts';

/** Its answer; undefined where the next candidate is to be tried. Throws what nobody can mend. */
export async function tryCandidate(journey: Journey, candidate: Candidate, queue: Queue): Promise<Answer | undefined> {
  for (;;) {
    const trying = enter(journey, candidate, queue);
    try {
      return await ask(trying);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      const step = settle(trying, error);
      if (step.do === 'stop') throw error;
      if (step.do === 'next') return undefined;
      if (step.do === 'unseal') journey.unsealed.add(candidate);
      else await pause(journey, step.milliseconds);
    }
  }
}

function enter(journey: Journey, candidate: Candidate, queue: Queue): Trying {
  const { live, wallClock } = journey.grounds;
  const route = routeOf(candidate, journey.exchange.envelope);
  const record = journey.journal.attempt(candidate, route?.dialect.id, journey.waited);
  journey.waited = 0;
  const over = live.health.begun(candidate);
  const begun = wallClock();
  const release = live.rateLimits.take(candidate.credential, begun);
  let left = false;
  const leave = (usage?: Usage): void => {
    if (left) return;
    left = true;
    record.ended();
    over();
    release(usage && (usage.input ?? 0) + (usage.output ?? 0), wallClock());
  };
  return { journey, candidate, route, queue, record, unsealed: dropsSeals(journey, candidate), begun, leave };
}

async function ask(trying: Trying): Promise<Answer> {
  const { journey, candidate, route, record, unsealed } = trying;
  const { exchange, grounds, planned } = journey;
  const lost: Loss[] = [];
  if (!route) return estimated(trying);
  try {
    const answer = await attempt({
      exchange,
      candidate,
      route,
      unsealed,
      settings: grounds,
      record,
      resolution: planned?.resolution ?? { name: exchange.envelope.model },
      watch: watch(trying, route, lost),
      onReplyLoss: (loss) => void lost.push(loss),
    });
    tellLosses(journey, exchange.dialect.id, route.dialect.id, record.trace.losses ?? []);
    return answer;
  } catch (thrown) {
    if (hasNoCounter(exchange, toGatewayError(thrown))) return estimated(trying);
    throw thrown;
  }
}

/** Tokens can still be estimated where no endpoint counts them, and the answer says that they are. */
function estimated({ journey, candidate, leave }: Trying): Answer {
  const answer = withoutRoute(journey.exchange, candidate);
  leave();
  finish(journey, { content: true, ended: true }, undefined);
  return answer;
}

/** Notes how the reply fares, from its first content to its end. */
function watch(trying: Trying, { dialect }: Route, lost: readonly Loss[]): ReplyWatch {
  const { journey, candidate, record, begun, leave } = trying;
  const { exchange, grounds } = journey;
  return {
    begun() {
      record.content();
      grounds.live.health.succeeded(candidate, begun);
      bind(journey, candidate, trying.unsealed);
    },
    ended(told: FlowReading, error: GatewayError | undefined) {
      leave(told.usage);
      const left = exchange.signal.aborted && !told.ended;
      const ended = left ? clientLeft(error) : error && cleanError(error, candidate.credential);
      if (ended) failedLate(trying, ended, told.usage);
      else attemptEnded(trying, undefined, told.usage);
      if (told.id !== undefined && dialect.storesReplies && dialect.id === exchange.dialect.id)
        grounds.keptUpstream.note(told.id, { owner: exchange.owner, credential: candidate.credential.id, dialect });
      finish(journey, told, ended);
      tellLosses(journey, dialect.id, exchange.dialect.id, lost);
    },
  };
}
