// The recorded exchanges under fixtures/, by dialect and name, and what a law needs to speak to a dialect: a context for its
// encoders and the events of its frames.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialect, ReplyContext, ReplyDecoder } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/index.ts';
import type { DialectId, Target } from '../../src/envelope.ts';
import type { Frame } from '../../src/frame.ts';
import type { ReplyEvent } from '../../src/ir/reply.ts';
import { type JsonObject, parseObject } from '../../src/json.ts';
import { type Loss, once, type Report } from '../../src/loss.ts';
import { mannersOf } from './manners.ts';

export interface Fixture {
  /** `<dialect id>/<name>`. */
  readonly title: string;
  readonly dialect: Dialect;
  readonly request?: JsonObject;
  readonly requestText?: string;
  readonly reply?: JsonObject;
  readonly replyText?: string;
  /** The stream as its bytes came. */
  readonly sse?: string;
  readonly frames?: readonly Frame[];
}

const root = join(import.meta.dirname, '../../fixtures');

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function readFixture(dialect: Dialect, name: string): Fixture {
  const directory = join(root, dialect.id, name);
  const requestText = readText(join(directory, 'request.json'));
  const replyText = readText(join(directory, 'reply.json'));
  const sse = readText(join(directory, 'reply.sse'));
  const request = requestText === undefined ? undefined : parseObject(requestText);
  const reply = replyText === undefined ? undefined : parseObject(replyText);
  return {
    title: `${dialect.id}/${name}`,
    dialect,
    ...(requestText !== undefined && { requestText }),
    ...(replyText !== undefined && { replyText }),
    ...(request && { request }),
    ...(reply && { reply }),
    ...(sse !== undefined && { sse, frames: framesOf(sse) }),
  };
}

export const fixtures: readonly Fixture[] = dialects.flatMap((dialect) => {
  const directory = join(root, dialect.id);
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => readFixture(dialect, name));
});

/** The text of one recorded file. */
export function recorded(dialect: DialectId, name: string, file: 'request.json' | 'reply.json' | 'reply.sse'): string {
  return readFileSync(join(root, dialect, name, file), 'utf8');
}

/** One recorded request. */
export function recordedRequest(dialect: DialectId, name: string): JsonObject {
  return parseObject(recorded(dialect, name, 'request.json')) ?? {};
}

/** SSE text as frames; a reader of its own, so that it shares no mistake with the gateway's. */
export function framesOf(sse: string): readonly Frame[] {
  return sse.split(/\r?\n\r?\n/).flatMap((block): readonly Frame[] => {
    const lines = block.split(/\r?\n/);
    const field = (name: string): readonly string[] =>
      lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
    const data = field('data');
    if (data.length === 0) return [];
    const [event] = field('event');
    return [{ ...(event !== undefined && { event }), data: data.join('\n') }];
  });
}

/** Every event of a stream, its last word included. */
export function eventsOf(decoder: ReplyDecoder, frames: readonly Frame[]): readonly ReplyEvent[] {
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** What an encoder of this dialect may know, for a client that asked to see all. */
export function contextFor(dialect: Dialect, report: Report = () => undefined): ReplyContext {
  return {
    envelope: {
      dialect: dialect.id,
      operation: 'generate',
      model: 'demo',
      stream: true,
      framing: 'sse',
      usageWanted: true,
    },
    model: 'demo',
    request: mannersOf(dialect.id).curious,
    created: 1_785_500_000,
    id: 'abcdefghijklmnopqrstuvwx',
    report,
  };
}

export function targetFor(dialect: Dialect, overrides: Partial<Target> = {}): Target {
  return {
    model: mannersOf(dialect.id).model,
    stream: false,
    limits: {},
    maker: dialect.maker,
    accent: {},
    ...overrides,
  };
}

/** Collects what was lost, each once, as the relay does. */
export function listener(): { readonly report: Report; readonly losses: Loss[] } {
  const losses: Loss[] = [];
  return { report: once((loss) => losses.push(loss)), losses };
}
