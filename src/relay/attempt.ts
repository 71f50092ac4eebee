// One candidate is asked: what it holds while it is asked, what is sent, how its reply begins, and what is noted of it for the requests
// to come. A class of its own callbacks, so that an attempt is one object.

import type { Dialect } from '../dialects/dialect.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Usage } from '../ir/reply.ts';
import type { ToolNames } from '../ir/tool-names.ts';
import { type Loss, once, type Report } from '../loss.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { Credential } from '../routing/credential.ts';
import type { RateLimits } from '../routing/rate-limits.ts';
import { cleanError } from '../routing/secrets.ts';
import { type CallTimeouts, type Receiver, readStart, type UpstreamReply } from '../transport/http.ts';
import { bind, dropsSeals } from './binding.ts';
import { type Came, costOf } from './broken-off.ts';
import { hasNoCounter, withoutRoute } from './estimate.ts';
import type { Answer, Exchange } from './exchange.ts';
import { attemptEnded, failedLate, type Trying } from './failing.ts';
import type { FlowReading } from './flow.ts';
import { replyHeaders, requestHeaders } from './headers.ts';
import type { AttemptRecord } from './journal.ts';
import { clientLeft, type Journey, type JourneyGrounds } from './journey.ts';
import { finish, tellLosses } from './outcome.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { Queue } from './queue.ts';
import { type Answering, read } from './reading.ts';
import { type Route, routeOf } from './route.ts';

/** Who goes from candidate to candidate. One of the two is called, once, perhaps before `begin` returned. */
export interface Attempts {
  answered(answer: Answer): void;
  failed(attempt: Attempt, error: GatewayError): void;
}

const nothing: readonly Loss[] = [];

/** One candidate being asked. It takes its place under the candidate's limits when it is made, and `leave` gives that back. */
export class Attempt implements Trying, Answering, Receiver {
  readonly journey: Journey;
  readonly exchange: Exchange;
  /** What all exchanges share; not the settings of the configuration. */
  readonly settings: JourneyGrounds;
  readonly candidate: Candidate;
  readonly queue: Queue;
  /** Absent where no endpoint of the candidate serves the operation. */
  readonly route: Route | undefined;
  readonly record: AttemptRecord;
  /** The request goes without the sealed reasoning of its history. */
  readonly unsealed: boolean;
  /** Wall-clock milliseconds. */
  readonly begun: number;
  readonly #attempts: Attempts;
  readonly #over: () => void;
  readonly #release: ReturnType<RateLimits['take']>;
  #prepared: Prepared | undefined = undefined;
  /** What the client's dialect could not say of the reply. */
  #lost: Loss[] | undefined = undefined;
  #report: Report | undefined = undefined;
  #left = false;

  constructor(journey: Journey, candidate: Candidate, queue: Queue, attempts: Attempts) {
    const { grounds, exchange } = journey;
    this.journey = journey;
    this.exchange = exchange;
    this.settings = grounds;
    this.candidate = candidate;
    this.queue = queue;
    this.#attempts = attempts;
    this.route = routeOf(candidate, exchange.envelope);
    this.record = journey.journal.attempt(candidate, this.route?.dialect.id, journey.waited);
    journey.waited = 0;
    this.unsealed = dropsSeals(journey, candidate);
    this.#over = grounds.live.health.begun(candidate);
    this.begun = grounds.wallClock();
    this.#release = grounds.live.rateLimits.take(candidate.credential, this.begun);
  }

  /** Sends the request. Without a route tokens are estimated, and everything else fails as `unsupported`. */
  begin(): void {
    const { route } = this;
    try {
      if (route) this.#send(route);
      else this.#attempts.answered(this.#estimated());
    } catch (thrown) {
      this.failed(toGatewayError(thrown));
    }
  }

  // What the transport calls.

  replied(reply: UpstreamReply): void {
    try {
      this.record.headed(reply.status);
      if (reply.status >= 400) this.#refused(reply);
      else if (reply.status >= 300) this.failed(redirected(reply));
      else read(this, reply);
    } catch (thrown) {
      this.failed(toGatewayError(thrown));
    }
  }

  /** Also what reading the reply calls. */
  failed(thrown: GatewayError): void {
    const refused = cleanError(thrown, this.candidate.credential);
    // What passes as it came was not parsed: where it is no JSON, we can say what upstream may not.
    const error = (refused.kind === 'bad-request' && this.exchange.body.fault) || refused;
    if (!this.route || !hasNoCounter(this.exchange, error)) this.#attempts.failed(this, error);
    else {
      try {
        this.#attempts.answered(this.#estimated(error));
      } catch (unestimated) {
        this.#attempts.failed(this, toGatewayError(unestimated));
      }
    }
  }

  // What reading the reply asks and calls.

  get upstream(): Dialect {
    return (this.route ?? this.exchange).dialect;
  }

  get names(): ToolNames | undefined {
    return this.#prepared?.names;
  }

  get losses(): readonly Loss[] {
    return this.#prepared?.losses ?? nothing;
  }

