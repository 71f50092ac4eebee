// One upstream call: translate, shape, sign, send, and read the reply far enough to know that it is one.

import { Body } from '../body.ts';
import type { Dialect, ReplyContext } from '../dialects/dialect.ts';
import { dialectOf } from '../dialects/index.ts';
import type { DialectId, Envelope, Target } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import { collect, replay } from '../ir/fold.ts';
import type { Reply, ReplyEvent } from '../ir/reply.ts';
import { type Loss, once, type Report } from '../loss.ts';
import type { Endpoint, EndpointCall } from '../providers/provider.ts';
import { usable } from '../routing/plan.ts';
import type { Candidate } from '../routing/policies/policy.ts';
import { drain, readAll, type Transport, type UpstreamReply } from '../transport/http.ts';
import { SseReader } from '../transport/sse.ts';
import { type Answer, type Exchange, replyContext, type StreamAnswer } from './exchange.ts';
import { eventWriter, openFlow } from './flow.ts';
import { replyHeaders, requestHeaders } from './headers.ts';
import type { Memory } from './memory.ts';
import { type OnEnd, openStream } from './stream.ts';
import { lossyTranslation, printReply, readReply, restored, type Translated, translateRequest } from './translate.ts';

export interface AttemptSettings {
  readonly transport: Transport;
  readonly timeouts: { readonly connect: number; readonly headers: number; readonly idle: number };
  /** Bytes; a whole reply larger than this is refused. */
  readonly replyLimit: number;
  /** Let upstream's headers through to the client. */
  readonly passHeaders: boolean;
  readonly memory: Memory;
}

export interface Route {
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
}

/** The client's own dialect if the service speaks it, else the one it prefers; undefined where no endpoint serves the operation. */
export function routeOf({ credential }: Candidate, envelope: Envelope): Route | undefined {
  const { endpoints } = credential.provider;
  const own = endpoints[envelope.dialect];
  if (own && usable(own, envelope, credential.home)) return { dialect: dialectOf(envelope.dialect), endpoint: own };
  if (envelope.operation === 'embed') return undefined;
  for (const [id, endpoint] of Object.entries(endpoints)) {
    const dialect = dialectOf(id as DialectId);
    const able = envelope.operation === 'generate' || dialect.count !== undefined;
    if (able && usable(endpoint, envelope, credential.home)) return { dialect, endpoint };
  }
  return undefined;
}

/** What an attempt yields beside its answer. */
export interface Attempted {
  readonly answer: Answer;
  readonly losses: readonly Loss[];
}

/** All that an attempt is made with. */
export interface Attempt {
  readonly exchange: Exchange;
  readonly candidate: Candidate;
  readonly route: Route;
  readonly settings: AttemptSettings;
  readonly onEnd: OnEnd;
  /** Hears what the client's dialect cannot say of the reply. */
  readonly onReplyLoss: Report;
}

/** Makes the call. Throws a GatewayError for anything that came before the first content. */
export async function attempt(made: Attempt): Promise<Attempted> {
  const { exchange, candidate, route, settings } = made;
  const { credential, model } = candidate;
  const target: Target = {
    model: model.id,
    stream: exchange.envelope.stream,
    limits: model.limits,
    maker: credential.provider.maker,
    accent: credential.provider.accent,
  };
  const upstream = route.dialect;
  const translated = translateRequest(exchange, upstream, target, settings.memory.recall(exchange));
  const { body, losses } = translated;
  if (exchange.strict && losses.length > 0) throw lossyTranslation(upstream, losses);
  const reply = await send(made, target, body);
  if (reply.status >= 400) throw await upstreamError(made, reply);
  const headers = { ...replyHeaders(reply.headers, settings.passHeaders), ...lossHeader(losses) };
  const answer = await read({ ...made, upstream, translated, reply, headers, report: once(made.onReplyLoss) });
  return { answer, losses };
}

