// The log: one line per exchange, and one for what an operator would want to be told of. Secrets never reach an observation;
// the redaction here is the second fence.

import { type Logger, pino } from 'pino';
import { errorKinds } from '../errors.ts';
import type { Observation, Observe } from './observation.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info';
  /** Where lines go; standard output when absent. */
  readonly stream?: { write(line: string): void };
}

const redact = {
  paths: ['key', '*.key', 'authorization', '*.authorization', 'headers', '*.headers', 'body', '*.body'],
  censor: '[redacted]',
};

export function createLog({ level, stream }: LogOptions): Observe {
  const options = { level, base: null, redact, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = stream ? pino(options, stream) : pino(options, pino.destination({ dest: 1, sync: true }));
  return (observation) => write(logger, observation);
}

function write(logger: Logger, observation: Observation): void {
  switch (observation.type) {
    case 'exchange-finished': {
      const { type: _, kind, status, usage, milliseconds, ...facts } = observation;
      const { raw: __, ...tokens } = usage ?? {};
      const fields = {
        ...facts,
        status_code: status,
        ...(kind && { kind }),
        ...(usage && { tokens }),
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
      logger.info({ exchange, from, to, losses }, 'the translation lost something');
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
