// Who hears what happens: the log or whoever stands in for it, the traces, the metrics. And what metrics look at when they are asked.

import { createBacklog } from '../observe/backlog.ts';
import { createLog } from '../observe/log.ts';
import { createMetrics, type Gauges, type Metrics } from '../observe/metrics.ts';
import type { Observe } from '../observe/observation.ts';
import { createRedaction, type Redaction } from '../observe/redaction.ts';
import { createTraces, type Traces } from '../observe/traces.ts';
import type { Live } from '../routing/live.ts';
import type { Serving } from '../server/call.ts';

/** What listeners are made with, and what metrics look at. */
export interface ListenersOptions {
  /** How much the log says at first; every configuration that is loaded later says it anew. */
  readonly debug: boolean;
  /** Instead of the log. */
  readonly observe?: Observe;
  readonly live: Live;
  /** Milliseconds. */
  readonly wallClock: () => number;
  /** Asked only once there is something to serve. */
  readonly current: () => Serving;
}

/** The one way in for what happens, and those who can be asked about it. Asking any of them first tells it of all that waits. */
export interface Listeners {
  readonly observe: Observe;
  readonly traces: Traces;
  readonly metrics: Metrics;
  readonly redaction: Redaction;
}

/** Without `observe` there is a log, which gets what waits when the process exits. */
export function createListeners({ debug, observe: outside, live, wallClock, current }: ListenersOptions): Listeners {
  const redaction = createRedaction();
  const log = outside ? undefined : createLog({ level: debug ? 'debug' : 'info', redact: redaction.of });
  const traces = createTraces();
  const metrics = createMetrics(gauges(live, wallClock, current));
  const { observe, drain } = createBacklog({
    wallClock,
    ...(log?.watched && { most: 1 }),
    hear(observations, times) {
      log?.hear(observations, times);
      traces.hear(observations, times);
      metrics.hear(observations, times);
    },
  });
  if (log)
    process.once('exit', () => {
      drain();
      log.end();
    });
  return {
    observe: outside ? both(outside, observe) : observe,
    // Whoever asks is told of everything, and what happened before secrets changed is written as they were then.
    redaction: { of: redaction.of, learn: after(drain, redaction.learn) },
    traces: { get: after(drain, traces.get), last: after(drain, traces.last) },
    metrics: { providers: after(drain, metrics.providers), print: after(drain, metrics.print) },
  };
}

function both(one: Observe, other: Observe): Observe {
  return (observation) => {
    one(observation);
    other(observation);
  };
}

function after<Given extends readonly unknown[], Result>(
  first: () => void,
  then: (...given: Given) => Result,
): (...given: Given) => Result {
  return (...given) => {
    first();
    return then(...given);
  };
}

function gauges(live: Live, wallClock: () => number, current: () => Serving): Gauges {
  return {
    inFlight() {
      const busy = new Map<string, number>();
      for (const { id, provider } of current().snapshot.credentials)
        busy.set(provider.id, (busy.get(provider.id) ?? 0) + live.rateLimits.busy(id));
      return busy;
    },
    resting() {
      const resting = new Map<string, number>();
      for (const { label } of live.health.list(wallClock())) resting.set(label, (resting.get(label) ?? 0) + 1);
      return resting;
    },
  };
}
