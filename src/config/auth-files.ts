// The files of `auth-dir`: each holds one credential. Those with an API key become entries of the lists they belong to; logins are
// recognised and left alone; what cannot be read is named, and keeps nothing else from being used. Nothing is ever written here.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type AuthFile, broken, readAuthFile } from './auth-file.ts';
import type { Environment } from './environment.ts';
import { codeOf } from './failure.ts';
import { expandHome } from './home.ts';
import type { Loaded } from './load.ts';
import type { Notice } from './notice.ts';
import type { CompatibleEntry, Config, KeyedEntry, KeyedList } from './schema.ts';
import { isCredentialFile } from './watch.ts';

/** The directory of a configuration, spelled out. */
export function authDirectory(config: Config, env: Environment): string {
  return resolve(expandHome(config['auth-dir'], env));
}

/** The files that keys are read from, besides the configuration itself and its directory of credentials. */
export function tokenFiles(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(tokenFiles);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'token-file' && typeof member === 'string' && member !== '' ? [resolve(member)] : tokenFiles(member),
  );
}

/** The configuration with the credentials of its directory, after those of the file itself. */
export async function withAuthFiles({ config, notices }: Loaded, env: Environment): Promise<Loaded> {
  const directory = authDirectory(config, env);
  const files = await readDirectory(directory, config);
  const keys = files.filter((file) => file.is === 'key');
  const own = files.filter((file) => file.is === 'own');
  const logins = files.filter((file) => file.is === 'login').map(({ name }) => name);
  const lists = new Map<KeyedList, KeyedEntry[]>();
  for (const list of new Set(keys.map((file) => file.list))) {
    const news = keys.filter((file) => file.list === list).map(({ entry }) => entry);
    lists.set(list, withoutTwins<KeyedEntry>(config[list], news, keyedTraits));
  }
  const services = withoutTwins(
    config['openai-compatibility'],
    own.map(({ entry }) => entry),
    serviceTraits,
  );
  return {
    config: {
      ...config,
      ...Object.fromEntries(lists),
      'openai-compatibility': services,
    },
    notices: [
      ...notices,
      ...[...keys, ...own].flatMap((file) => file.notices),
      ...files.flatMap((file) => (file.is === 'broken' ? file.notice : [])),
      ...(logins.length > 0 ? [unusedLogins(directory, logins)] : []),
    ],
  };
}

/** The entries, then those of the others that bring something: the same key for the same place is one credential. */
function withoutTwins<Entry>(
  entries: readonly Entry[],
  others: readonly Entry[],
  traitsOf: (entry: Entry) => readonly string[],
): Entry[] {
  const known = new Set(entries.flatMap(traitsOf));
  const news = others.filter((entry) => {
    const traits = traitsOf(entry);
    const brings = traits.some((trait) => !known.has(trait));
    for (const trait of traits) known.add(trait);
    return brings;
  });
  return [...entries, ...news];
}

const keyedTraits = (entry: KeyedEntry): readonly string[] => [
  JSON.stringify([entry['api-key'], entry['base-url'] ?? '']),
];

const serviceTraits = (entry: CompatibleEntry): readonly string[] =>
  entry.disabled
    ? []
    : entry['api-key-entries'].map((one) => JSON.stringify([entry.name, entry['base-url'], one['api-key']]));

/** Files read at one time. */
const together = 64;

async function readDirectory(directory: string, config: Config): Promise<readonly AuthFile[]> {
  let names: readonly string[];
  try {
    names = (await readdir(directory)).filter(isCredentialFile).toSorted();
  } catch (error) {
    // Where nobody ever logged in there is no such directory.
    if (codeOf(error) === 'ENOENT') return [];
    const said = `auth-dir cannot be read (${codeOf(error)})`;
    return [broken(directory, said, 'Correct auth-dir, or let the user who runs the gateway read it.')];
  }
  const taken = new Set(tokenFiles(config));
  const places = names.map((name) => ({ name, path: join(directory, name) })).filter(({ path }) => !taken.has(path));
  const found: AuthFile[] = [];
  for (let from = 0; from < places.length; from += together) {
    const some = places.slice(from, from + together);
    found.push(...(await Promise.all(some.map((place) => readOne(place, config)))));
  }
  return found;
}

/** Bytes: a credential is small. */
const largest = 1 << 20;

async function readOne(place: { readonly path: string; readonly name: string }, config: Config): Promise<AuthFile> {
  const { path } = place;
  try {
    const file = await stat(path);
    // A pipe would be waited for; a directory may happen to have such a name.
    if (!file.isFile()) return { is: 'nothing' };
    if (file.size > largest) return broken(path, 'it is too large for a credential', 'Move it elsewhere.');
    return readAuthFile(await readFile(path, 'utf8'), place, config);
  } catch (error) {
    const code = codeOf(error);
    if (code === '') throw error;
    // Deleted since.
    if (code === 'ENOENT') return { is: 'nothing' };
    return broken(path, `it cannot be read (${code})`, 'Let the user who runs the gateway read it, or remove it.');
  }
}

/** Names shown of many. */
const mostNames = 10;

function unusedLogins(directory: string, names: readonly string[]): Notice {
  const shown = names.slice(0, mostNames).join(', ');
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  return {
    level: 'notice',
    path: 'auth-dir',
    file: directory,
    message: `${names.length === 1 ? 'one login is' : `${names.length} logins are`} not usable yet in this version: ${shown}${more}`,
    advice: 'They stay as they are. API keys can be used now, in config.yaml or in files with "type" and "api_key".',
  };
}
