// Exchanges and attempts with all of their members, as the relay tells of them.

import type { Observation, Outcome } from '../../src/observe/observation.ts';
import type { AttemptTrace } from '../../src/observe/trace.ts';

/** An exchange that went well, but for what is said otherwise. */
export function finished(more: Partial<Outcome> = {}): Extract<Observation, { type: 'exchange-finished' }> {
  return {
    type: 'exchange-finished',
    exchange: 'e',
    owner: undefined,
    dialect: 'gemini',
    operation: 'generate',
    stream: false,
    model: 'm',
    resolved: undefined,
    provider: undefined,
    credential: undefined,
    upstreamModel: undefined,
    upstreamDialect: undefined,
    attempts: 1,
    status: 200,
    kind: undefined,
    detail: undefined,
    usage: undefined,
    finish: undefined,
    milliseconds: 40,
    firstContent: undefined,
    trace: undefined,
    endedBy: 'upstream',
    ...more,
  };
}

/** An attempt of which nothing is known but what is said. */
export function attempted(more: Partial<AttemptTrace> = {}): AttemptTrace {
  return {
    provider: 'p',
    credential: 'c',
    model: 'm',
    dialect: undefined,
    begun: 0,
    connectedAt: undefined,
    headersAt: undefined,
    contentAt: undefined,
    ended: undefined,
    status: undefined,
    kind: undefined,
    message: undefined,
    next: undefined,
    waited: undefined,
    edits: undefined,
    losses: undefined,
    replyLosses: undefined,
    ...more,
  };
}