  get report(): Report {
    this.#report ??= once((loss) => {
      this.#lost ??= [];
      this.#lost.push(loss);
    });
    return this.#report;
  }

  answered(answer: Answer): void {
    tellLosses(this.journey, this.exchange.dialect.id, this.upstream.id, this.losses);
    this.#attempts.answered(answer);
  }

  lacking(tool: string, members: readonly string[]): void {
    const { exchange, candidate } = this;
    const { credential, model } = candidate;
    this.journey.grounds.observe({
      type: 'call-incomplete',
      exchange: exchange.id,
      provider: credential.provider.id,
      model: model.id,
      tool,
      members,
    });
  }

  content(): void {
    const { journey, candidate } = this;
    this.record.content();
    journey.grounds.live.health.succeeded(candidate, this.begun);
    bind(journey, candidate, this.unsealed);
  }

  ended(told: FlowReading, error: GatewayError | undefined, came?: Came): void {
    const { journey, candidate, exchange, upstream } = this;
    const { dialect, signal, owner } = exchange;
    const lost = this.#lost ?? nothing;
    const usage = came ? costOf(told.usage, exchange, came) : told.usage;
    this.leave(usage);
    this.record.lost(lost);
    const left = signal.aborted && !told.ended;
    const ended = left ? clientLeft(error) : error && cleanError(error, candidate.credential);
    if (ended) failedLate(this, ended, usage);
    else attemptEnded(this, undefined, usage);
    if (told.id !== undefined && upstream.id === dialect.id && upstream.kept?.holds(exchange.body))
      journey.grounds.keptUpstream.note(told.id, { owner, credential: candidate.credential.id, dialect: upstream });
    finish(journey, came ? { ...told, usage } : told, ended);
    tellLosses(journey, upstream.id, dialect.id, lost);
  }

  leave(usage?: Usage): void {
    if (this.#left) return;
    this.#left = true;
    this.record.ended();
    this.#over();
    this.#release(usage && (usage.input ?? 0) + (usage.output ?? 0), this.journey.grounds.wallClock());
  }

  #send(route: Route): void {
    const { journey, exchange, candidate, record } = this;
    const { dialect: upstream } = route;
    const prepared = prepare({
      exchange,
      candidate,
      route,
      resolution: journey.planned?.resolution ?? { name: exchange.envelope.model },
      recall: journey.grounds.memory.recall(exchange),
      unsealed: this.unsealed,
    });
    this.#prepared = prepared;
    record.prepared(prepared);
    const { body, headers: shaped } = prepared;
    const forwards = upstream.id === exchange.dialect.id ? upstream.forwards : undefined;
    journey.grounds.transport.call(
      {
        method: 'POST',
        url: route.address,
        headers: requestHeaders(exchange.call, route.headers, forwards, shaped),
        body: body.bytes,
        timeouts: timeoutsOf(candidate, journey),
        watch: record,
        proxy: candidate.credential.proxy,
      },
      exchange.signal,
      this,
    );
  }

  #refused(reply: UpstreamReply): void {
    upstreamError(this, reply).then(
      (error) => this.failed(error),
      (thrown) => this.failed(toGatewayError(thrown)),
    );
  }

  /** Tokens can still be estimated where no endpoint counts them, and the answer says that they are. */
  #estimated(refusal?: GatewayError): Answer {
    const answer = withoutRoute(this.exchange, this.candidate);
    this.leave();
    if (refusal) {
      this.record.failed(refusal, 'it has no counter: the tokens are estimated');
      attemptEnded(this, refusal);
    }
    finish(this.journey, { content: true, ended: true }, undefined);
    return answer;
  }
}

const timeouts = new WeakMap<Credential, { readonly common: CallTimeouts; readonly own: CallTimeouts }>();

/** The credential's own before the common ones; put together once. */
function timeoutsOf({ credential }: Candidate, { settings: { timeouts: common } }: Journey): CallTimeouts {
  const known = timeouts.get(credential);
  if (known?.common === common) return known.own;
  const own = { ...common, ...credential.timeouts };
  timeouts.set(credential, { common, own });
  return own;
}

async function upstreamError({ exchange, candidate, upstream }: Attempt, reply: UpstreamReply): Promise<GatewayError> {
  const { credential } = candidate;
  const { bytes, whole } = await readStart(reply.body, { limit: errorLimit, time: errorTime });
  const text = bytes.toString('utf8');
  const decoded = upstream.error.decode(reply.status, text, reply.headers);
  const error = credential.provider.judge?.(decoded) ?? decoded;
  const wire = {
    dialect: upstream.id,
    status: reply.status,
    // A part of a body is of no use to anybody.
    body: whole ? text : '',
    headers: replyHeaders(reply.headers, exchange.snapshot.settings.passHeaders),
  };
  // Only our own client's leaving is a cancellation: an upstream that gives up has failed.
  const kind = error.kind === 'cancelled' ? 'upstream' : error.kind;
  const broken = { detail: `Its error body broke off, came too slowly or is larger than ${errorLimit} bytes.` };
  return new GatewayError(kind, error.message, { ...error.facts, wire, ...(!whole && broken) });
}

/** Nobody follows it: the key would go wherever it points. */
function redirected({ status, headers, body }: UpstreamReply): GatewayError {
  const error = new GatewayError(
    'upstream',
    `The upstream answered ${status}, a redirection; its base-url may be wrong.`,
    headers.location === undefined ? {} : { detail: `It points to ${headers.location.slice(0, 200)}.` },
  );
  body.abort(error);
  return error;
}

/** Bytes of an error answer that are read. */
const errorLimit = 1 << 20;
/** Milliseconds that they are waited for: the status says enough to go on to the next candidate. */
const errorTime = 5000;
