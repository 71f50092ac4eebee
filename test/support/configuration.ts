// A configuration file as it is read, and what is said of it.

import type { Environment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';

export interface Reader {
  /** What is said of a file: `line:column level message`. */
  said(text: string): readonly string[];
  /** Throws where it cannot be used. */
  loaded(text: string): Config;
}

/** Reads files where these variables are set. */
export function readerIn(env: Environment): Reader {
  const read = (text: string) => loadConfig(text, { env, path: 'config.yaml' });
  return {
    said(text) {
      const result = read(text);
      const notices = 'problems' in result ? [...result.problems, ...result.notices] : result.notices;
      return notices.map(({ line, column, level, message }) => `${line}:${column} ${level} ${message}`);
    },
    loaded(text) {
      const result = read(text);
      if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'));
      return result.config;
    },
  };
}
