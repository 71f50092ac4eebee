// A configuration that can be started with: found, read, overridden from the command line, and never without a client key.

import { isIP } from 'node:net';
import { withClientKey } from './add-key.ts';
import { withAuthFiles } from './auth-files.ts';
import { makeClientKey } from './client-keys.ts';
import type { Environment } from './environment.ts';
import { codeOf } from './failure.ts';
import { type Found, findConfig, openConfig, type Surroundings } from './find.ts';
import { type Loaded, loadConfig, type Rejected } from './load.ts';
import type { Config } from './schema.ts';
import { replaceContent } from './write.ts';

/** What the command line and the environment say, over the file. */
export interface Overrides {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
}

/** A key made because the file had none. */
interface MadeKey {
  readonly key: string;
  /** Whether it was written into the file; otherwise it is gone with the process. */
  readonly written: boolean;
}

/** A configuration to serve by, and what was done so that it has a client key. */
export interface Opened extends Loaded {
  readonly found: Found;
  readonly madeKey?: MadeKey;
  /** The host asked for, when the gateway stays on loopback because it had no key. */
  readonly heldBack?: string;
}

/** Opens the configuration to serve with. Throws StartFailure when there is nothing to read. */
export async function openToServe(
  overrides: Overrides,
  surroundings: Surroundings,
): Promise<Opened | (Rejected & { readonly found: Found })> {
  const found = await openConfig(findConfig(overrides.config, surroundings));
  const loaded = await loadWhole(found.text, found.place.path, overrides, surroundings.env);
  if ('problems' in loaded) return { ...loaded, found };
  const opened = { ...loaded, found };
  const { config } = loaded;
  return config['api-keys'].length > 0 ? opened : { ...opened, ...(await withKey(config, found)) };
}

/** A text of the file with all that belongs to it: what flags and the environment say over it, and the credentials of its directory. */
export async function loadWhole(
  text: string,
  path: string,
  overrides: Overrides,
  env: Environment,
): Promise<Loaded | Rejected> {
  const loaded = loadConfig(text, { env, path });
  if ('problems' in loaded) return loaded;
  const directory = env.CLIPROXY_AUTH_DIR?.trim();
  const level = env.CLIPROXY_LOG_LEVEL?.trim();
  const config: Config = {
    ...loaded.config,
    host: withoutBrackets(overrides.host ?? loaded.config.host),
    ...(directory && { 'auth-dir': directory }),
    ...(level && { debug: /^(?:debug|trace)$/i.test(level) }),
    ...(overrides.port !== undefined && { port: overrides.port }),
  };
  return withAuthFiles({ config, notices: loaded.notices }, env);
}

/** Nobody gets in without a key, so one is made; and until the operator has seen it, only this machine is served. */
async function withKey(config: Config, found: Found): Promise<Pick<Opened, 'config' | 'madeKey' | 'heldBack'>> {
  const key = makeClientKey();
  const written = await writeKey(found, key);
  const loopback = isLoopback(config.host);
  return {
    config: { ...config, 'api-keys': [key], host: loopback ? config.host : '127.0.0.1' },
    madeKey: { key, written },
    ...(!loopback && { heldBack: config.host }),
  };
}

async function writeKey({ place, text }: Found, key: string): Promise<boolean> {
  try {
    await replaceContent(place.path, withClientKey(text, key));
    return true;
  } catch (error) {
    if (codeOf(error) === '') throw error;
    return false;
  }
}

/** An IPv6 address as sockets take it; in URLs it stands in brackets. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** Whether an address is this machine's own. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host.toLowerCase() === 'localhost';
}
