// A stream that breaks off at any byte, however it was cut on its way, ends legally for every client: with the last word of its
// reply where upstream had said it, else with an error after which clients try again.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { dialectOf, dialects } from '../../src/dialects/index.ts';
import type { Envelope } from '../../src/envelope.ts';
import { GatewayError } from '../../src/errors.ts';
import type { Frame } from '../../src/frame.ts';
import type { ReplyEvent } from '../../src/ir/reply.ts';
import { asArray, asObject, type Json, parseJson } from '../../src/json.ts';
import { openFlow, type ReplyFlow } from '../../src/relay/flow.ts';
import { contextFor, eventsOf, type Fixture, fixtures, framesOf } from '../support/fixtures.ts';
import { checkGrammar } from '../support/grammar.ts';
import { mannersOf } from '../support/manners.ts';

fc.configureGlobal({ seed: 20_261_123 });

type Streamed = Fixture & Required<Pick<Fixture, 'sse'>>;
const streamed = fixtures.filter((fixture): fixture is Streamed => fixture.sse !== undefined);

/** One way from an upstream to a client. */
interface Way {
  readonly client: Dialect;
  readonly framing: Envelope['framing'];
  readonly usageWanted: boolean;
  readonly relabel?: string;
}
/** The ways of this dialect's streams. Another model name and hidden frames only matter where both sides speak it. */
function waysFrom(upstream: Dialect): readonly (readonly [string, Way])[] {
  return dialects.flatMap((client): readonly (readonly [string, Way])[] => {
    const way: Way = { client, framing: 'sse', usageWanted: true };
    return [
      [client.id, way],
      ...(client.id === 'gemini' ? [['gemini as a JSON array', arrayWay(client)] as const] : []),
      ...(client.id === upstream.id
        ? [['the same under another model name', { ...way, usageWanted: false, relabel: 'alias' }] as const]
        : []),
    ];
  });
}
const arrayWay = (client: Dialect): Way => ({ client, framing: 'json-array', usageWanted: true });

function flowFor({ dialect }: Streamed, { client, framing, usageWanted, relabel }: Way): ReplyFlow {
  const context = contextFor(client);
  return openFlow({
    upstream: dialect,
    client,
    maker: dialect.maker,
    context: { ...context, envelope: { ...context.envelope, framing, usageWanted } },
    relabel,
  });
}

type Ending = 'end' | 'break';

const connectionLost = new GatewayError('upstream', 'The connection to the upstream was lost.');

/** What the client gets when these are the bytes of upstream. */
function relayed(fixture: Streamed, way: Way, chunks: readonly Buffer[], ending: Ending): string {
  const flow = flowFor(fixture, way);
  const bytes = chunks.flatMap((chunk) => flow.push(chunk));
  bytes.push(...(ending === 'end' ? flow.end() : flow.fail(connectionLost)));
  return Buffer.concat(bytes.map((piece) => Buffer.from(piece))).toString('utf8');
}

/** The frames of what a client got. Each must be whole: clients parse all of them. */
function framesFor({ framing }: Way, output: string): readonly Frame[] {
  if (framing === 'json-array')
    return (asArray(parseJson(output)) ?? []).map((element) => ({ data: JSON.stringify(element) }));
  const frames = framesOf(output);
  for (const { data } of frames) if (data !== '[DONE]') expect(asObject(parseJson(data))).toBeDefined();
  // Some readers take an event without data for one, and fail to parse it.
  const blocks = output.split('\n\n');
  expect(blocks.filter((block) => !(/^data:/m.test(block) || block === '' || block.startsWith(':')))).toEqual([]);
  expect(blocks.at(-1)).toBe('');
  return frames;
}

const decoded = (dialect: Dialect, frames: readonly Frame[]): readonly ReplyEvent[] =>
  eventsOf(dialect.stream.decoder({ maker: dialect.maker }), frames);

const readable = ({ data }: Frame): boolean => {
  try {
    return data === '[DONE]' || asObject(parseJson(data)) !== undefined;
  } catch {
    return false;
  }
};

