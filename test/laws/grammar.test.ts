// Every decoder speaks the grammar of src/ir/reply.ts and never throws, whatever an upstream sends.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Body } from '../../src/body.ts';
import type { Dialect, InboundCall } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/index.ts';
import type { Target } from '../../src/envelope.ts';
import { GatewayError } from '../../src/errors.ts';
import type { Frame } from '../../src/frame.ts';
import { replay } from '../../src/ir/fold.ts';
import { repair } from '../../src/ir/repair.ts';
import type { ReplyEvent } from '../../src/ir/reply.ts';
import type { ChatRequest } from '../../src/ir/request.ts';
import { type JsonObject, parseObject } from '../../src/json.ts';
import { contextFor, eventsOf, fixtures, targetFor } from '../support/fixtures.ts';
import { checkGrammar } from '../support/grammar.ts';

fc.configureGlobal({ seed: 20_261_122 });

/** Words that decoders switch on, so that chance finds their branches. */
const keys = [
  'type',
  'index',
  'delta',
  'content_block',
  'message',
  'error',
  'usage',
  'choices',
  'tool_calls',
  'function',
  'id',
  'name',
  'arguments',
  'content',
  'finish_reason',
  'candidates',
  'parts',
  'text',
  'functionCall',
  'args',
  'finishReason',
  'item',
  'output_index',
  'response',
  'output',
  'item_id',
  'content_index',
  'summary_index',
  'status',
  'code',
  'usageMetadata',
];
const words = [
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
  'error',
  'text',
  'tool_use',
  'thinking',
  'text_delta',
  'input_json_delta',
  'response.created',
  'response.output_item.added',
  'response.output_item.done',
  'response.output_text.delta',
  'response.function_call_arguments.delta',
  'response.completed',
  'response.failed',
  'function_call',
  'reasoning',
  'stop',
  'STOP',
  'tool_calls',
  'web_search_call',
  '',
];
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...words, 0, 1, -1, 0.5, true, false, null),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 5 }),
  ),
})).value;
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ event: fc.constantFrom(...words), data: json.map((value) => JSON.stringify(value)) }),
  fc.record({ data: json.map((value) => JSON.stringify(value)) }),
  fc.record({
    data: fc.constantFrom(
      ...words.map((word) => JSON.stringify([word])),
      ...words.map((word) => `{"type":"${word}"`),
      ...keys.map((key) => JSON.stringify({ [key]: null })),
      '{"model":1',
      '',
      '[DONE]',
      '{',
      'null',
      '[]',
      'keep-alive',
      '{"error":"x"}',
      '{"error":{"code":429}}',
    ),
  }),
);

function decode(dialect: Dialect, frames: readonly Frame[]): readonly ReplyEvent[] {
  const decoder = dialect.stream.decoder({ maker: dialect.maker });
  const events = eventsOf(decoder, frames);
  const after = frames.flatMap((late) => decoder.push(late));
  return [...events, ...after, ...decoder.end()];
}

/** One member of a recorded frame, anywhere in it, replaced by something else. */
function spoil(value: unknown, path: readonly number[], replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return replacement;
  const names = Object.keys(value);
  const name = names[step % Math.max(1, names.length)];
  if (name === undefined) return replacement;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value };
  copy[name] = spoil(copy[name], rest, replacement);
  return copy;
}

describe.each(dialects.map((dialect) => [dialect.id, dialect] as const))('%s', (id, dialect) => {
  const recorded = fixtures
    .filter((fixture) => fixture.dialect.id === id)
    .flatMap(({ frames }) => (frames ? [frames] : []));

  it('makes grammar of frames of any JSON', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        expect(checkGrammar(decode(dialect, frames))).toEqual([]);
        watch(dialect, frames);
      }),
      { numRuns: 400 },
    );
  });

  it('makes grammar of recordings with frames lost, doubled and out of order', () => {
    for (const frames of recorded)
      fc.assert(
        fc.property(fc.array(fc.nat({ max: Math.max(0, frames.length - 1) }), { maxLength: 30 }), (order) => {
          const mixed = order.flatMap((at) => frames[at] ?? []);
          expect(checkGrammar(decode(dialect, mixed))).toEqual([]);
        }),
        { numRuns: 40 },
      );
  });

  it('makes grammar of recordings with a spoiled frame, and its meter never throws', () => {
    for (const frames of recorded)
      fc.assert(
        fc.property(
          fc.nat({ max: Math.max(0, frames.length - 1) }),
          fc.array(fc.nat({ max: 12 }), { maxLength: 6 }),
          json,
          (at, path, other) => {
            const spoiled = frames.map((each, index) =>
              index === at
                ? { ...each, data: JSON.stringify(spoil(parseObject(each.data), path, other)) ?? 'null' }
                : each,
            );
            expect(checkGrammar(decode(dialect, spoiled))).toEqual([]);
            watch(dialect, spoiled);
          },
        ),
        { numRuns: 40 },
      );
  });

  it('reads or refuses any body, and writes on what it read, in every dialect', () => {
    const bodies = fixtures
      .filter((fixture) => fixture.dialect.id === id)
      .flatMap(({ reply, request }) => [reply, request]);
    const spoiledBody = fc
      .tuple(fc.constantFrom(...bodies, {}), fc.array(fc.nat({ max: 12 }), { maxLength: 7 }), json)
      .map(([body, path, other]) => spoil(body ?? {}, path, other));
    fc.assert(
      fc.property(fc.oneof(json, spoiledBody), (value) => {
        exercise(dialect, parseObject(JSON.stringify(value) ?? 'null') ?? {});
      }),
      { numRuns: 250 },
    );
  });

  it('ends a stream that broke off in a way its own decoder takes for a failure', () => {
    const error = new GatewayError('upstream', 'It broke off.');
    for (const frames of recorded) {
      const some = frames.slice(0, Math.ceil(frames.length / 2));
      const meter = dialect.stream.meter();
      for (const each of some) meter.read(each);
      if (meter.reading.ended) continue;
      const tail = dialect.stream.failure(error, contextFor(dialect), meter.reading);
      const last = decode(dialect, [...some, ...tail]).at(-1);
      expect(last?.type).toBe('failure');
    }
  });
});

