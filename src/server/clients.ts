// Who is calling: the client keys of the configuration, and where a request may carry one.

import { hash, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../errors.ts';

/** A client that was recognised. */
export interface Client {
  /** Tells clients apart without telling their keys. */
  readonly fingerprint: string;
}

/** Those who may ask. */
export interface Clients {
  /** Throws `unauthorized`, with different words for a missing and for a wrong key. */
  authenticate(header: (name: string) => string | undefined, query: URLSearchParams): Client;
}

/** A configured key, as what a presented one is held against. */
interface Known {
  readonly stands: Buffer;
  readonly client: Client;
}

const hashed = /^sha256:([0-9a-f]{64})$/i;

/** Bytes that a key and its length are laid out in; longer ones are compared by their digests. */
const room = 256;

/**
 * `keys` are plain keys or `sha256:` and the hex digest of one. A presented key is compared with every known one, each time
 * over the whole room or digest whatever differs where, so that time tells nothing of a key but how long the presented one is.
 */
export function createClients(keys: readonly string[]): Clients {
  const plain: Known[] = [];
  const digests: Known[] = [];
  for (const key of keys.map((written) => written.trim())) {
    const stored = hashed.exec(key)?.[1]?.toLowerCase();
    const stands = stored ? Buffer.from(stored) : digest(key);
    const client = { fingerprint: stands.toString('latin1', 0, 16) };
    const space = Buffer.alloc(room);
    if (stored === undefined && layOut(key, space)) plain.push({ stands: space, client });
    else digests.push({ stands, client });
  }
  const presented = Buffer.alloc(room);
  /** The first of those configured under this key, or the one found already. */
  const find = (key: string, found: Client | undefined): Client | undefined => {
    const short = layOut(key, presented) ? same(plain, presented) : undefined;
    return found ?? short ?? (digests.length > 0 ? same(digests, digest(key)) : undefined);
  };
  return {
    authenticate(header, query) {
      const shown = carried(header, query);
      if (shown === undefined) throw missing();
      let client: Client | undefined;
      if (typeof shown === 'string') client = find(shown, client);
      else for (const key of shown) client = find(key, client);
      if (!client) throw wrong();
      return client;
    },
  };
}

function same(known: readonly Known[], given: Buffer): Client | undefined {
  let client: Client | undefined;
  for (const one of known) if (timingSafeEqual(one.stands, given)) client ??= one.client;
  return client;
}

/** Whether the key has room: its length, its bytes, and zeros behind. */
function layOut(key: string, space: Buffer): boolean {
  // No letter is more than three bytes.
  if (key.length > (room - 2) / 3) return false;
  space.fill(0);
  space.writeUInt16LE(space.write(key, 2));
  return true;
}

function missing(): GatewayError {
  return new GatewayError(
    'unauthorized',
    'Missing API key. Send one of the keys listed under api-keys in config.yaml, as "Authorization: Bearer KEY", "x-api-key: KEY" or "x-goog-api-key: KEY".',
    { code: 'missing_api_key' },
  );
}

function wrong(): GatewayError {
  return new GatewayError(
    'unauthorized',
    "Invalid API key. It is not among the api-keys of this gateway's config.yaml; keys of model providers are not accepted here.",
    { code: 'invalid_api_key' },
  );
}

/** Where in the query of a request a client may show its key. */
const keyParameters = ['key', 'auth_token'] as const;

/** The query without the client's key, as it may go further. */
export function withoutKeys(query: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(query);
  for (const name of keyParameters) rest.delete(name);
  return rest;
}

/** The key a request carries, or several, as some clients send two; a header without a value counts as none. */
function carried(
  header: (name: string) => string | undefined,
  query: URLSearchParams,
): string | readonly string[] | undefined {
  let keys = added(undefined, bearer(header('authorization')));
  keys = added(keys, header('x-goog-api-key'));
  keys = added(keys, header('x-api-key'));
  if (query.size > 0) for (const name of keyParameters) keys = added(keys, query.get(name));
  return keys;
}

function added(
  keys: string | readonly string[] | undefined,
  candidate: string | null | undefined,
): string | readonly string[] | undefined {
  const key = candidate?.trim();
  if (!key) return keys;
  if (keys === undefined) return key;
  return typeof keys === 'string' ? [keys, key] : [...keys, key];
}

/** What stands behind `Bearer`, in any case; a value without that word is a key itself. */
function bearer(authorization: string | undefined): string | undefined {
  const value = authorization?.trim();
  if (value === undefined || value.slice(0, 6).toLowerCase() !== 'bearer') return value;
  const rest = value.slice(6);
  const key = rest.trimStart();
  return rest === '' || key.length < rest.length ? key : value;
}

/** As hex digits: a digest given as a buffer has memory of its own, which costs three times as much as the digest. */
function digest(text: string): Buffer {
  return Buffer.from(hash('sha256', text, 'hex'));
}
