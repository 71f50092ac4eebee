// Which configuration file counts, and what is in it. When there is none, one is written: on loopback, with a key of its own.

import { lstatSync } from 'node:fs';
import { lstat, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeClientKey } from './client-keys.ts';
import type { Environment } from './environment.ts';
import { codeOf, StartFailure } from './failure.ts';
import { expandHome, homeOf } from './home.ts';
import { readPipe } from './pipe.ts';
import { starterConfig } from './sample.ts';
import { createPrivate } from './write.ts';

/** Where the configuration file is, or would be. */
export interface Place {
  /** Absolute. */
  readonly path: string;
  /** What named it: a flag, a variable, or the place itself. */
  readonly origin: string;
  /** Somebody asked for this very file: it must exist. */
  readonly required: boolean;
  /** A flag or a variable names it: without it there is no start. */
  readonly named?: boolean;
}

/** What the search for the file looks at. `directory`: the one that relative paths begin in. */
export interface Surroundings {
  readonly env: Environment;
  readonly directory: string;
}

/** Variables that name the file. The last two are words that others use too: they count only when they name a YAML file. */
const variables = ['CLIPROXY_CONFIG', 'CLIPROXY_CONFIG_PATH', 'CONFIG', 'CONFIG_PATH'];

/** Where the configuration is: `--config`, the environment, `./config.yaml`, else `~/.cli-proxy-api/config.yaml`. */
export function findConfig(flag: string | undefined, { env, directory }: Surroundings): Place {
  const named = (path: string, origin: string): Place => ({
    path: resolve(directory, expandHome(path, env)),
    origin,
    required: true,
    named: true,
  });
  if (flag !== undefined) return named(flag, '--config');
  for (const variable of variables) {
    const value = env[variable]?.trim();
    if (value && (variable.startsWith('CLIPROXY') || /\.ya?ml$/i.test(value))) return named(value, `$${variable}`);
  }
  const local = join(directory, 'config.yaml');
  if (stands(local)) return { path: local, origin: 'the working directory', required: true };
  return { path: join(homeOf(env), '.cli-proxy-api', 'config.yaml'), origin: 'the default place', required: false };
}

/** Whether something stands there: also a link to a file that is gone, which somebody put there and shall hear of. */
export function stands(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

/** A configuration file that was read. */
export interface Found {
  readonly place: Place;
  /** As it stands in the file: `${NAME}` is still in it. */
  readonly text: string;
  /** The client key, when the file was written just now. */
  readonly createdKey?: string;
}

/** Reads the configuration file, writing the default one when there is none. Throws StartFailure. */
export async function openConfig(place: Place): Promise<Found> {
  if (place.required || stands(place.path)) return { place, text: await readConfig(place) };
  const createdKey = makeClientKey();
  const text = starterConfig(createdKey);
  try {
    await createPrivate(place.path, text);
  } catch (error) {
    const inTheWay = ['EEXIST', 'ENOTDIR'].includes(codeOf(error));
    throw new StartFailure(
      `failed to write config file: ${place.path}: ${inTheWay ? 'a part of this path is a file' : reasonOf(error)}`,
      inTheWay
        ? `Move the file away that stands at ${dirname(place.path)} or above, or name a configuration with --config.`
        : 'There is no configuration yet. Make that directory writable, or name a file of your own with --config.',
    );
  }
  return { place, text, createdKey };
}

/** The text of the configuration file. Throws StartFailure. */
export async function readConfig({ path, origin, named = false }: Place): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await bytesOf(path);
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    const dangling = codeOf(error) === 'ENOENT' && (await isLink(path));
    throw new StartFailure(
      `failed to read config file: ${path} (from ${origin}): ${dangling ? 'it is a link to a file that does not exist' : reasonOf(error)}`,
      dangling
        ? 'Mend the link, or remove it.'
        : (adviceFor[codeOf(error)] ?? 'Check the path, and that the file can be read.'),
    );
  }
  const text = decoded(bytes);
  if (text === undefined) {
    throw new StartFailure(
      `failed to read config file: ${path} is not UTF-8 text`,
      'Save it as UTF-8. Windows PowerShell writes UTF-16 with ">"; use Set-Content -Encoding utf8.',
    );
  }
  if (text.trim() === '') {
    throw new StartFailure(
      `failed to read config file: ${path} is empty`,
      named
        ? 'Write a first line into it, such as port: 8317, or copy config.example.yaml to it.'
        : 'Copy config.example.yaml to it, or delete it and start again: a working one is written when there is none.',
    );
  }
  return text;
}

/** What is in a file or comes out of a pipe. Throws StartFailure for what would have to be waited for. */
async function bytesOf(path: string): Promise<Buffer> {
  const kind = await stat(path);
  if (kind.isFile() || kind.isDirectory()) return readFile(path);
  const bytes = kind.isFIFO() ? await readPipe(path) : undefined;
  if (bytes) return bytes;
  const reason = kind.isFIFO() ? 'nobody wrote a whole file to this pipe in time' : 'it is a socket or a device';
  throw new StartFailure(
    `failed to read config file: ${path}: ${reason}`,
    'Name a regular file, or the pipe of a command that ends: --config <(…).',
  );
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

const adviceFor: Readonly<Record<string, string>> = {
  ENOENT: 'Correct the path, or leave it out: ./config.yaml and ~/.cli-proxy-api/config.yaml are found by themselves.',
  ENOTDIR: 'A part of the path is a file. Correct the path.',
  EISDIR:
    'Name the YAML file in it, such as config.yaml. A container makes a directory where a file to mount does not exist.',
  EACCES: 'The user who runs the gateway may not read it: chmod u+r, or chown it.',
  EPERM: 'The user who runs the gateway may not read it: chmod u+r, or chown it.',
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'not a directory',
  EISDIR: 'it is a directory, not a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
};

function reasonOf(error: unknown): string {
  return reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
