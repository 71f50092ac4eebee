// The configuration of a gateway that runs: read anew when its files changed, and put in force whole or not at all. What cannot
// be used is told once, and what was in force before goes on.

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { ConfigNotice, Observe } from '../observe/observation.ts';
import { authDirectory, tokenFiles } from './auth-files.ts';
import { diffOf, printChange, restartKeys } from './diff.ts';
import type { Environment } from './environment.ts';
import { StartFailure } from './failure.ts';
import { readConfig } from './find.ts';
import type { Notice } from './notice.ts';
import { loadWhole, type Opened, type Overrides } from './open.ts';
import type { Config } from './schema.ts';
import type { Places } from './watch.ts';

/** What a reload begins with, and whom it tells. */
export interface ReloadOptions {
  readonly opened: Opened;
  /** Over what the file says, as at the start. */
  readonly overrides: Overrides;
  readonly env: Environment;
  /** Serves by it from now on. Throws, and changes nothing, where that is not possible. */
  readonly apply: (config: Config) => Promise<void>;
  readonly observe: Observe;
}

/** The configuration of a running gateway. `now` is not to be called again before it has settled. */
export interface Reload {
  /** Reads the files and puts in force what they say now. Never throws. */
  now(): Promise<void>;
  /** The files of the configuration in force. */
  places(): Places;
  /** In force now. */
  readonly config: Config;
}

/** Reads nothing yet: the configuration that was opened is in force until `now` finds another. */
export function createReload({ opened, overrides, env, apply, observe }: ReloadOptions): Reload {
  const { place } = opened.found;
  const { path } = place;
  // What the file asks for; it may not have got it.
  const started: Config = { ...opened.config, host: opened.heldBack ?? opened.config.host };
  let config = started;
  let said = new Set(opened.notices.map(wordsOf));
  /** What was refused last, so that it is told once. */
  let refused: string | undefined;

  const refuse = (problems: readonly Notice[], mark: string): void => {
    if (mark !== refused) observe({ type: 'config-rejected', path, problems: problems.map(toldOf) });
    refused = mark;
  };
  const take = async (text: string): Promise<void> => {
    const loaded = await loadWhole(text, path, overrides, env);
    if ('problems' in loaded) return refuse(loaded.problems, digest(text));
    const next = stillKeyed(loaded.config, opened);
    const changes = diffOf(config, next);
    if (changes.length > 0) await apply(next);
    const notices = [...loaded.notices, ...keyless(next)];
    const news = notices.filter((notice) => !said.has(wordsOf(notice)));
    if (changes.length > 0 || news.length > 0 || refused !== undefined)
      observe({
        type: 'config-loaded',
        path,
        changes: changes.map(printChange),
        restart: restartKeys(diffOf(started, next)),
        notices: news.map(toldOf),
        debug: next.debug,
      });
    config = next;
    said = new Set(notices.map(wordsOf));
    refused = undefined;
  };
  return {
    async now() {
      try {
        // `--config <(…)`: there is no second time to read it.
        if (await isPipe(path)) return;
        await take(await readConfig(place));
      } catch (error) {
        const problem = problemOf(error);
        refuse([problem], problem.message);
      }
    },
    places: () => ({ files: [...new Set([path, ...tokenFiles(config)])], directories: [authDirectory(config, env)] }),
    get config() {
      return config;
    },
  };
}

/** A key that could be written nowhere lasts as long as the gateway, unless the file has one of its own by now. */
function stillKeyed(config: Config, { madeKey }: Opened): Config {
  const lasting = madeKey !== undefined && !madeKey.written && config['api-keys'].length === 0;
  return lasting ? { ...config, 'api-keys': [madeKey.key] } : config;
}

/** Without a key the gateway is closed to everybody, never open to all. */
function keyless(config: Config): readonly Notice[] {
  if (config['api-keys'].length > 0) return [];
  return [
    {
      level: 'warning',
      path: 'api-keys',
      message: 'api-keys holds no valid key: every request is refused with 401',
      advice: 'Write at least one key below api-keys.',
    },
  ];
}

async function isPipe(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFIFO();
  } catch {
    // Reading it says why.
    return false;
  }
}

function problemOf(error: unknown): Notice {
  const told = error instanceof StartFailure;
  return {
    level: 'problem',
    path: '',
    message: told ? error.message : `failed to reload: ${error instanceof Error ? error.message : String(error)}`,
    advice: told ? error.advice : 'The configuration before it is still in force.',
  };
}

const wordsOf = ({ file, message }: Notice): string => `${file ?? ''}\n${message}`;

function toldOf({ level, file, line, column, message, advice }: Notice): ConfigNotice {
  return {
    level,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    message,
    advice,
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');
