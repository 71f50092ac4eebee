// What is told of an exchange that is over: GET /v1/explain and GET /v1/explain/{id}. Metadata only.

import type { JsonObject } from '../json.ts';
import type { Loss } from '../loss.ts';
import type { Outcome } from '../observe/observation.ts';
import type { AttemptTrace, ConsideredTrace } from '../observe/trace.ts';
import type { Kept } from '../observe/traces.ts';
import { timeOf } from './questions.ts';

/** One line of the list. */
export function printExchangeLine({ at, told }: Kept): JsonObject {
  const base = { id: told.exchange, time: timeOf(at) };
  if ('path' in told) return { ...base, path: told.path, status: told.status };
  return { ...base, model: told.model, status: told.status, provider: told.provider, milliseconds: told.milliseconds };
}

/** All that is known of one. */
export function printExchange({ at, told }: Kept): JsonObject {
  const base = { object: 'exchange', id: told.exchange, time: timeOf(at) };
  if ('path' in told) {
    const { path, status, kind, message } = told;
    return { ...base, path, status, error: { kind, message }, attempts: [], ended_by: 'gateway' };
  }
  return {
    ...base,
    dialect: told.dialect,
    operation: told.operation,
    stream: told.stream,
    model: told.model,
    resolved_model: told.resolved,
    status: told.status,
    ...(told.kind !== undefined && { error: { kind: told.kind, message: told.detail } }),
    provider: told.provider,
    credential: told.credential,
    upstream_model: told.upstreamModel,
    upstream_dialect: told.upstreamDialect,
    ended_by: told.endedBy,
    finish: told.finish,
    usage: usageOf(told),
    times_ms: {
      queued: rounded(told.trace?.queued),
      first_content: rounded(told.firstContent),
      total: told.milliseconds,
    },
    resolution: told.trace?.resolution ?? [],
    order: told.trace?.order ?? [],
    considered: told.trace?.considered.map(printConsidered) ?? [],
    unshown: told.trace?.unshown ?? 0,
    attempts: told.trace?.attempts.map(printAttempt) ?? [],
  };
}

function usageOf({ usage }: Outcome): JsonObject | undefined {
  return (
    usage && {
      input_tokens: usage.input,
      output_tokens: usage.output,
      cache_read_tokens: usage.cacheRead,
      cache_write_tokens: usage.cacheWrite,
      reasoning_tokens: usage.reasoning,
      estimated: usage.estimated,
    }
  );
}

function printConsidered({ provider, credential, model, because, until }: ConsideredTrace): JsonObject {
  return {
    provider,
    credential,
    model,
    passed_over: because,
    ...(until !== undefined && { until: timeOf(until) }),
  };
}

/** Each time is how long that part took; `begun` is since the exchange began. */
function printAttempt(attempt: AttemptTrace): JsonObject {
  const { begun, connectedAt, headersAt, contentAt, ended, waited } = attempt;
  return {
    provider: attempt.provider,
    credential: attempt.credential,
    model: attempt.model,
    dialect: attempt.dialect,
    status: attempt.status,
    ...(attempt.kind !== undefined && { error: { kind: attempt.kind, message: attempt.message } }),
    followed_by: attempt.next,
    times_ms: {
      begun: rounded(begun),
      waited: rounded(waited),
      connect: since(begun, connectedAt),
      headers: since(connectedAt ?? begun, headersAt),
      first_content: since(headersAt, contentAt),
      stream: since(contentAt, ended),
      total: since(begun, ended),
    },
    edits: attempt.edits ?? [],
    losses: printLosses(attempt.losses),
    reply_losses: printLosses(attempt.replyLosses),
  };
}

/** What a translation could not say, each with its reason. */
export function printLosses(losses: readonly Loss[] = []): JsonObject[] {
  return losses.map(({ what, where, why }) => ({ what, where, why }));
}

function since(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : rounded(to - from);
}

function rounded(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 10) / 10;
}
