// One upstream call: prepare, sign, send, and read the reply far enough to know that it is one.

import { GatewayError, toGatewayError } from '../errors.ts';
import { once, type Report } from '../loss.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { Resolution } from '../routing/names.ts';
import { addressOf, readStart, type Transport, type UpstreamReply } from '../transport/http.ts';
import type { Answer, Exchange } from './exchange.ts';
import { replyHeaders, requestHeaders } from './headers.ts';
import type { AttemptRecord } from './journal.ts';
import type { Memory } from './memory.ts';
import { type Prepared, type Preparing, prepare } from './prepare.ts';
import { lossHeader, read } from './reading.ts';
import type { Route } from './route.ts';
import { cleanError } from './secrets.ts';
import type { ReplyWatch } from './stream.ts';

export interface AttemptSettings {
  readonly transport: Transport;
  /** Bytes; a whole reply larger than this is refused. */
  readonly replyLimit: number;
  readonly memory: Memory;
}

/** All that an attempt is made with. */
export interface Attempt {
  readonly exchange: Exchange;
  readonly candidate: Candidate;
  readonly route: Route;
  readonly resolution: Pick<Resolution, 'name' | 'thinking'>;
  /** Without the sealed reasoning that the history carries. */
  readonly unsealed: boolean;
  readonly recall: Preparing['recall'];
  readonly settings: AttemptSettings;
  readonly record: AttemptRecord;
  readonly watch: ReplyWatch;
  /** Hears what the client's dialect cannot say of the reply. */
  readonly onReplyLoss: Report;
}

/** Makes the call. Throws a GatewayError for anything that came before the first content. */
export async function attempt(made: Attempt): Promise<Answer> {
  try {
    return await answerOf(made);
  } catch (thrown) {
    throw cleanError(toGatewayError(thrown), made.candidate.credential);
  }
}

async function answerOf(made: Attempt): Promise<Answer> {
  const { exchange, candidate, route, settings, record, watch } = made;
  const prepared = prepare(made);
  const { losses, names } = prepared;
  record.prepared(prepared);
  const reply = await send(made, prepared);
  record.headed(reply.status);
  if (reply.status >= 400) throw await upstreamError(made, reply);
  if (reply.status >= 300) throw redirected(reply);
  const headers = replyHeaders(reply.headers, exchange.snapshot.settings.passHeaders);
  if (losses.length > 0) Object.assign(headers, lossHeader(losses));
  const { maker } = candidate.credential.provider;
  const report = once(made.onReplyLoss);
  return read({
    exchange,
    candidate,
    upstream: route.dialect,
    maker,
    names,
    losses,
    reply,
    headers,
    settings,
    watch,
    report,
  });
}

function send({ exchange, candidate, route, settings, record }: Attempt, prepared: Prepared): Promise<UpstreamReply> {
  const { credential } = candidate;
  const { dialect: upstream, endpoint } = route;
  const { call, body, headers: shaped } = prepared;
  const forwards = upstream.id === exchange.dialect.id ? upstream.forwards : undefined;
  const { timeouts } = exchange.snapshot.settings;
  return settings.transport.send(
    {
      method: 'POST',
      url: addressOf(endpoint.url(call)),
      headers: requestHeaders(exchange.call, { credential, endpoint, call, forwards, shaped }),
      body: body.bytes,
      timeouts: { ...timeouts, ...credential.timeouts },
      watch: record,
      ...(credential.proxy !== undefined && { proxy: credential.proxy }),
    },
    exchange.signal,
  );
}

async function upstreamError({ exchange, candidate, route }: Attempt, reply: UpstreamReply): Promise<GatewayError> {
  const { credential } = candidate;
  const { bytes, whole } = await readStart(reply.body, errorLimit);
  const text = bytes.toString('utf8');
  const decoded = route.dialect.error.decode(reply.status, text, reply.headers);
  const error = credential.provider.judge?.(decoded) ?? decoded;
  const wire = {
    dialect: route.dialect.id,
    status: reply.status,
    // A part of a body is of no use to anybody.
    body: whole ? text : '',
    headers: replyHeaders(reply.headers, exchange.snapshot.settings.passHeaders),
  };
  // Only our own client's leaving is a cancellation: an upstream that gives up has failed.
  const kind = error.kind === 'cancelled' ? 'upstream' : error.kind;
  const broken = { detail: `Its error body broke off or is larger than ${errorLimit} bytes.` };
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