/** What passes by untranslated is metered and relabelled: neither may trip over anything. */
function watch(dialect: Dialect, frames: readonly Frame[]): void {
  const meter = dialect.stream.meter();
  const context = contextFor(dialect);
  for (const each of frames) {
    meter.read(each);
    dialect.stream.relabel(each, 'alias');
  }
  expect(dialect.stream.closing(meter.reading)).toBeInstanceOf(Array);
  expect(dialect.stream.failure(new GatewayError('upstream', 'Cut.'), context, meter.reading)).not.toEqual([]);
}

const quiet = (): void => undefined;

function orRefuse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    return undefined;
  }
}

/** Models that know levels, budgets or neither, asked by their names or not. */
const thinkers: readonly Partial<Target>[] = [
  { limits: { maxOutput: 4000, reasoning: { levels: ['minimal', 'high'], off: false, auto: false } } },
  { limits: { reasoning: { budget: { min: 1024, max: 2048 } } }, thinking: { effort: 'max' } },
  { limits: { reasoning: {} } },
  { thinking: { auto: true } },
];

/** Everything a dialect may be asked to do with a stranger's body. */
function exercise(dialect: Dialect, body: JsonObject): void {
  const bytes = Body.of(body);
  const reply = orRefuse(() => dialect.reply.decode(body, { maker: dialect.maker }));
  const request = orRefuse(() => dialect.request.decode(body, quiet));
  for (const other of dialects) {
    if (reply) other.reply.encode(reply, contextFor(other));
    if (reply) replay(reply).flatMap(other.stream.encoder(contextFor(other)));
    if (request) orRefuse(() => rewrite(request, other));
  }
  orRefuse(() => dialect.reply.meter(bytes));
  orRefuse(() => dialect.request.retarget(bytes, targetFor(dialect)));
  for (const thinker of thinkers)
    orRefuse(() => dialect.request.fitThinking(bytes, targetFor(dialect, thinker), 'generate', quiet));
  expect(
    dialect.request.fitThinking(bytes, targetFor(dialect, { maker: 'anyone', limits: {} }), 'generate', quiet),
  ).toBe(bytes);
  orRefuse(() => dialect.request.unseal(bytes, 'anyone', quiet));
  orRefuse(() => dialect.request.envelope(callWith(bytes)));
  orRefuse(() => dialect.count?.decode(body));
  orRefuse(() => dialect.count?.wrap(dialect.count.unwrap(body), targetFor(dialect)));
  dialect.error.decode(400, bytes.bytes.toString(), {});
}

function rewrite(request: ChatRequest, other: Dialect): string {
  const repaired = repair(request, other, targetFor(other), quiet).request;
  return JSON.stringify(other.request.encode(repaired, targetFor(other), quiet));
}

function callWith(body: Body): InboundCall {
  const header = (): undefined => undefined;
  return {
    operation: 'generate',
    path: '/v1beta/models/m:generateContent',
    query: new URLSearchParams(),
    header,
    body,
  };
}

describe('the frames of chance', () => {
  it('reach the branches of decoders often enough', () => {
    const sample = fc.sample(frame, { numRuns: 300, seed: 1 });
    const seen = new Set(sample.flatMap(({ data }) => Object.keys(parseObject(data) ?? {})));
    expect(seen.size).toBeGreaterThan(keys.length / 2);
  });
});
