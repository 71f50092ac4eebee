// The log: one line per exchange, and one for what an operator would want to be told of. It writes only the fields named here;
// secrets never reach an observation.

import { type Logger, pino } from 'pino';
import { errorKinds } from '../errors.ts';
import type { Usage } from '../ir/reply.ts';
import type { Observation, Observe } from './observation.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info';
  /** Where lines go; standard output when absent. */
  readonly stream?: { write(line: string): void };
}

/** Lines are gathered and written this often (milliseconds), or when there are many: a write costs more than a line. */
const flushEvery = 200;
const flushAt = 8192;

export function createLog({ level, stream }: LogOptions): Observe {
  const options = {
    level,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const logger = pino(options, stream ?? standardOutput());
  return (observation) => write(logger, observation);
}

function standardOutput() {
  const output = pino.destination({ dest: 1, sync: true, minLength: flushAt, periodicFlush: flushEvery });
  process.once('exit', () => output.flushSync());
  return output;
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

function write(logger: Logger, observation: Observation): void {
  switch (observation.type) {
    case 'exchange-finished': {
      const { type: _, kind, status, usage, milliseconds, ...facts } = observation;
      const fields = {
        ...facts,
        status_code: status,
        ...(kind && { kind }),
        ...(usage && tokensOf(usage)),
        ms: milliseconds,
      };
      logger[kind ? errorKinds[kind].level : 'info'](fields, 'exchange');
      return;
    }
    case 'attempt-failed': {
      const { exchange, provider, credential, model, error, next } = observation;
      const fields = { exchange, provider, credential, model, status_code: error.status, kind: error.kind, next };
      logger.warn({ ...fields, detail: error.facts.detail }, error.message);
      return;
    }
    case 'request-refused': {
      const { exchange, path, error } = observation;
      logger[errorKinds[error.kind].level](
        { exchange, path, status_code: error.status, kind: error.kind, detail: error.facts.detail },
        error.message,
      );
      return;
    }
    case 'translation-lost': {
      const { exchange, from, to, losses } = observation;
      const shown = losses.slice(0, mostLosses);
      logger.info({ exchange, from, to, losses: shown, number: losses.length }, 'the translation lost something');
      return;
    }
    case 'models-listed': {
      const { provider, credential, models } = observation;
      logger.debug({ provider, credential, models }, 'models listed');
      return;
    }
    case 'models-unlisted': {
      const { provider, credential, error } = observation;
      logger.warn(
        { provider, credential, status_code: error.status, detail: error.facts.detail },
        `models could not be listed: ${error.message}`,
      );
      return;
    }
    case 'listening':
      logger.info({ host: observation.host, port: observation.port }, 'listening');
      return;
    case 'stopped':
      logger.info({ drained: observation.drained }, 'stopped');
  }
}
