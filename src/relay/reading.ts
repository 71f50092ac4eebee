// Reading a reply that has begun: whole or streaming, as it came or translated, into the answer that the client asked for.

import { Body } from '../body.ts';
import type { Dialect, ReplyContext, ReplyDecoder } from '../dialects/dialect.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { CallCheck, type CallWatch } from '../ir/call-check.ts';
import { collect, replay } from '../ir/fold.ts';
import type { Reply, ReplyEvent } from '../ir/reply.ts';
import type { ToolNames } from '../ir/tool-names.ts';
import type { Loss, Report } from '../loss.ts';
import type { Candidate } from '../routing/catalogue.ts';
import {
  type ByteSink,
  type ByteSource,
  gather,
  peek,
  type Recipient,
  tooLarge,
  type UpstreamReply,
} from '../transport/http.ts';
import { beginsEvents, SseReader } from '../transport/sse.ts';
import { type Answer, type Exchange, replyContext, type StreamAnswer } from './exchange.ts';
import { eventWriter, type FlowReading, openFlow } from './flow.ts';
import { replyHeaders } from './headers.ts';
import type { Memory } from './memory.ts';
import { streamOrObject } from './promised.ts';
import { type Asker, giveUp, openStream, patience, type ReplyWatch } from './stream.ts';
import { blamed, parsedReply, printReply, readReply, restored } from './translate.ts';

/** Who asked for the reply, and all that it is read for. */
export interface Answering extends ReplyWatch, Asker<Answer>, CallWatch {
  readonly exchange: Exchange;
  readonly candidate: Candidate;
  /** The dialect that the reply is in. */
  readonly upstream: Dialect;
  /** How tool names were rewritten for the upstream. */
  readonly names: ToolNames | undefined;
  /** What the request lost on its way. */
  readonly losses: readonly Loss[];
  readonly settings: { readonly replyLimit: number; readonly memory: Memory };
  /** Hears each loss of the reply once. */
  readonly report: Report;
}

/** A reply that has begun. */
interface Begun {
  readonly status: number;
  /** For the client, whatever shape its answer takes. */
  readonly headers: Record<string, string>;
}

/**
 * Some services stream when not asked, or the other way round, and some say nothing of it or the wrong thing: where the content type
 * does not promise the stream that was asked for, the first bytes decide.
 */
export function read(answering: Answering, reply: UpstreamReply): void {
  const { exchange, losses } = answering;
  const { operation, stream } = exchange.envelope;
  const headers = replyHeaders(reply.headers, exchange.snapshot.settings.passHeaders);
  if (losses.length > 0) Object.assign(headers, lossHeader(losses));
  const begun = { status: reply.status, headers };
  const type = reply.headers['content-type'] ?? '';
  if (operation !== 'generate') readBody(answering, reply.body, begun, readPlain);
  else if (stream && /event-stream/i.test(type)) readPromised(answering, reply.body, begun);
  else if (!stream && /json/i.test(type)) readBody(answering, reply.body, begun, readWhole);
  else readUntold(answering, reply.body, begun);
}

/** A stream is promised, which some break. */
function readPromised(answering: Answering, source: ByteSource, begun: Begun): void {
  const told = streamOrObject(answering.settings.replyLimit);
  peek(
    source,
    (start, body, all) => {
      if (all && isWholeReply(answering, start)) answer(answering, () => readWhole(answering, begun, start));
      else orFail(answering, body, () => readStream(answering, body, begun.headers));
    },
    told,
  );
}

/** One object that says something as a whole reply; an error, or an event that came bare, does not. */
function isWholeReply(answering: Answering, bytes: Buffer): boolean {
  try {
    const body = parsedReply(jsonReply(bytes));
    return answering.upstream.reply.decode(body, { maker: makerOf(answering) }).parts.length > 0;
  } catch {
    return false;
  }
}

