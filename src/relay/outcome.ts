// The last word on an exchange: what came of it, in metadata, for whoever listens.

import type { Dialect } from '../dialects/dialect.ts';
import type { DialectId } from '../envelope.ts';
import { type GatewayError, isShutdown } from '../errors.ts';
import type { Loss } from '../loss.ts';
import { excerpt } from '../observe/excerpt.ts';
import type { Outcome } from '../observe/observation.ts';
import type { FlowReading } from './flow.ts';
import type { Journey } from './journey.ts';
import { toldError } from './told-error.ts';

/** Tells that the exchange is over: with what was read of its reply, and with the error that ended it. */
export function finish(journey: Journey, told: FlowReading | undefined, error: GatewayError | undefined): void {
  journey.grounds.observe(outcome(journey, told, error));
}

/** Tells what a translation lost. */
export function tellLosses(
  { grounds, exchange }: Journey,
  from: DialectId,
  to: DialectId,
  losses: readonly Loss[],
): void {
  if (losses.length > 0) grounds.observe({ type: 'translation-lost', exchange: exchange.id, from, to, losses });
}

/** Always all of its members, so that all outcomes are alike to those who read thousands of them. */
function outcome(
  { exchange, journal, grounds, planned }: Journey,
  told: FlowReading | undefined,
  error: GatewayError | undefined,
): Outcome & { readonly type: 'exchange-finished' } {
  const { envelope, id, dialect, startedAt, owner } = exchange;
  const { attempts } = journal;
  const last = attempts[attempts.length - 1]?.trace;
  return {
    type: 'exchange-finished',
    exchange: id,
    owner,
    dialect: dialect.id,
    operation: envelope.operation,
    stream: envelope.stream,
    model: envelope.model,
    resolved: planned?.resolution.name,
    provider: last?.provider,
    credential: last?.credential,
    upstreamModel: last?.model,
    upstreamDialect: last?.dialect,
    attempts: attempts.length,
    status: error ? statusOf(error, dialect) : 200,
    kind: error?.kind,
    detail: error && wordsOf(error),
    usage: told?.usage,
    finish: told?.finish,
    milliseconds: Math.round(grounds.now() - startedAt),
    firstContent: last?.contentAt === undefined ? undefined : Math.round(last.contentAt),
    trace: journal.trace(),
    endedBy: endedBy(told, error),
  };
}

function wordsOf({ message, facts: { detail = '' } }: GatewayError): string {
  return [message, detail].filter(Boolean).map(excerpt).join(' ');
}

/** As the client reads it: dialects have numbers of their own for some errors. One that left reads nothing. */
function statusOf(error: GatewayError, dialect: Dialect): number {
  return error.kind === 'cancelled' ? error.status : toldError(dialect, error).status;
}

/** A stream that breaks off or fails is the upstream's doing; one that was given up after a silence or at the gateway's own end, its. */
function endedBy(told: FlowReading | undefined, error: GatewayError | undefined): Outcome['endedBy'] {
  if (!error) return 'upstream';
  if (error.kind === 'cancelled') return 'client';
  if (isShutdown(error)) return 'gateway';
  const begun = told !== undefined && error.kind !== 'timeout' && error.kind !== 'internal';
  return begun || error.facts.wire ? 'upstream' : 'gateway';
}
