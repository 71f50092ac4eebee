// How an answer is put on the wire, with everything that may go wrong there: a sequence of steps that any HTTP server can
// play. Pure: time passes only where a step says so.

import type { Faults } from './script.ts';
import type { Said } from './speaker.ts';

/** One thing to do with the connection. Times are in milliseconds; Infinity is for ever. */
export type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | { readonly do: 'write'; readonly bytes: Uint8Array }
  /** The body ends as it should. */
  | { readonly do: 'end' }
  /** The connection breaks. */
  | { readonly do: 'reset' };

/** An answer as it would be if nothing went wrong. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Streamed;
}

interface Streamed {
  readonly events: Iterable<Said>;
  readonly keepAlive: string;
  /** The scripted error, in the words of the dialect, after so many events. */
  failure(said: number): string;
}

/** The answer as steps, with the faults. */
export function* stepsOf(answer: Answer, faults: Faults): Iterable<Step> {
  if (faults.hang === true) yield { do: 'wait', ms: Number.POSITIVE_INFINITY };
  if (faults.slow !== undefined) yield { do: 'wait', ms: faults.slow };
  yield { do: 'head', status: answer.status, headers: headersOf(answer, faults) };
  const body = faults.empty === true ? [] : bodyOf(answer.body, faults);
  yield* cut(dripped(body, faults), faults);
}

function headersOf(answer: Answer, faults: Faults): Readonly<Record<string, string>> {
  const headers = { ...answer.headers, ...faults.headers };
  if (typeof answer.body !== 'string' || faults.cut?.clean === true) return headers;
  const body = [...bodyOf(answer.body, { ...faults, stall: undefined })];
  const length =
    faults.empty === true ? 0 : Buffer.byteLength(body.filter((part) => typeof part === 'string').join(''));
  return { ...headers, 'content-length': String(length) };
}

/** A text to write, or a time to wait. */
type Part = string | number;

function* bodyOf(body: Answer['body'], faults: BodyFaults): Iterable<Part> {
  if (typeof body === 'string') yield* wholeParts(body, faults);
  else yield* streamParts(body, faults);
}

/** `exactOptionalPropertyTypes` aside, what a body is subject to. */
type BodyFaults = { readonly [Name in keyof Faults]?: Faults[Name] | undefined };

/** A whole body stalls in its middle, and is malformed by ending too early. */
function* wholeParts(body: string, faults: BodyFaults): Iterable<Part> {
  if (faults.slowBody !== undefined) yield faults.slowBody;
  const text = faults.malformed === undefined ? body : broken(body);
  if (faults.stall === undefined) return yield text;
  const middle = Math.floor(text.length / 2);
  yield text.slice(0, middle);
  yield faults.stall.ms;
  yield text.slice(middle);
}

function* streamParts(body: Streamed, faults: BodyFaults): Iterable<Part> {
  const silence = (ms: number): Iterable<Part> => pause(ms, faults.keepAlive, body.keepAlive);
  if (faults.slowBody !== undefined) yield* silence(faults.slowBody);
  let said = 0;
  for (const { wire, before } of counted(body.events, faults.noTerminal === true)) {
    if (faults.failure !== undefined && before >= faults.failure.after) return yield body.failure(said);
    if (before === faults.stall?.after) yield* silence(faults.stall.ms);
    yield before === faults.malformed?.after ? broken(wire) : wire;
    said++;
    if (faults.pace !== undefined) yield* silence(faults.pace);
  }
}

/** The events with how many came before since content began (-1 for those that open the stream); unclosed where asked. */
function* counted(
  events: Iterable<Said>,
  unclosed: boolean,
): Iterable<{ readonly wire: string; readonly before: number }> {
  let contents = 0;
  for (const event of events) {
    const wire = unclosed && event.part === 'close' ? event.unclosed : event.wire;
    if (wire !== undefined) yield { wire, before: event.part === 'open' ? -1 : contents++ };
  }
}

/** Waits, with a sign of life every so often where one is asked for. */
function* pause(ms: number, every: number | undefined, keepAlive: string): Iterable<Part> {
  if (every === undefined) return yield ms;
  for (let left = ms; left > 0; left -= every) {
    yield Math.min(left, every);
    if (left > every) yield keepAlive;
  }
}

/** The text broken off within, with the line ends it closed by: JSON that does not parse, in a frame that does. */
function broken(text: string): string {
  const content = text.trimEnd();
  return content.slice(0, Math.floor(content.length * 0.6)) + text.slice(content.length);
}

function* dripped(parts: Iterable<Part>, faults: Faults): Iterable<Step> {
  for (const part of parts) {
    if (typeof part === 'number') yield { do: 'wait', ms: part };
    else if (faults.drip === undefined) yield { do: 'write', bytes: Buffer.from(part) };
    else yield* drops(Buffer.from(part), faults.drip);
  }
}

function* drops(bytes: Buffer, drip: NonNullable<Faults['drip']>): Iterable<Step> {
  for (let at = 0; at < bytes.length; at += drip.bytes) {
    yield { do: 'write', bytes: bytes.subarray(at, at + drip.bytes) };
    yield { do: 'wait', ms: drip.every };
  }
}

function* cut(steps: Iterable<Step>, faults: Faults): Iterable<Step> {
  let left = faults.cut?.bytes ?? Number.POSITIVE_INFINITY;
  for (const step of steps) {
    if (step.do !== 'write') {
      yield step;
      continue;
    }
    if (step.bytes.length >= left) {
      if (left > 0) yield { do: 'write', bytes: step.bytes.subarray(0, left) };
      return yield { do: faults.cut?.clean === true ? 'end' : 'reset' };
    }
    left -= step.bytes.length;
    yield step;
  }
  yield { do: 'end' };
}