/** What came may be a stream or a whole body. */
function readUntold(answering: Answering, source: ByteSource, begun: Begun): void {
  peek(source, (start, body) => {
    orFail(answering, body, () => {
      if (!beginsEvents(start)) readBody(answering, body, begun, readWhole);
      else if (answering.exchange.envelope.stream) readStream(answering, body, begun.headers);
      else body.flow(new Folding(answering, begun, body));
    });
  });
}

/** Takes up a body; where that throws, it is given up. */
function orFail(answering: Answering, body: ByteSource, take: () => void): void {
  try {
    take();
  } catch (thrown) {
    const error = toGatewayError(thrown);
    body.abort(error);
    answering.failed(error);
  }
}

type Finish = (answering: Answering, begun: Begun, bytes: Buffer) => Answer;

function readBody(answering: Answering, body: ByteSource, begun: Begun, finish: Finish): void {
  gather(body, answering.settings.replyLimit, new Whole(answering, begun, finish));
}

/** A body that is awaited whole. */
class Whole implements Recipient {
  readonly #answering: Answering;
  readonly #begun: Begun;
  readonly #finish: Finish;

  constructor(answering: Answering, begun: Begun, finish: Finish) {
    this.#answering = answering;
    this.#begun = begun;
    this.#finish = finish;
  }

  whole(bytes: Buffer): void {
    const finish = this.#finish;
    answer(this.#answering, () => finish(this.#answering, this.#begun, bytes));
  }

  failed(error: GatewayError): void {
    this.#answering.failed(error);
  }
}

/** Tells the answer, or why there is none. */
function answer(answering: Answering, make: () => Answer): void {
  let made: Answer;
  try {
    made = make();
  } catch (thrown) {
    answering.failed(toGatewayError(blamed(thrown, 'reply')));
    return;
  }
  answering.answered(made);
}

function makerOf({ candidate }: Answering): string {
  return candidate.credential.provider.maker;
}

function contextOf({ exchange, candidate, report }: Answering, told: Report = report): ReplyContext {
  return replyContext(exchange, candidate.model.relabel ? candidate.name : candidate.model.id, told);
}

function checkOf(answering: Answering): CallCheck | undefined {
  const tools = answering.names?.tools ?? [];
  return tools.length > 0 ? new CallCheck(tools, answering) : undefined;
}

function readStream(answering: Answering, body: ByteSource, headers: Record<string, string>): void {
  const { exchange, candidate, upstream, names, settings } = answering;
  const context = contextOf(answering);
  const flow = openFlow({
    upstream,
    client: exchange.dialect,
    maker: makerOf(answering),
    context,
    names,
    check: checkOf(answering),
    relabel: candidate.model.relabel ? candidate.name : undefined,
    shown: candidate.credential,
    listen: upstream.id === exchange.dialect.id ? undefined : settings.memory.listener(exchange, context),
  });
  openStream(body, flow, headers, answering);
}

/** Upstream streams, the client wants one body. */
class Folding implements ByteSink {
  readonly #answering: Answering;
  readonly #begun: Begun;
  readonly #source: ByteSource | undefined;
  readonly #reader = new SseReader();
  readonly #decoder: ReplyDecoder;
  readonly #events: ReplyEvent[] = [];
  #size = 0;
  /** Until the bytes end, after the last word. */
  #lingering: NodeJS.Timeout | undefined;

  constructor(answering: Answering, begun: Begun, source?: ByteSource) {
    this.#answering = answering;
    this.#begun = begun;
    this.#source = source;
    this.#decoder = answering.upstream.stream.decoder({ maker: makerOf(answering) });
  }

