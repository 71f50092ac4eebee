// A streaming reply as an answer: held back until its first content, so that until then a failure can still go to the next
// candidate; afterwards written as it comes, a network read at a time, at the client's pace.

import { type GatewayError, toGatewayError } from '../errors.ts';
import type { ByteSink, ByteSource } from '../transport/http.ts';
import { Came } from './broken-off.ts';
import type { AnswerSink, Bytes, StreamAnswer } from './exchange.ts';
import type { FlowReading, ReplyFlow } from './flow.ts';

/** Hears how a reply fares. */
export interface ReplyWatch {
  /** The first content is there: from now on the reply is the client's. Once, and before `ended`. */
  content(): void;
  /**
   * Once, however it ended; never for a failure before the first content, which is told as `failed`. `came`: of one that broke off,
   * what came of it.
   */
  ended(told: FlowReading, error: GatewayError | undefined, came?: Came): void;
}

/** Who asked for a reply. One of the two is called, once. */
export interface Asker<Kind> {
  answered(answer: Kind): void;
  failed(error: GatewayError): void;
}

/** Tells its answer at the first content, or a failure before it. */
export function openStream(
  source: ByteSource,
  flow: ReplyFlow,
  headers: Record<string, string>,
  asker: ReplyWatch & Asker<StreamAnswer>,
): void {
  source.flow(new StreamedReply(source, flow, headers, asker));
}

class StreamedReply implements StreamAnswer, ByteSink {
  readonly type = 'stream';
  readonly headers: Record<string, string>;
  readonly #source: ByteSource;
  readonly #flow: ReplyFlow;
  readonly #asker: ReplyWatch & Asker<StreamAnswer>;
  #held: Bytes[] = [];
  #came: Came | undefined = new Came();
  #client: AnswerSink | undefined;
  #over = false;
  #committed = false;
  #slow = false;
  /** Until upstream's bytes end, after its last word. */
  #lingering: NodeJS.Timeout | undefined;

  constructor(
    source: ByteSource,
    flow: ReplyFlow,
    headers: Record<string, string>,
    asker: ReplyWatch & Asker<StreamAnswer>,
  ) {
    this.headers = headers;
    this.#source = source;
    this.#flow = flow;
    this.#asker = asker;
  }

  // What the client's side calls.

  flow(client: AnswerSink): void {
    this.#client = client;
    const first = this.#held;
    this.#held = [];
    if (first.length > 0) this.#slow = !client.write(first);
    if (this.#over) client.end();
  }

  resume(): void {
    this.#slow = false;
    this.#source.resume();
  }

  // What the upstream's side calls.

  data(chunk: Buffer): boolean {
    if (this.#over) return true;
    this.#came?.add(chunk);
    try {
      this.#emit(this.#flow.push(chunk));
    } catch (thrown) {
      this.#breakOff(thrown);
      return true;
    }
    if (!this.#committed) this.#look();
    if (!this.#over && this.#committed && this.#flow.told.over) process.nextTick(lastWord, this);
    return !this.#slow;
  }

  end(): void {
    clearTimeout(this.#lingering);
    if (!this.#over) this.#finish(endOf(this.#flow), undefined);
  }

  fail(error: GatewayError): void {
    clearTimeout(this.#lingering);
    if (!this.#over) this.#finish(this.#flow.fail(error), error);
  }

  /** Upstream said its last word. Some then keep their connection open, for which nobody shall wait. */
  lastWord(): void {
    if (this.#over) return;
    this.#lingering = setTimeout(giveUp, patience, this.#source).unref();
    this.#finish(endOf(this.#flow), undefined);
    // A client that is slow to the last asks for no more, and the end of a source that is paused never comes.
    if (this.#slow) this.#source.resume();
  }

  /** Whether what came is content, or a failure instead of it. */
  #look(): void {
    const { content, failure } = this.#flow.told;
    if (failure) {
      this.#source.abort(failure);
      this.#finish([], failure);
    } else if (content) this.#commit();
  }

  #emit(bytes: Bytes[]): void {
    if (bytes.length === 0) return;
    if (this.#client) this.#slow = !this.#client.write(bytes) || this.#slow;
    else this.#held.push(...bytes);
  }

  #commit(): void {
    if (this.#committed) return;
    this.#committed = true;
    this.#asker.content();
    this.#asker.answered(this);
  }

  #finish(bytes: Bytes[], error: GatewayError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#emit(bytes);
    const { told } = this.#flow;
    // What breaks after the legal end of a reply took nothing from it.
    const failure = told.failure ?? (told.ended ? undefined : error);
    if (!this.#committed && failure) {
      this.#asker.failed(failure);
      return;
    }
    // Who takes up the answer only now is told of its end at once, by `flow`.
    const client = this.#client;
    this.#commit();
    const came = this.#came;
    // What is over may be held for long by the connection it came on.
    this.#came = undefined;
    try {
      this.#asker.ended(told, failure, failure && came);
    } finally {
      // Whatever goes wrong with the accounts of it, its client does not wait.
      client?.end();
    }
  }

  #breakOff(thrown: unknown): void {
    const error = toGatewayError(thrown);
    this.#source.abort(error);
    this.#finish(this.#flow.fail(error), error);
  }
}

/** Milliseconds that the bytes of a reply have to end after its last word, so that its connection can serve again. */
export const patience = 1000;

function lastWord(reply: StreamedReply): void {
  reply.lastWord();
}

/** Ends the call of a reply that is over; its connection serves no more. */
export function giveUp(source: ByteSource): void {
  source.abort(new Error('The upstream kept its connection open behind the end of its reply.'));
}

function endOf(flow: ReplyFlow): Bytes[] {
  try {
    return flow.end();
  } catch (thrown) {
    return flow.fail(toGatewayError(thrown));
  }
}