function send({ exchange, candidate, route, settings }: Attempt, target: Target, body: Body): Promise<UpstreamReply> {
  const { credential } = candidate;
  const { dialect: upstream, endpoint } = route;
  const call: EndpointCall = {
    operation: exchange.envelope.operation,
    model: target.model,
    stream: target.stream,
    action: exchange.envelope.action,
    baseUrl: credential.baseUrl,
    home: credential.home,
  };
  const shaped = endpoint.shape?.(body, call) ?? { body };
  const forwards = upstream.id === exchange.dialect.id ? upstream.forwards : undefined;
  return settings.transport.send(
    {
      method: 'POST',
      url: new URL(endpoint.url(call)),
      headers: requestHeaders(exchange.call, { credential, endpoint, call, forwards, shaped: shaped.headers }),
      body: shaped.body.bytes,
      timeouts: settings.timeouts,
      ...(credential.proxy !== undefined && { proxy: credential.proxy }),
    },
    exchange.signal,
  );
}

async function upstreamError({ candidate, route, settings }: Attempt, reply: UpstreamReply): Promise<GatewayError> {
  const { credential } = candidate;
  // A status says enough where its body cannot be had.
  const body = await readAll(reply.body, errorLimit).catch(() => Buffer.alloc(0));
  const text = withoutSecrets(body.toString('utf8'), credential);
  const decoded = route.dialect.error.decode(reply.status, text, reply.headers);
  const error = credential.provider.judge?.(decoded) ?? decoded;
  const wire = {
    dialect: route.dialect.id,
    status: reply.status,
    body: text,
    headers: replyHeaders(reply.headers, settings.passHeaders),
  };
  return new GatewayError(error.kind, error.message, { ...error.facts, wire });
}

/** Bytes of an error answer that are read. */
const errorLimit = 1 << 20;

/** Some services repeat the key they were shown. It is the operator's: neither clients nor the log may learn it. */
function withoutSecrets(text: string, { key, headers }: Candidate['credential']): string {
  const secrets = [key, ...Object.values(headers)].filter((secret) => secret !== undefined && secret.length >= 8);
  return secrets.reduce<string>((rest, secret) => rest.replaceAll(secret ?? '', '[redacted]'), text);
}

function lossHeader(losses: readonly Loss[]): Record<string, string> {
  if (losses.length === 0) return {};
  const names = [
    ...new Set(
      losses.map(({ what }) =>
        what
          .slice(0, 64)
          .replace(/[^\x21-\x7e]/g, '_')
          .replaceAll(',', '_'),
      ),
    ),
  ];
  const shown = names.length > 24 ? [...names.slice(0, 24), `and_${names.length - 24}_more`] : names;
  return { 'x-cliproxy-loss': shown.join(', ') };
}

/** An attempt whose reply has begun. */
interface Answering extends Attempt {
  /** The dialect that the reply is in. */
  readonly upstream: Dialect;
  readonly translated: Translated;
  readonly reply: UpstreamReply;
  /** For the client, whatever shape its answer takes. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hears each loss of the reply once. */
  readonly report: Report;
}

/** Some services stream when not asked, or the other way round: the content type tells. */
function read(answering: Answering): Promise<Answer> {
  const { exchange, reply } = answering;
  const streamed = /event-stream/i.test(reply.headers['content-type'] ?? '');
  if (exchange.envelope.operation !== 'generate') return readPlain(answering);
  if (streamed) return exchange.envelope.stream ? readStream(answering) : foldStream(answering);
  return readWhole(answering);
}

function contextOf({ exchange, candidate, report }: Answering, told: Report = report): ReplyContext {
  return replyContext(exchange, candidate.model.relabel ? candidate.name : candidate.model.id, told);
}

function makerOf({ candidate }: Answering): string {
  return candidate.credential.provider.maker;
}

function readStream(answering: Answering): Promise<StreamAnswer> {
  const { exchange, candidate, upstream, translated, reply, headers, settings, onEnd } = answering;
  const context = contextOf(answering);
  const flow = openFlow({
    upstream,
    client: exchange.dialect,
    maker: makerOf(answering),
    context,
    names: translated.names,
    relabel: candidate.model.relabel ? candidate.name : undefined,
    listen: upstream.id === exchange.dialect.id ? undefined : settings.memory.listener(exchange, context),
  });
  return openStream(reply.body, flow, headers, onEnd);
}

