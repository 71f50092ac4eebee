// The log: where the lines of what happens go, as JSON, or on a terminal as something a person can read. No line leaves without
// passing the redaction.

import { writeSync } from 'node:fs';
import { addLines } from './lines.ts';
import type { Hear } from './observation.ts';
import { createOutput, type Output } from './output.ts';
import { prettyLine } from './pretty.ts';

/** How much is said, where, and in which form. */
export interface LogOptions {
  /** At first: a configuration that is loaded later may change it. */
  readonly level: 'debug' | 'info';
  /** Where lines go, one or several in a text; standard output when absent. */
  readonly stream?: { write(text: string): void };
  /** For people; by default where standard output is a terminal. */
  readonly pretty?: boolean;
  /** Takes secrets out of lines. */
  readonly redact?: (lines: string) => string;
}

/** A listener that writes. */
export interface Log {
  readonly hear: Hear;
  /** Somebody watches, and wants each line at once. */
  readonly watched: boolean;
  /** Writes what is left, as the process ends. */
  end(): void;
}

/** What its reader was too slow for is tried again this often (milliseconds). */
const flushEvery = 200;

/** A reader of standard output that is too slow is not waited for: so much is kept for it, and what comes beyond is counted as lost. */
export function createLog({ level, stream, pretty = isTerminal(stream), redact = asIs }: LogOptions): Log {
  const print = pretty ? prettyLines : asIs;
  const output = stream ? { write: (text: string) => stream.write(text), end: () => undefined } : standardOutput(print);
  const timeOf = createTimePrinter();
  let debug = level === 'debug';
  return {
    watched: pretty,
    end: output.end,
    hear(observations, times) {
      const lines: string[] = [];
      observations.forEach((observation, index) => {
        if (observation.type === 'config-loaded') debug = observation.debug;
        addLines(lines, observation, timeOf(times[index] ?? 0), debug);
      });
      if (lines.length > 0) output.write(print(redact(lines.join(''))), lines.length);
    },
  };
}

/** Many things happen within one millisecond. */
function createTimePrinter(): (time: number) => string {
  let last = 0;
  let printed = new Date(last).toISOString();
  return (time) => {
    if (time !== last) {
      last = time;
      printed = new Date(time).toISOString();
    }
    return printed;
  };
}

function prettyLines(lines: string): string {
  return lines
    .split(/(?<=\n)/)
    .map(prettyLine)
    .join('');
}

const asIs = (lines: string): string => lines;

function isTerminal(stream: LogOptions['stream']): boolean {
  return stream === undefined && process.stdout.isTTY === true;
}

function standardOutput(print: (line: string) => string): Pick<Output, 'write'> & Pick<Log, 'end'> {
  const output = createOutput({
    // A pipe is set by Node not to let anyone wait, and files are quick.
    write: (bytes) => writeSync(process.stdout.fd, bytes),
    lossNote: (lost) => print(lossNote(lost)),
  });
  setInterval(output.flush, flushEvery).unref();
  return { write: output.write, end: () => lastWords(output) };
}

function lossNote(lines: number): string {
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines, msg: 'lines of the log were lost: they could not be written' })}\n`;
}

/** A reader that is only slow gets the rest; one that does not read at all is not waited for. */
function lastWords(output: Output): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 20 && !output.flush(); tries++) Atomics.wait(clock, 0, 0, 10);
}
