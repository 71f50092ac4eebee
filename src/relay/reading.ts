// Reading a reply that has begun: whole or streaming, as it came or translated, into the answer that the client asked for.

import { Body } from '../body.ts';
import type { Dialect, ReplyContext } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import { collect, replay } from '../ir/fold.ts';
import type { Reply, ReplyEvent } from '../ir/reply.ts';
import type { ToolNames } from '../ir/tool-names.ts';
import type { Loss, Report } from '../loss.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { drain, readAll, type UpstreamReply } from '../transport/http.ts';
import { SseReader } from '../transport/sse.ts';
import { type Answer, type Exchange, replyContext, type StreamAnswer } from './exchange.ts';
import { eventWriter, type FlowReading, openFlow } from './flow.ts';
import type { Memory } from './memory.ts';
import { openStream, type ReplyWatch } from './stream.ts';
import { printReply, readReply, restored } from './translate.ts';

/** An attempt whose reply has begun. */
export interface Answering {
  readonly exchange: Exchange;
  readonly candidate: Candidate;
  /** The dialect that the reply is in. */
  readonly upstream: Dialect;
  /** Whose seals the reply holds. */
  readonly maker: string;
  /** How tool names were rewritten for the upstream. */
  readonly names: ToolNames | undefined;
  /** What the request lost on its way. */
  readonly losses: readonly Loss[];
  readonly reply: UpstreamReply;
  /** For the client, whatever shape its answer takes. */
  readonly headers: Record<string, string>;
  readonly settings: { readonly replyLimit: number; readonly memory: Memory };
  readonly watch: ReplyWatch;
  /** Hears each loss of the reply once. */
  readonly report: Report;
}

/** Some services stream when not asked, or the other way round: the content type tells. */
export function read(answering: Answering): Promise<Answer> {
  const { exchange, reply } = answering;
  const streamed = /event-stream/i.test(reply.headers['content-type'] ?? '');
  if (exchange.envelope.operation !== 'generate') return readPlain(answering);
  if (streamed) return exchange.envelope.stream ? readStream(answering) : foldStream(answering);
  return readWhole(answering);
}

function contextOf({ exchange, candidate, report }: Answering, told: Report = report): ReplyContext {
  return replyContext(exchange, candidate.model.relabel ? candidate.name : candidate.model.id, told);
}

function readStream(answering: Answering): Promise<StreamAnswer> {
  const { exchange, candidate, upstream, names, reply, headers, settings, watch } = answering;
  const context = contextOf(answering);
  const flow = openFlow({
    upstream,
    client: exchange.dialect,
    maker: answering.maker,
    context,
    names,
    relabel: candidate.model.relabel ? candidate.name : undefined,
    shown: candidate.credential,
    listen: upstream.id === exchange.dialect.id ? undefined : settings.memory.listener(exchange, context),
  });
  return openStream(reply.body, flow, headers, watch);
}

/** Upstream streams, the client wants one body. */
async function foldStream(answering: Answering): Promise<Answer> {
  const { upstream, reply, settings } = answering;
  const reader = new SseReader();
  const decoder = upstream.stream.decoder({ maker: answering.maker });
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
    return replayStream(answering, upstream.reply.decode(body.json, { maker: answering.maker }));
  const whole = readReply(body, upstream, exchange.dialect, answering.maker);
  if ('reply' in whole) return finishWhole(answering, whole.reply);
  const { id, usage, finish } = whole.reading;
  ended(answering, {
    ...(id !== undefined && { id }),
    ...(usage && { usage }),
    ...(finish && { finish: finish.reason }),
  });
  return { type: 'whole', status: reply.status, headers, body: relabelled(answering, body).bytes };
}

/** A same-dialect body under the operator's own name for the model, where that is wished. */
function relabelled({ candidate, upstream }: Answering, body: Body): Body {
  const { modelMember } = upstream.reply;
  return candidate.model.relabel && body.has(modelMember) ? body.set(modelMember, candidate.name) : body;
}

/** A decoded reply as the client's dialect says it, with the client's own tool names. */
function finishWhole(answering: Answering, decoded: Reply): Answer {
  const { exchange, names, headers, settings, report } = answering;
  const lost: Loss[] = [];
  const context = contextOf(answering, (loss) => {
    lost.push(loss);
    report(loss);
  });
  const whole = restored(decoded, names);
  const body = printReply(whole, exchange.dialect, context);
  const listen = settings.memory.listener(exchange, context);
  if (listen) for (const event of replay(whole)) listen(event);
  ended(answering, { finish: whole.finish.reason, ...(whole.usage && { usage: whole.usage }) });
  const lossy = lost.length > 0 ? lossHeader([...answering.losses, ...lost]) : {};
  return { type: 'whole', status: 200, headers: { ...headers, ...lossy }, body };
}

/** Upstream answered whole, the client wants a stream. */
function replayStream(answering: Answering, whole: Reply): StreamAnswer {
  const { exchange, names, headers, settings } = answering;
  const context = contextOf(answering);
  const listen = settings.memory.listener(exchange, context);
  const writer = eventWriter(exchange.dialect, context, names, listen);
  writer.write(replay(whole));
  writer.close();
  const bytes = writer.take();
  ended(answering, writer.told);
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
  const { exchange, upstream, reply, headers, settings } = answering;
  const body = jsonReply(await readAll(reply.body, settings.replyLimit));
  const { dialect, envelope } = exchange;
  const counted =
    upstream.id === dialect.id || envelope.operation !== 'count-tokens' || !upstream.count || !dialect.count
      ? relabelled(answering, body)
      : Body.of(dialect.count.encode(upstream.count.decode(body.json)));
  ended(answering, {});
  return { type: 'whole', status: reply.status, headers, body: counted.bytes };
}

/** A reply that came whole has its content and its end at once. */
function ended({ watch }: Answering, told: Partial<FlowReading>): void {
  watch.content();
  watch.ended({ ...told, content: true, ended: true }, undefined);
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

/** The header that names what was lost. */
export function lossHeader(losses: readonly Loss[]): Record<string, string> {
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
