// Who is calling: the client keys of the configuration, and where a request may carry one.

import { hash, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../errors.ts';

/** A client that was recognised. */
export interface Client {
  /** Tells clients apart without telling their keys. */
  readonly fingerprint: string;
}

export interface Clients {
  /** Throws `unauthorized`, with different words for a missing and for a wrong key. */
  authenticate(header: (name: string) => string | undefined, query: URLSearchParams): Client;
}

const hashed = /^sha256:([0-9a-f]{64})$/i;

/** `keys` are plain keys or `sha256:` and the hex digest of one. Every comparison is of digests, in constant time. */
export function createClients(keys: readonly string[]): Clients {
  const known = keys.map((key) => {
    const stored = hashed.exec(key.trim())?.[1]?.toLowerCase();
    const stands = stored ? Buffer.from(stored) : digest(key.trim());
    return { digest: stands, client: { fingerprint: stands.toString('latin1', 0, 16) } };
  });
  return {
    authenticate(header, query) {
      const presented = carried(header, query);
      if (presented.length === 0)
        throw new GatewayError(
          'unauthorized',
          'Missing API key. Send one of the keys listed under api-keys in config.yaml, as "Authorization: Bearer KEY", "x-api-key: KEY" or "x-goog-api-key: KEY".',
          { code: 'missing_api_key' },
        );
      let client: Client | undefined;
      for (const key of presented) {
        const given = digest(key);
        for (const one of known) if (timingSafeEqual(one.digest, given)) client ??= one.client;
      }
      if (!client)
        throw new GatewayError(
          'unauthorized',
          "Invalid API key. It is not among the api-keys of this gateway's config.yaml; keys of model providers are not accepted here.",
          { code: 'invalid_api_key' },
        );
      return client;
    },
  };
}

/** Where in the query of a request a client may show its key. */
const keyParameters = ['key', 'auth_token'] as const;

/** The query without the client's key, as it may go further. */
export function withoutKeys(query: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(query);
  for (const name of keyParameters) rest.delete(name);
  return rest;
}

/** The keys a request carries, as some clients send two; a header without a value counts as none. */
function carried(header: (name: string) => string | undefined, query: URLSearchParams): readonly string[] {
  const authorization = header('authorization')
    ?.trim()
    .replace(/^bearer(?:\s+|$)/i, '');
  const keys: string[] = [];
  const add = (candidate: string | null | undefined): void => {
    const key = candidate?.trim();
    if (key) keys.push(key);
  };
  add(authorization);
  add(header('x-goog-api-key'));
  add(header('x-api-key'));
  if (query.size > 0) for (const name of keyParameters) add(query.get(name));
  return keys;
}

/** As hex digits: a digest given as a buffer has memory of its own, which costs three times as much as the digest. */
function digest(text: string): Buffer {
  return Buffer.from(hash('sha256', text, 'hex'));
}
