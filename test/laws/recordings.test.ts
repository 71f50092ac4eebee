// What holds for every recorded reply: stream and whole agree, the meter agrees with the decoder, other dialects tell the same.

import { describe, expect, it } from 'vitest';
import { Body } from '../../src/body.ts';
import type { Meter, Reading } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/index.ts';
import { collect, replay } from '../../src/ir/fold.ts';
import type { FinishReason, Reply } from '../../src/ir/reply.ts';
import type { JsonObject } from '../../src/json.ts';
import { contextFor, eventsOf, type Fixture, fixtures } from '../support/fixtures.ts';
import { type Gist, gist } from '../support/gist.ts';
import { checkGrammar } from '../support/grammar.ts';
import { conversing } from '../support/manners.ts';

type Recorded = Fixture & Required<Pick<Fixture, 'reply' | 'replyText' | 'frames'>>;
const recorded = fixtures.filter(
  (fixture): fixture is Recorded => fixture.reply !== undefined && fixture.frames !== undefined,
);

function wholeOf({ dialect, reply }: Recorded): Reply {
  return dialect.reply.decode(reply, { maker: dialect.maker });
}
function streamedOf({ dialect, frames }: Recorded): Reply {
  return collect(eventsOf(dialect.stream.decoder({ maker: dialect.maker }), frames));
}
/** How likely the tokens were. The deltas of OpenAI Responses do not tell bytes. */
function tokensOf({ parts }: Reply): unknown {
  const tokens = parts.flatMap((part) => (part.type === 'text' && part.logprobs) || []);
  return JSON.parse(JSON.stringify(tokens, (key, value: unknown) => (key === 'bytes' ? undefined : value)));
}
function metered({ dialect, frames }: Recorded): Meter {
  const meter = dialect.stream.meter();
  for (const frame of frames) if (meter.marks.some((mark) => frame.data.includes(mark))) meter.read(frame);
  return meter;
}

it('there are recordings of every dialect', () => {
  expect(new Set(recorded.map(({ dialect }) => dialect.id)).size).toBe(dialects.length);
});

describe.each(recorded.map((fixture) => [fixture.title, fixture] as const))('%s', (_title, fixture) => {
  const { dialect, frames, replyText } = fixture;

  it('is the same reply as a stream and as a whole', () => {
    const whole = wholeOf(fixture);
    const streamed = streamedOf(fixture);
    expect(gist(streamed)).toEqual(gist(whole));
    expect(streamed.finish).toEqual(whole.finish);
    expect(streamed.parts.map(({ type }) => type)).toEqual(whole.parts.map(({ type }) => type));
    const seals = (reply: Reply): unknown => reply.parts.map((part) => ('seal' in part ? part.seal : undefined));
    expect(seals(streamed)).toEqual(seals(whole));
    expect(tokensOf(streamed)).toEqual(tokensOf(whole));
    expect([streamed.id, streamed.model]).toEqual([whole.id, whole.model]);
  });

  it('is grammatical wherever it is cut, and the meter knows whether that end is legal', () => {
    for (let length = 0; length <= frames.length; length++) {
      const some = frames.slice(0, length);
      const events = eventsOf(dialect.stream.decoder({ maker: dialect.maker }), some);
      expect([length, checkGrammar(events)]).toEqual([length, []]);
      const meter = dialect.stream.meter();
      for (const frame of some) meter.read(frame);
      expect([length, meter.reading.ended]).toEqual([length, events.at(-1)?.type === 'finish']);
    }
  });

  it('is metered as it is decoded, from the marked frames alone', () => {
    const streamed = streamedOf(fixture);
    const { reading } = metered(fixture);
    expect(reading.ended).toBe(true);
    expect(reading.failure).toBeUndefined();
    expect(reading.usage).toEqual(streamed.usage);
    expect(reading.finish?.reason).toBe(streamed.finish.reason);
    expect(reading.finish?.raw).toBe(streamed.finish.raw);
    const whole = wholeOf(fixture);
    const body: Reading = dialect.reply.meter(Body.read(Buffer.from(replyText)));
    expect(body.usage).toEqual(whole.usage);
    expect(body.finish?.reason).toBe(whole.finish.reason);
    expect([body.id ?? '', body.model ?? '']).toEqual([whole.id, whole.model]);
  });

  it('leaves most frames of plain text unread', () => {
    const { marks } = dialect.stream.meter();
    const unread = frames.filter((frame) => !marks.some((mark) => frame.data.includes(mark)));
    if (frames.length > 12) expect(unread.length).toBeGreaterThan(frames.length / 3);
  });

  it.each(
    dialects.filter(({ id }) => id !== dialect.id && conversing.includes(id)).map((each) => [each.id, each] as const),
  )('says the same in %s', (_id, other) => {
    const reply = wholeOf(fixture);
    const expected = comparable(reply, gist(reply));
    const body = JSON.parse(JSON.stringify(other.reply.encode(reply, contextFor(other)))) as JsonObject;
    expect(comparable(reply, gist(other.reply.decode(body, { maker: other.maker })))).toEqual(expected);
    const told = replay(reply).flatMap(other.stream.encoder(contextFor(other)));
    const events = eventsOf(other.stream.decoder({ maker: other.maker }), told);
    expect(checkGrammar(events)).toEqual([]);
    expect(comparable(reply, gist(collect(events)))).toEqual(expected);
  });
});

/** Finishes that only one dialect tells apart. */
const told: Partial<Record<FinishReason, FinishReason>> = { 'stop-sequence': 'stop', pause: 'stop', other: 'stop' };

/** What all dialects can say: not media, not freeform input, not the counts of reasoning and caches that some leave out. */
function comparable(reply: Reply, said: Gist): Partial<Gist> {
  const plain = reply.parts.every((part) => part.type !== 'tool-call' || !part.freeform);
  const { text, calls, finish, refusal } = said;
  return { text: text + refusal, finish: told[finish] ?? finish, ...(plain && { calls }) };
}
