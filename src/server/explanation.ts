// The plan for a request that is not sent: what its name means, who would be asked in which order and how, and who would not and why.
// It looks at the same things as the relay and moves none of them: no turn is taken, no conversation bound.

import { Body } from '../body.ts';
import type { Dialect, InboundCall } from '../dialects/dialect.ts';
import { type GatewayError, toGatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { Exchange } from '../relay/exchange.ts';
import { holderOf, sessionOf } from '../relay/journey.ts';
import type { KeptUpstream } from '../relay/kept-upstream.ts';
import { prepare } from '../relay/prepare.ts';
import { routeOf } from '../relay/route.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { Live } from '../routing/live.ts';
import { nothingReady } from '../routing/nothing-ready.ts';
import type { PassedOver } from '../routing/obstacles.ts';
import { type Plan, type PlanRequest, plan } from '../routing/plan.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { printLosses } from './exchanges.ts';
import { timeOf } from './questions.ts';

/** What is asked. */
export interface Question {
  readonly model: string;
  readonly dialect: Dialect;
  /** Over what the body says; absent: as that says, in the dialect's own way. */
  readonly stream?: boolean;
  /** A client's body in that dialect; absent: a greeting stands in for it. */
  readonly request?: JsonObject;
  /** Credentials, by id or label, to plan without. */
  readonly without: ReadonlySet<string>;
  /** The client's word for its conversation. */
  readonly session?: string;
}

/** What it is asked of. */
export interface Situation {
  readonly snapshot: Snapshot;
  readonly live: Live;
  readonly keptUpstream: Pick<KeptUpstream, 'holderOf'>;
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** The client's fingerprint: conversations are its own. */
  readonly owner: string;
  readonly strict: boolean;
}

/** Entries of each list; an operator with thousands of accounts is told how many more there are. */
const mostShown = 25;

/** The plan as JSON. Throws `model-not-found`, and `bad-request` where the request cannot be read. */
export function explainPlan(question: Question, situation: Situation): JsonObject {
  const exchange = exchangeOf(question, situation);
  const { envelope } = exchange;
  const planned = plan(planRequest(exchange, question, situation));
  const candidates = [...planned.candidates];
  const passed = planned.passedOver();
  return {
    object: 'plan',
    model: envelope.model,
    resolved_model: planned.resolution.name,
    dialect: envelope.dialect,
    stream: envelope.stream,
    request: question.request ? 'given' : 'sample',
    resolution: planned.resolution.steps,
    order: planned.order,
    candidates: candidates.slice(0, mostShown).map((candidate) => printCandidate(candidate, planned, exchange)),
    more_candidates: Math.max(0, candidates.length - mostShown),
    passed_over: passed.slice(0, mostShown).map((one) => printPassed(one, situation.now)),
    more_passed_over: Math.max(0, passed.length - mostShown),
    ...(candidates.length === 0 && { answer: refusalOf(nothingReady(envelope, planned, situation.snapshot)) }),
  };
}

/** As the relay would plan it, but that no turn is taken: the next request will find things as they are. */
function planRequest(exchange: Rehearsed, question: Question, { live, keptUpstream, now }: Situation): PlanRequest {
  const { without, request, session } = question;
  // A greeting that nobody sent belongs to no conversation.
  const real = request !== undefined || session !== undefined;
  const pinned = holderOf(exchange, keptUpstream);
  return {
    envelope: exchange.envelope,
    snapshot: exchange.snapshot,
    live: { ...live, turn: live.peek },
    now: () => now,
    session: () => (real ? sessionOf(exchange) : undefined),
    size: exchange.body.bytes.length,
    carries: () => exchange.dialect.request.carried(exchange.body),
    without,
    ...(pinned !== undefined && { pinned }),
  };
}

type Rehearsed = Pick<Exchange, 'body' | 'call' | 'dialect' | 'envelope' | 'owner' | 'snapshot' | 'strict'>;

function exchangeOf(question: Question, { snapshot, strict, owner }: Situation): Rehearsed {
  const { model, dialect, stream, request, session } = question;
  const { path, members } = addressed(dialect, model, stream);
  const body = Body.of({ ...(request ?? dialect.greeting), ...members });
  const call: InboundCall = {
    operation: 'generate',
    path,
    query: new URLSearchParams({ alt: 'sse' }),
    header: () => undefined,
    body,
  };
  const read = dialect.request.envelope(call);
  const envelope = session === undefined ? read : { ...read, session };
  return { body, call, dialect, envelope, owner, snapshot, strict };
}

/** Where a dialect says which model it wants and whether to stream: in the path, or in the body. */
function addressed(dialect: Dialect, model: string, stream: boolean | undefined) {
  const path = dialect.routes.find(({ operation }) => operation === 'generate')?.path ?? '/';
  if (!path.endsWith('*')) return { path, members: { model, ...(stream !== undefined && { stream }) } };
  const action = stream ? 'streamGenerateContent' : 'generateContent';
  return { path: `${path.slice(0, -1)}${encodeURIComponent(model)}:${action}`, members: {} };
}

function printCandidate(candidate: Candidate, { resolution }: Plan, exchange: Rehearsed): JsonObject {
  const { credential, model } = candidate;
  const shown = {
    provider: credential.provider.id,
    credential: credential.label,
    credential_id: credential.id,
    model: model.id,
    tier: credential.tier,
    priority: credential.priority,
  };
  const route = routeOf(candidate, exchange.envelope);
  if (!route) return { ...shown, refused: { message: `${credential.provider.title} does not offer this operation.` } };
  const spoken = { ...shown, dialect: route.dialect.id, translated: route.dialect.id !== exchange.dialect.id };
  try {
    const { edits, losses } = prepare({
      exchange,
      candidate,
      route,
      resolution,
      recall: (request) => request,
      unsealed: false,
    });
    return { ...spoken, endpoint: publicUrl(route.endpoint.url(route.call)), edits, losses: printLosses(losses) };
  } catch (thrown) {
    return { ...spoken, refused: refusalOf(toGatewayError(thrown)) };
  }
}

function refusalOf({ status, kind, message }: GatewayError): JsonObject {
  return { status, kind, message };
}

/** Without a user and password; what a query may hide is taken out with all other secrets. */
function publicUrl(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}

function printPassed({ candidate, because, until, cooldown }: PassedOver, now: number): JsonObject {
  const { credential, model } = candidate;
  return {
    provider: credential.provider.id,
    credential: credential.label,
    credential_id: credential.id,
    model: model.id,
    because,
    reason: cooldown?.label,
    ...(until !== undefined && { until: timeOf(until), reset_seconds: Math.max(0, Math.ceil((until - now) / 1000)) }),
  };
}
