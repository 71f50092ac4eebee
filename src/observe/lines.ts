// What the log says of each thing that happens: a line of JSON, flat, with the fields named here and no others.

import { errorKinds, type GatewayError } from '../errors.ts';
import { excerpt } from './excerpt.ts';
import type { ConfigNotice, Observation, Outcome } from './observation.ts';

/** Adds what there is to say, each line with its end. `time` as it is printed: ISO 8601. */
export function addLines(lines: string[], observation: Observation, time: string, debug: boolean): void {
  if (observation.type === 'attempt-ended') return;
  if (observation.type === 'exchange-finished') {
    lines.push(exchangeLine(observation, time));
    if (debug) addEdits(lines, observation, time);
    return;
  }
  const line = lineOf[observation.type] as (observation: Observation) => Line;
  const [level, fields, msg] = line(observation);
  if (level !== 'debug' || debug) lines.push(printed({ level, time, ...fields, msg }));
}

function printed(fields: object): string {
  return `${JSON.stringify(fields)}\n`;
}

/** Written for every exchange, so in one piece; what is undefined is left out. */
function exchangeLine(outcome: Outcome, time: string): string {
  const { kind, usage } = outcome;
  return printed({
    level: kind ? errorKinds[kind].level : 'info',
    time,
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
    kind,
    detail: kind && outcome.detail,
    input_tokens: usage?.input,
    output_tokens: usage?.output,
    cache_read_tokens: usage?.cacheRead,
    cache_write_tokens: usage?.cacheWrite,
    reasoning_tokens: usage?.reasoning,
    tokens_estimated: usage?.estimated,
    finish: outcome.finish,
    ms: outcome.milliseconds,
    first_content_ms: outcome.firstContent === undefined ? undefined : Math.round(outcome.firstContent),
    ended_by: outcome.endedBy,
    msg: 'exchange',
  });
}

/** What the gateway wrote into bodies: thinking, the operator's own rules. */
function addEdits(lines: string[], { exchange, trace }: Outcome, time: string): void {
  for (const { provider, model, edits = [] } of trace?.attempts ?? [])
    if (edits.length > 0)
      lines.push(printed({ level: 'debug', time, exchange, provider, model, edits, msg: 'the request was edited' }));
}

/** Losses shown in one line; a request may name thousands. */
const mostLosses = 20;

type Of<Type extends Observation['type']> = Extract<Observation, { type: Type }>;

type Level = 'debug' | 'info' | 'warn' | 'error';

/** What a line is made of: its level, its fields and its message. */
type Line = readonly [level: Level, fields: object, message: string];

/** An attempt that ended is told by its exchange, or as a failure. */
type Rare = Exclude<Observation['type'], 'attempt-ended' | 'exchange-finished'>;

const lineOf: { readonly [Type in Rare]: (observation: Of<Type>) => Line } = {
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
      detail: detailOf(error),
    },
    excerpt(error.message),
  ],
  'credential-cooled': ({ provider, credential, model, scope, label, until, cause }) => [
    'warn',
    { provider, credential, model, scope, label, until: new Date(until).toISOString() },
    `rests: ${cause}`,
  ],
  'request-refused': ({ exchange, path, error }) => [
    errorKinds[error.kind].level,
    { exchange, path, status_code: error.status, kind: error.kind, detail: detailOf(error) },
    excerpt(error.message),
  ],
  'translation-lost': ({ exchange, from, to, losses }) => [
    'info',
    { exchange, from, to, losses: losses.slice(0, mostLosses), number: losses.length },
    'the translation lost something',
  ],
  'call-incomplete': ({ exchange, provider, model, tool, members }) => [
    'info',
    { exchange, provider, model, tool: excerpt(tool), members: members.slice(0, mostLosses).map(excerpt) },
    'the model called a tool without arguments that it requires',
  ],
  'models-listed': ({ provider, credential, models }) => ['debug', { provider, credential, models }, 'models listed'],
  'models-unlisted': ({ provider, credential, error }) => [
    'warn',
    { provider, credential, status_code: error.status, detail: detailOf(error) },
    `models could not be listed: ${excerpt(error.message)}`,
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

function detailOf({ facts: { detail } }: GatewayError): string | undefined {
  return detail === undefined ? undefined : excerpt(detail);
}

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
