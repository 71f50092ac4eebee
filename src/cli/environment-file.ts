// A `.env` file in the working directory: for what the real environment does not say.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../config/environment.ts';

/** The environment, with what `.env` adds to it. */
export function withEnvironmentFile(env: Environment, directory: string): Environment {
  let text: string;
  try {
    text = readFileSync(join(directory, '.env'), 'utf8');
  } catch {
    return env;
  }
  return { ...parseEnv(text), ...env };
}
