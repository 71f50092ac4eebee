// The exchange: a plan, attempts in turn, one outcome. Nothing reaches the client before an attempt has content to show, so
// until then every failure that another candidate may survive goes to the next one.

import type { DialectId } from '../envelope.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import { estimateTokens } from '../ir/estimate.ts';
import type { Loss } from '../loss.ts';
import type { Observe, Outcome } from '../observe/observation.ts';
import { plan } from '../routing/plan.ts';
import type { Candidate } from '../routing/policies/policy.ts';
import { verdicts } from '../routing/verdicts.ts';
import { type AttemptSettings, attempt, routeOf } from './attempt.ts';
import type { Answer, Exchange } from './exchange.ts';
import type { FlowReading } from './flow.ts';
import type { KeptUpstream } from './kept-upstream.ts';
import { decodeRequest } from './translate.ts';

export interface RelayOptions extends AttemptSettings {
  readonly observe: Observe;
  readonly keptUpstream: KeptUpstream;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** How many requests for this model came before; counts. */
  readonly turnOf: (model: string) => number;
}

export type Relay = (exchange: Exchange) => Promise<Answer>;

export function createRelay(options: RelayOptions): Relay {
  return async (exchange) => {
    const tried: Candidate[] = [];
    try {
      const { candidates } = plan(exchange.envelope, exchange.snapshot, {
        turn: options.turnOf(exchange.envelope.model),
      });
      return await firstAnswer(exchange, candidates, tried, options);
    } catch (thrown) {
      const error = exchange.signal.aborted ? clientLeft(thrown) : toGatewayError(thrown);
      options.observe({ type: 'exchange-finished', ...outcome(exchange, tried, options, undefined, error) });
      throw error;
    }
  };
}

async function firstAnswer(
  exchange: Exchange,
  candidates: readonly Candidate[],
  tried: Candidate[],
  options: RelayOptions,
): Promise<Answer> {
  let failure: GatewayError | undefined;
  for (const [index, candidate] of candidates.entries()) {
    tried.push(candidate);
    try {
      return await one(exchange, candidate, tried, options);
    } catch (thrown) {
      failure = toGatewayError(thrown);
      if (exchange.signal.aborted) throw failure;
      const next = verdicts[failure.kind].tryNext && index + 1 < candidates.length;
      const { credential, model } = candidate;
      options.observe({
        type: 'attempt-failed',
        exchange: exchange.id,
        provider: credential.provider.id,
        credential: credential.label,
        model: model.id,
        error: failure,
        next,
      });
      if (!next) break;
    }
  }
  throw failure ?? new GatewayError('unavailable', 'There is nowhere to send this request.');
}

async function one(
  exchange: Exchange,
  candidate: Candidate,
  tried: readonly Candidate[],
  options: RelayOptions,
): Promise<Answer> {
  const route = routeOf(candidate, exchange.envelope);
  if (!route) return withoutRoute(exchange, candidate, tried, options);
  const replyLosses: Loss[] = [];
  const onEnd = (told: FlowReading, error: GatewayError | undefined): void => {
    const ended = exchange.signal.aborted && !told.ended ? clientLeft(error) : error;
    const { dialect } = route;
    if (told.id !== undefined && dialect.storesReplies && dialect.id === exchange.dialect.id)
      options.keptUpstream.note(told.id, { owner: exchange.owner, credential: candidate.credential, dialect });
    options.observe({ type: 'exchange-finished', ...outcome(exchange, tried, options, told, ended, dialect.id) });
    lost(exchange, dialect.id, exchange.dialect.id, replyLosses, options);
  };
  try {
    const onReplyLoss = (loss: Loss): void => void replyLosses.push(loss);
    const { answer, losses } = await attempt({ exchange, candidate, route, settings: options, onEnd, onReplyLoss });
    lost(exchange, exchange.dialect.id, route.dialect.id, losses, options);
    return answer;
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (exchange.envelope.operation === 'count-tokens' && noCounter.has(error.status))
      return withoutRoute(exchange, candidate, tried, options);
    throw error;
  }
}

function lost(
  exchange: Exchange,
  from: DialectId,
  to: DialectId,
  losses: readonly Loss[],
  { observe }: RelayOptions,
): void {
  if (losses.length > 0) observe({ type: 'translation-lost', exchange: exchange.id, from, to, losses });
}

/** What services answer at a path they do not have. */
const noCounter: ReadonlySet<number> = new Set([404, 405, 501]);

/** No endpoint serves the operation: tokens can still be estimated, and the answer says that they are. */
function withoutRoute(
  exchange: Exchange,
  { credential }: Candidate,
  tried: readonly Candidate[],
  options: RelayOptions,
): Answer {
  const { count } = exchange.dialect;
  if (exchange.envelope.operation !== 'count-tokens' || !count)
    throw new GatewayError(
      'unsupported',
      `${credential.provider.title} does not offer ${exchange.envelope.operation} to this client's dialect.`,
    );
  const tokens = estimateTokens(decodeRequest(exchange));
  options.observe({
    type: 'exchange-finished',
    ...outcome(exchange, tried, options, { content: true, ended: true }, undefined),
  });
  return {
    type: 'whole',
    status: 200,
    headers: { 'x-cliproxy-estimate': 'tokens' },
    body: JSON.stringify(count.encode(tokens)),
  };
}

function clientLeft(cause: unknown): GatewayError {
  return new GatewayError('cancelled', 'The client closed the connection.', { cause });
}

function outcome(
  exchange: Exchange,
  tried: readonly Candidate[],
  options: RelayOptions,
  told: FlowReading | undefined,
  error: GatewayError | undefined,
  upstreamDialect?: DialectId,
): Outcome {
  const { envelope, id, dialect, startedAt } = exchange;
  const last = tried.at(-1);
  const detail = error && [error.message, error.facts.detail].filter(Boolean).join(' ');
  return {
    exchange: id,
    dialect: dialect.id,
    operation: envelope.operation,
    stream: envelope.stream,
    model: envelope.model,
    ...(last && {
      provider: last.credential.provider.id,
      credential: last.credential.label,
      upstreamModel: last.model.id,
    }),
    ...(upstreamDialect && { upstreamDialect }),
    attempts: tried.length,
    status: error ? error.status : 200,
    ...(error && { kind: error.kind, detail: detail ?? '' }),
    ...(told?.usage && { usage: told.usage }),
    ...(told?.finish && { finish: told.finish }),
    milliseconds: Math.round(options.now() - startedAt),
    endedBy: endedBy(told, error),
  };
}

/** A stream that breaks off or fails is the upstream's doing; one that was given up after a silence, the gateway's. */
function endedBy(told: FlowReading | undefined, error: GatewayError | undefined): Outcome['endedBy'] {
  if (!error) return 'upstream';
  if (error.kind === 'cancelled') return 'client';
  const begun = told !== undefined && error.kind !== 'timeout' && error.kind !== 'internal';
  return begun || error.facts.wire ? 'upstream' : 'gateway';
}