  data(chunk: Buffer): boolean {
    const { replyLimit } = this.#answering.settings;
    this.#size += chunk.length;
    if (this.#size > replyLimit) throw tooLarge(replyLimit);
    this.#hear(this.#reader.push(chunk));
    const last = this.#events.at(-1)?.type;
    const over = last === 'failure' || (last === 'finish' && this.#answering.upstream.stream.endsItself);
    if (over) this.#lingering ??= setTimeout(() => this.#giveUp(), patience).unref();
    return true;
  }

  end(): void {
    answer(this.#answering, () => this.folded());
  }

  /** What breaks after the last word took nothing from the reply. */
  fail(error: GatewayError): void {
    if (this.#lingering) this.end();
    else this.#answering.failed(error);
  }

  /** The answer of what came, which is all there is. */
  folded(): Answer {
    clearTimeout(this.#lingering);
    this.#hear(this.#reader.end());
    return finishWhole(this.#answering, this.#begun, collect([...this.#events, ...this.#decoder.end()]));
  }

  #hear(frames: readonly Frame[]): void {
    for (const frame of frames) for (const event of this.#decoder.push(frame)) this.#events.push(event);
  }

  #giveUp(): void {
    if (this.#source) giveUp(this.#source);
    this.end();
  }
}

function foldWhole(answering: Answering, begun: Begun, bytes: Buffer): Answer {
  const folding = new Folding(answering, begun);
  folding.data(bytes);
  return folding.folded();
}

function readWhole(answering: Answering, begun: Begun, bytes: Buffer): Answer {
  const { exchange, upstream } = answering;
  if (beginsEvents(bytes)) return foldWhole(answering, begun, bytes);
  const body = jsonReply(bytes);
  const maker = makerOf(answering);
  if (exchange.envelope.stream)
    return replayStream(answering, begun, upstream.reply.decode(parsedReply(body), { maker }));
  const whole = readReply(body, upstream, exchange.dialect, maker);
  if ('reply' in whole) return finishWhole(answering, begun, whole.reply);
  const { id, usage, finish } = whole.reading;
  ended(answering, { content: true, ended: true, failure: undefined, id, usage, finish: finish?.reason });
  return { type: 'whole', status: begun.status, headers: begun.headers, body: relabelled(answering, body).bytes };
}

/** A same-dialect body under the operator's own name for the model, where that is wished. */
function relabelled({ candidate, upstream }: Answering, body: Body): Body {
  const { modelMember } = upstream.reply;
  return candidate.model.relabel && body.has(modelMember) ? body.set(modelMember, candidate.name) : body;
}

/** A decoded reply as the client's dialect says it, with the client's own tool names. */
function finishWhole(answering: Answering, { headers }: Begun, decoded: Reply): Answer {
  const { exchange, names, settings, report } = answering;
  const lost: Loss[] = [];
  const context = contextOf(answering, (loss) => {
    lost.push(loss);
    report(loss);
  });
  const whole = restored(decoded, names);
  checkOf(answering)?.whole(whole);
  const body = printReply(whole, exchange.dialect, context);
  const listen = settings.memory.listener(exchange, context);
  if (listen) for (const event of replay(whole)) listen(event);
  ended(answering, { content: true, ended: true, finish: whole.finish.reason, usage: whole.usage });
  const lossy = lost.length > 0 ? lossHeader([...answering.losses, ...lost]) : {};
  return { type: 'whole', status: 200, headers: { ...headers, ...lossy }, body };
}

/** Upstream answered whole, the client wants a stream. */
function replayStream(answering: Answering, { headers }: Begun, whole: Reply): StreamAnswer {
  const { exchange, names, settings } = answering;
  const context = contextOf(answering);
  const listen = settings.memory.listener(exchange, context);
  const writer = eventWriter({ client: exchange.dialect, context, names, check: checkOf(answering), listen });
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
function readPlain(answering: Answering, { status, headers }: Begun, bytes: Buffer): Answer {
  const { exchange, upstream } = answering;
  const body = jsonReply(bytes);
  const { dialect, envelope } = exchange;
  const counted =
    upstream.id === dialect.id || envelope.operation !== 'count-tokens' || !upstream.count || !dialect.count
      ? relabelled(answering, body)
      : Body.of(dialect.count.encode(upstream.count.decode(parsedReply(body))));
  ended(answering, { content: true, ended: true });
  return { type: 'whole', status, headers, body: counted.bytes };
}

/** A reply that came whole has its content and its end at once. */
function ended(answering: Answering, told: FlowReading): void {
  answering.content();
  answering.ended(told, undefined);
}

function jsonReply(bytes: Buffer): Body {
  try {
    return Body.skim(bytes);
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
