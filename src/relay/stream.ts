// A streaming reply as an answer: held back until its first content, so that until then a failure can still go to the next
// candidate; afterwards written as it comes, a network read at a time, at the client's pace.

import { type GatewayError, toGatewayError } from '../errors.ts';
import type { ByteSource } from '../transport/http.ts';
import type { AnswerSink, Bytes, StreamAnswer } from './exchange.ts';
import type { FlowReading, ReplyFlow } from './flow.ts';

/** Hears how a reply fares. */
export interface ReplyWatch {
  /** The first content is there: from now on the reply is the client's. Once, and before `ended`. */
  content(): void;
  /** Once, however it ended; never for a failure before the first content, which is thrown. */
  ended(told: FlowReading, error: GatewayError | undefined): void;
}

/** Settles at the first content (resolved) or at a failure before it (rejected). */
export function openStream(
  source: ByteSource,
  flow: ReplyFlow,
  headers: Record<string, string>,
  watch: ReplyWatch,
): Promise<StreamAnswer> {
  return new Promise((resolve, reject) => {
    let held: Bytes[] | undefined = [];
    let sink: AnswerSink | undefined;
    let over = false;
    let committed = false;
    let slow = false;

    const answer: StreamAnswer = {
      type: 'stream',
      headers,
      flow(client) {
        sink = client;
        const first = held ?? [];
        held = undefined;
        if (first.length > 0) slow = !client.write(first);
        if (over) client.end();
      },
      resume() {
        slow = false;
        source.resume();
      },
    };
    const emit = (bytes: Bytes[]): void => {
      if (bytes.length === 0) return;
      if (sink) slow = !sink.write(bytes) || slow;
      else held?.push(...bytes);
    };
    const commit = (): void => {
      if (committed) return;
      committed = true;
      watch.content();
      resolve(answer);
    };
    const finish = (bytes: Bytes[], error: GatewayError | undefined): void => {
      if (over) return;
      over = true;
      emit(bytes);
      const { told } = flow;
      // What breaks after the legal end of a reply took nothing from it.
      const failure = told.failure ?? (told.ended ? undefined : error);
      if (!committed && failure) {
        reject(failure);
        return;
      }
      commit();
      watch.ended(told, failure);
      sink?.end();
    };
    const breakOff = (thrown: unknown): void => {
      const error = toGatewayError(thrown);
      source.abort(error);
      finish(flow.fail(error), error);
    };

    source.flow({
      data(chunk) {
        if (over) return true;
        try {
          emit(flow.push(chunk));
        } catch (thrown) {
          breakOff(thrown);
          return true;
        }
        const { content, failure } = flow.told;
        if (!committed && failure) {
          source.abort(failure);
          finish([], failure);
        } else if (content) commit();
        return !slow;
      },
      end: () => finish(endOf(flow), undefined),
      fail: (error) => finish(flow.fail(error), error),
    });
  });
}

function endOf(flow: ReplyFlow): Bytes[] {
  try {
    return flow.end();
  } catch (thrown) {
    return flow.fail(toGatewayError(thrown));
  }
}
