// `~` in paths of the configuration.

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.ts';

/** The home directory of whoever runs the gateway. */
export function homeOf(env: Environment): string {
  return env.HOME || env.USERPROFILE || homedir();
}

/** A path with a leading `~` spelled out. */
export function expandHome(path: string, env: Environment): string {
  return path === '~' || /^~[/\\]/.test(path) ? join(homeOf(env), path.slice(1)) : path;
}
