// The log: one line per exchange, and one for what an operator would want to be told of. JSON, or on a terminal something a
// person can read. It writes only the fields named here, and no line leaves without passing the redaction.

import { writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import { errorKinds } from '../errors.ts';
import type { Usage } from '../ir/reply.ts';
import type { ConfigNotice, Observation, Observe, Outcome } from './observation.ts';
import { createOutput, type Output } from './output.ts';
import { prettyLine } from './pretty.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info';
  /** Where lines go; standard output when absent. */
  readonly stream?: { write(line: string): void };
  /** For people; by default where standard output is a terminal. */
  readonly pretty?: boolean;
  /** Takes secrets out of a line. */
  readonly redact?: (line: string) => string;
}

/** Lines are written this often (milliseconds), or when there are so many. */
const flushEvery = 200;
const gatherLines = 20;

export function createLog({ level, stream, pretty = isTerminal(stream), redact = asIs }: LogOptions): Observe {
  const options = {
    level,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const print = pretty ? prettyLine : asIs;
  const output = stream ?? standardOutput(pretty, print);
  const logger = pino(options, { write: (line: string) => output.write(print(redact(line))) });
  return (observation) => {
    if (observation.type === 'config-loaded') logger.level = observation.debug ? 'debug' : 'info';
    write(logger, observation);
  };
}

const asIs = (line: string): string => line;

function isTerminal(stream: LogOptions['stream']): boolean {
  return stream === undefined && process.stdout.isTTY === true;
}

/** Somebody who watches wants each line at once. */
function standardOutput(watched: boolean, print: (line: string) => string): Output {
  const output = createOutput({
    // A pipe is set by Node not to let anyone wait, and files are quick.
    write: (bytes) => writeSync(process.stdout.fd, bytes),
    lossNote: (lost) => print(lossNote(lost)),
    gather: watched ? 1 : gatherLines,
  });
  setInterval(output.flush, flushEvery).unref();
  process.once('exit', () => lastWords(output));
  return output;
}

function lossNote(lines: number): string {
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines, msg: 'lines of the log were lost: they could not be written' })}\n`;
}

/** A reader that is only slow gets the rest; one that does not read at all is not waited for. */
function lastWords(output: Output): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 20 && !output.flush(); tries++) Atomics.wait(clock, 0, 0, 10);
}

/** Flat, so that a line costs no more than it must. */
function tokensOf({ input, output, cacheRead, cacheWrite, reasoning }: Usage) {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_tokens: cacheRead,
    cache_write_tokens: cacheWrite,
    reasoning_tokens: reasoning,
  };
}

/** Losses shown in one line; a request may name thousands. */
const mostLosses = 20;

type Of<Type extends Observation['type']> = Extract<Observation, { type: Type }>;

/** What a line is made of: its level, its fields and its message. */
type Line = readonly [level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string];

/** An attempt that ended is told by its exchange, or as a failure. */
type Logged = Exclude<Observation['type'], 'attempt-ended'>;

const lines: { readonly [Type in Logged]: (observation: Of<Type>) => Line } = {
  'exchange-finished': (outcome) => [
    outcome.kind ? errorKinds[outcome.kind].level : 'info',
    exchange(outcome),
    'exchange',
  ],
  'attempt-failed': ({ exchange, provider, credential, model, error, next }) => [
    'warn',
    {
      exchange,
      provider,
      credential,
      model,
      status_code: error.status,
      kind: error.kind,
      next,
      detail: error.facts.detail,
    },
    error.message,
  ],
  'credential-cooled': ({ provider, credential, model, scope, label, until, cause }) => [
    'warn',
    { provider, credential, model, scope, label, until: new Date(until).toISOString() },
    `rests: ${cause}`,
  ],
  'request-refused': ({ exchange, path, error }) => [
    errorKinds[error.kind].level,
    { exchange, path, status_code: error.status, kind: error.kind, detail: error.facts.detail },
    error.message,
  ],
  'translation-lost': ({ exchange, from, to, losses }) => [
    'info',
    { exchange, from, to, losses: losses.slice(0, mostLosses), number: losses.length },
    'the translation lost something',
  ],
  'models-listed': ({ provider, credential, models }) => ['debug', { provider, credential, models }, 'models listed'],
  'models-unlisted': ({ provider, credential, error }) => [
    'warn',
    { provider, credential, status_code: error.status, detail: error.facts.detail },
    `models could not be listed: ${error.message}`,
  ],
  'chain-incomplete': ({ chain, model }) => [
    'warn',
    { chain, model },
    `the chain "${chain}" goes on without "${model}": nothing offers it`,
  ],
  'config-loaded': ({ path, changes, restart, notices }) => [
    notices.length > 0 || restart.length > 0 ? 'warn' : 'info',
    { path, changes: some(changes), needs_restart: restart.length > 0 ? restart : undefined, ...said(notices) },
    restart.length > 0 ? `configuration updated; restart to apply ${restart.join(', ')}` : 'configuration updated',
  ],
  'config-rejected': ({ path, problems }) => [
    'error',
    { path, ...said(problems) },
    'the configuration cannot be used; the one before goes on',
  ],
  listening: ({ host, port }) => ['info', { host, port }, 'listening'],
  stopped: ({ drained }) => ['info', { drained }, 'stopped'],
};

/** Changes and notices shown in one line; a directory may hold thousands of files. */
const mostTold = 50;

function some(words: readonly string[]): readonly string[] {
  const more = words.length - mostTold;
  return more > 0 ? [...words.slice(0, mostTold), `and ${more} more`] : words;
}

/** What there is to say of a configuration, each in a line of its own: `config.yaml:3:7: what is wrong. What to do.` */
function said(notices: readonly ConfigNotice[]): { readonly notices?: readonly string[] } {
  if (notices.length === 0) return {};
  return {
    notices: some(notices.map(wordsOf)),
  };
}

function wordsOf({ level, file, line, column, message, advice }: ConfigNotice): string {
  const place = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined);
  return `${place.length > 0 ? `${place.join(':')}: ` : ''}${level}: ${message}. ${advice}`;
}

function write(logger: Logger, observation: Observation): void {
  if (observation.type === 'attempt-ended') return;
  const line = lines[observation.type] as (observation: Observation) => Line;
  const [level, fields, message] = line(observation);
  logger[level](fields, message);
  if (observation.type === 'exchange-finished' && logger.isLevelEnabled('debug')) edits(logger, observation);
}

function exchange(outcome: Outcome): object {
  const { usage, kind, detail } = outcome;
  return {
    exchange: outcome.exchange,
    dialect: outcome.dialect,
    operation: outcome.operation,
    stream: outcome.stream,
    model: outcome.model,
    resolved_model: outcome.resolved,
    provider: outcome.provider,
    credential: outcome.credential,
    upstream_model: outcome.upstreamModel,
    upstream_dialect: outcome.upstreamDialect,
    attempts: outcome.attempts,
    status_code: outcome.status,
    ...(kind && { kind, detail }),
    ...(usage && tokensOf(usage)),
    finish: outcome.finish,
    ms: outcome.milliseconds,
    first_content_ms: outcome.firstContent === undefined ? undefined : Math.round(outcome.firstContent),
    ended_by: outcome.endedBy,
  };
}

/** What the gateway wrote into bodies: thinking, the operator's own rules. */
function edits(logger: Logger, { exchange, trace }: Outcome): void {
  for (const { provider, model, edits = [] } of trace?.attempts ?? [])
    if (edits.length > 0) logger.debug({ exchange, provider, model, edits }, 'the request was edited');
}