/** Whether these bytes hold a legal end. A connection that is lost in mid-frame has not delivered that frame; one that ends has. */
function saidItsLastWord({ dialect }: Streamed, bytes: Buffer, ending: Ending): boolean {
  const text = bytes.toString('utf8');
  const arrived = ending === 'end' ? text : text.slice(0, text.lastIndexOf('\n\n') + 1);
  return framesOf(arrived).some((frame) => readable(frame) && mannersOf(dialect.id).lastWord(frame));
}

const retryable = ['upstream', 'overloaded', 'timeout'];

/** The client's own reading of its stream is grammatical and has the right last word. */
function judge({ client }: Way, frames: readonly Frame[], complete: boolean): void {
  const events = decoded(client, frames);
  expect(checkGrammar(events)).toEqual([]);
  const last = events.at(-1);
  if (last?.type === 'failure') expect(retryable).toContain(last.error.kind);
  expect(last?.type).toBe(complete ? 'finish' : 'failure');
  if (!complete) expect(JSON.stringify(frames.at(-1)?.data)).toMatch(/error/);
}

/** So many positions spread evenly, and the last byte of every frame with and without its blank line. */
function positions(bytes: Buffer, most: number): readonly number[] {
  const edges = [...bytes.toString('latin1').matchAll(/\n\n/g)].flatMap(({ index }) => [index, index + 2]);
  const stride = Math.max(1, bytes.length / most);
  const spread = Array.from({ length: Math.ceil(bytes.length / stride) }, (_, step) => Math.floor(step * stride));
  return [...new Set([...spread, ...edges, bytes.length - 1, bytes.length])].toSorted((a, b) => a - b);
}

/** The bytes in pieces of these sizes, over and over. */
function inPieces(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, step = 0; at < bytes.length; step++) {
    const end = at + (sizes[step % sizes.length] ?? 1);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

describe.each(streamed.map((fixture) => [fixture.title, fixture] as const))('%s', (_title, fixture) => {
  const bytes = Buffer.from(fixture.sse);

  it.each(waysFrom(fixture.dialect))('is over for %s once its last word was said, and not before', (_way, way) => {
    const flow = flowFor(fixture, way);
    const frames = fixture.sse.split(/(?<=\n\n)/);
    const said = frames.map((frame) => {
      flow.push(Buffer.from(frame));
      return flow.told.over === true;
    });
    expect(said.indexOf(true)).toBe(fixture.dialect.stream.endsItself ? frames.length - 1 : -1);
  });

  it.each(waysFrom(fixture.dialect))('ends legally for %s wherever it breaks off', (_id, way) => {
    // Cut anywhere within a frame, a stream ends as it does before that frame: each output is judged once.
    const judged = new Set<string>();
    for (const position of positions(bytes, 70)) {
      const part = bytes.subarray(0, position);
      for (const ending of ['end', 'break'] as const) {
        const output = relayed(fixture, way, inPieces(part, [7, 1, 90 + (position % 50), 900]), ending);
        const complete = saidItsLastWord(fixture, part, ending);
        if (judged.has(`${complete} ${output}`)) continue;
        judged.add(`${complete} ${output}`);
        judge(way, framesFor(way, output), complete);
      }
    }
    expect(judged.size).toBeGreaterThan(1);
  });

  it.each(waysFrom(fixture.dialect))('gives %s the same bytes however it is cut', (_id, way) => {
    const whole = relayed(fixture, way, [bytes], 'end');
    expect(whole).not.toBe('');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        expect(relayed(fixture, way, inPieces(bytes, sizes), 'end')).toBe(whole);
      }),
      { numRuns: 4 },
    );
    expect(relayed(fixture, way, inPieces(bytes, [1, 2, 5]), 'end')).toBe(whole);
  });
});

describe.each(streamed.map((fixture) => [fixture.title, fixture] as const))('%s as a JSON array', (_title, fixture) => {
  it.each(['end', 'break'] as const)('has the error as its last element after a broken %s', (ending) => {
    const half = Buffer.from(fixture.sse).subarray(0, fixture.sse.length / 2);
    const elements = asArray(parseJson(relayed(fixture, arrayWay(dialectOf('gemini')), [half], ending))) ?? [];
    const errors = elements.map((element: Json) => asObject(asObject(element)?.error));
    expect(errors.at(-1)).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
    expect(errors.slice(0, -1).filter((error) => error)).toEqual([]);
  });
});
