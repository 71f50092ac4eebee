import { afterEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../errors.ts';
import type { ByteSink, ByteSource } from '../transport/http.ts';
import type { Bytes, StreamAnswer } from './exchange.ts';
import type { FlowReading, ReplyFlow } from './flow.ts';
import { openStream, type ReplyWatch } from './stream.ts';

/** An upstream under the test's control. */
function scripted() {
  let sink: ByteSink | undefined;
  const log: string[] = [];
  const source: ByteSource = {
    flow: (given) => {
      sink = given;
    },
    resume: () => log.push('resume'),
    abort: (reason) => log.push(`abort: ${reason.message}`),
  };
  const to = (): ByteSink => {
    if (!sink) throw new Error('not flowing');
    return sink;
  };
  return {
    source,
    log,
    data: (text: string) => to().data(Buffer.from(text)),
    end: () => to().end(),
    fail: (error: GatewayError) => to().fail(error),
  };
}

/** A flow that calls `+` content, `!` a failure, `.` the legal end, `|` the last word, and copies the rest. */
function copying(): ReplyFlow {
  const told: { -readonly [K in keyof FlowReading]: FlowReading[K] } = { content: false, ended: false };
  return {
    push(chunk) {
      const text = chunk.toString();
      if (text.includes('+')) told.content = true;
      if (text.includes('.')) told.ended = true;
      if (text.includes('|')) told.over = true;
      if (text.includes('!')) told.failure = new GatewayError('overloaded', 'busy');
      if (text.includes('?')) throw new Error('broken flow');
      return [text];
    },
    end: () => ['(end)'],
    fail: (error) => [`(failed: ${error.message})`],
    told,
  };
}

function client(open = true) {
  const written: Bytes[] = [];
  let ended = false;
  const answer = { open, written: () => written.join(''), ended: () => ended };
  return {
    answer,
    sink: {
      write: (bytes: readonly Bytes[]) => {
        written.push(...bytes);
        return answer.open;
      },
      end: () => {
        ended = true;
      },
    },
  };
}
/** A watch that hears the end, once, and never before the beginning. */
function watching(ended: ReplyWatch['ended']): ReplyWatch {
  const heard: string[] = [];
  return {
    content: () => void heard.push('begun'),
    ended(told, error) {
      expect(heard).toEqual(['begun']);
      heard.push('ended');
      ended(told, error);
    },
  };
}
function opened(source: ByteSource, flow: ReplyFlow, headers: Record<string, string>, watch: ReplyWatch) {
  return new Promise<StreamAnswer>((answered, failed) =>
    openStream(source, flow, headers, { ...watch, answered, failed }),
  );
}
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('openStream', () => {
  it('holds everything until the first content, then lets it out in order', async () => {
    const upstream = scripted();
    const ends: unknown[] = [];
    const pending = opened(
      upstream.source,
      copying(),
      { a: 'b' },
      watching((told, error) => ends.push([told.content, error])),
    );
    upstream.data('hello ');
    await tick();
    upstream.data('+ first');
    const answer = await pending;
    const { sink, answer: seen } = client();
    answer.flow(sink);
    upstream.data(' second');
    upstream.end();
    expect([seen.written(), seen.ended(), answer.headers]).toEqual(['hello + first second(end)', true, { a: 'b' }]);
    expect(ends).toEqual([[true, undefined]]);
  });

  it('rejects on a failure before content, and tells the upstream to stop', async () => {
    const upstream = scripted();
    const pending = opened(
      upstream.source,
      copying(),
      {},
      watching(() => expect.unreachable()),
    );
    upstream.data('hello !');
    await expect(pending).rejects.toMatchObject({ kind: 'overloaded' });
    expect(upstream.log).toEqual(['abort: busy']);
  });

  it('ends once for a client that takes up an answer as it is told of it', () => {
    const upstream = scripted();
    const written: Bytes[] = [];
    let ends = 0;
    const sink = { write: (bytes: readonly Bytes[]) => written.push(...bytes) > 0, end: () => void ends++ };
    const asker = { answered: (answer: StreamAnswer) => answer.flow(sink), failed: () => expect.unreachable() };
    openStream(upstream.source, copying(), {}, { ...watching(() => undefined), ...asker });
    upstream.data('no content');
    upstream.end();
    expect([written.join(''), ends]).toEqual(['no content(end)', 1]);
  });

  it('says in the stream what breaks after content', async () => {
    const upstream = scripted();
    const ends: (string | undefined)[] = [];
    const pending = opened(
      upstream.source,
      copying(),
      {},
      watching((_told, error) => ends.push(error?.kind)),
    );
    upstream.data('+');
    const answer = await pending;
    const { sink, answer: seen } = client();
    answer.flow(sink);
    upstream.fail(new GatewayError('upstream', 'reset'));
    expect([seen.written(), seen.ended(), ends]).toEqual(['+(failed: reset)', true, ['upstream']]);
  });

  it('counts as whole what breaks after its legal end', async () => {
    const upstream = scripted();
    const ends: (string | undefined)[] = [];
    const pending = opened(
      upstream.source,
      copying(),
      {},
      watching((_told, error) => ends.push(error?.kind)),
    );
    upstream.data('+ all.');
    await pending;
    upstream.fail(new GatewayError('upstream', 'reset'));
    expect(ends).toEqual([undefined]);
  });

  it('survives a flow that throws', async () => {
    const upstream = scripted();
    const pending = opened(
      upstream.source,
      copying(),
      {},
      watching(() => undefined),
    );
    upstream.data('?');
    await expect(pending).rejects.toMatchObject({ kind: 'internal' });
    expect(upstream.log[0]).toMatch(/^abort/);
  });

  it('pauses the upstream while the client is slow', async () => {
    const upstream = scripted();
    const pending = opened(
      upstream.source,
      copying(),
      {},
      watching(() => undefined),
    );
    upstream.data('+');
    const answer = await pending;
    const { sink, answer: seen } = client(false);
    answer.flow(sink);
    upstream.data('a');
    await tick();
    expect(upstream.data('b')).toBe(false);
    seen.open = true;
    answer.resume();
    expect(upstream.log).toEqual(['resume']);
    await tick();
    expect(upstream.data('c')).toBe(true);
    upstream.end();
    expect(seen.written()).toBe('+abc(end)');
  });
});

describe('an upstream that said its last word', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  async function told(texts: readonly string[], open = true) {
    const upstream = scripted();
    const ends: unknown[] = [];
    const pending = opened(
      upstream.source,
      copying(),
      {},
      watching((_told, error) => ends.push(error)),
    );
    const { sink, answer: seen } = client(open);
    const [first = '', ...later] = texts;
    upstream.data(first);
    (await pending).flow(sink);
    for (const text of later) upstream.data(text);
    await tick();
    return { upstream, seen, ends };
  }

  it.each([[['+ all.|']], [['+ first', ' last.|']]])('is not waited for: %j', async (texts) => {
    const { upstream, seen, ends } = await told(texts);
    expect([seen.written(), seen.ended(), ends]).toEqual([`${texts.join('')}(end)`, true, [undefined]]);
    upstream.data('more');
    upstream.end();
    expect([seen.written(), ends.length, upstream.log]).toEqual([`${texts.join('')}(end)`, 1, []]);
  });

  it('goes on to the end of its bytes where its client has yet to read: that would let it go on no more', async () => {
    const { upstream, seen } = await told(['+ all.|'], false);
    expect([seen.ended(), upstream.log]).toEqual([true, ['resume']]);
    expect(upstream.data('more')).toBe(true);
  });

  it('is given a second to end its bytes, and then up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const open = await told(['+ all.|']);
    const ended = await told(['+ all.|']);
    ended.upstream.end();
    vi.advanceTimersByTime(999);
    expect(open.upstream.log).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(open.upstream.log).toEqual([expect.stringMatching(/^abort: .*kept its connection open/)]);
    expect(ended.upstream.log).toEqual([]);
  });
});
