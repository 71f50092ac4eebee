// Who hears what happens: the log or whoever stands in for it, the traces, the metrics. And what metrics look at when they are asked.

import { createLog } from '../observe/log.ts';
import { createMetrics, type Gauges, type Metrics } from '../observe/metrics.ts';
import type { Observe } from '../observe/observation.ts';
import { createRedaction, type Redaction } from '../observe/redaction.ts';
import { createTraces, type Traces } from '../observe/traces.ts';
import type { Live } from '../routing/live.ts';
import type { Serving } from '../server/call.ts';

export interface ListenersOptions {
  readonly debug: boolean;
  /** Instead of the log. */
  readonly observe?: Observe;
  readonly live: Live;
  readonly wallClock: () => number;
  /** Asked only once there is something to serve. */
  readonly current: () => Serving;
}

export interface Listeners {
  readonly observe: Observe;
  readonly traces: Traces;
  readonly metrics: Metrics;
  readonly redaction: Redaction;
}

export function createListeners({ debug, observe, live, wallClock, current }: ListenersOptions): Listeners {
  const redaction = createRedaction();
  const log = observe ?? createLog({ level: debug ? 'debug' : 'info', redact: redaction.of });
  const traces = createTraces({ wallClock });
  const metrics = createMetrics(gauges(live, wallClock, current));
  return {
    redaction,
    traces,
    metrics,
    observe(observation) {
      log(observation);
      traces.observe(observation);
      metrics.observe(observation);
    },
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