/** Upstream streams, the client wants one body. */
async function foldStream(answering: Answering): Promise<Answer> {
  const { upstream, reply, settings } = answering;
  const reader = new SseReader();
  const decoder = upstream.stream.decoder({ maker: makerOf(answering) });
  const events: ReplyEvent[] = [];
  await drain(reply.body, settings.replyLimit, (chunk) => {
    for (const frame of reader.push(chunk)) events.push(...decoder.push(frame));
  });
  for (const frame of reader.end()) events.push(...decoder.push(frame));
  events.push(...decoder.end());
  return finishWhole(answering, collect(events));
}

async function readWhole(answering: Answering): Promise<Answer> {
  const { exchange, upstream, reply, headers, settings } = answering;
  const body = jsonReply(await readAll(reply.body, settings.replyLimit));
  if (exchange.envelope.stream)
    return replayStream(answering, upstream.reply.decode(body.json, { maker: makerOf(answering) }));
  const whole = readReply(body, upstream, exchange.dialect, makerOf(answering));
  if ('reply' in whole) return finishWhole(answering, whole.reply);
  const { id, usage, finish } = whole.reading;
  answering.onEnd(
    {
      content: true,
      ended: true,
      ...(id !== undefined && { id }),
      ...(usage && { usage }),
      ...(finish && { finish: finish.reason }),
    },
    undefined,
  );
  return { type: 'whole', status: reply.status, headers, body: relabelled(answering, body).bytes };
}

/** A same-dialect body under the operator's own name for the model, where that is wished. */
function relabelled({ candidate, upstream }: Answering, body: Body): Body {
  const { modelMember } = upstream.reply;
  return candidate.model.relabel && body.has(modelMember) ? body.set(modelMember, candidate.name) : body;
}

/** A decoded reply as the client's dialect says it, with the client's own tool names. */
function finishWhole(answering: Answering, decoded: Reply): Answer {
  const { exchange, translated, headers, settings, onEnd, report } = answering;
  const lost: Loss[] = [];
  const context = contextOf(answering, (loss) => {
    lost.push(loss);
    report(loss);
  });
  const whole = restored(decoded, translated.names);
  const body = printReply(whole, exchange.dialect, context);
  const listen = settings.memory.listener(exchange, context);
  if (listen) for (const event of replay(whole)) listen(event);
  onEnd(
    { content: true, ended: true, finish: whole.finish.reason, ...(whole.usage && { usage: whole.usage }) },
    undefined,
  );
  const lossy = lost.length > 0 ? lossHeader([...translated.losses, ...lost]) : {};
  return { type: 'whole', status: 200, headers: { ...headers, ...lossy }, body };
}

/** Upstream answered whole, the client wants a stream. */
function replayStream(answering: Answering, whole: Reply): StreamAnswer {
  const { exchange, translated, headers, settings, onEnd } = answering;
  const context = contextOf(answering);
  const listen = settings.memory.listener(exchange, context);
  const writer = eventWriter(exchange.dialect, context, translated.names, listen);
  const bytes = [...writer.write(replay(whole)), ...writer.close()];
  onEnd(writer.told, undefined);
  return {
    type: 'stream',
    headers,
    flow(sink) {
      sink.write(bytes);
      sink.end();
    },
    resume: () => undefined,
  };
}

/** Counts and embeddings: a small whole body, translated only where it is a count. */
async function readPlain(answering: Answering): Promise<Answer> {
  const { exchange, upstream, reply, headers, settings, onEnd } = answering;
  const body = jsonReply(await readAll(reply.body, settings.replyLimit));
  const { dialect, envelope } = exchange;
  const counted =
    upstream.id === dialect.id || envelope.operation !== 'count-tokens' || !upstream.count || !dialect.count
      ? relabelled(answering, body)
      : Body.of(dialect.count.encode(upstream.count.decode(body.json)));
  onEnd({ content: true, ended: true }, undefined);
  return { type: 'whole', status: reply.status, headers, body: counted.bytes };
}

function jsonReply(bytes: Buffer): Body {
  try {
    return Body.read(bytes);
  } catch (cause) {
    const start = bytes.toString('utf8', 0, 200).trimStart();
    const what =
      bytes.length === 0
        ? 'an empty body'
        : /^<(?:!doctype|html)/i.test(start)
          ? 'an HTML page'
          : 'something that is no JSON object';
    throw new GatewayError('upstream', `The upstream answered with ${what}.`, { detail: start, cause });
  }
}
