// Who is calling: the client keys of the configuration, and where a request may carry one.

import { createHash, timingSafeEqual } from 'node:crypto';
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
  const digests = keys.map((key) => {
    const stored = hashed.exec(key.trim())?.[1];
    return stored ? Buffer.from(stored, 'hex') : digest(key.trim());
  });
  return {
    authenticate(header, query) {
      const presented = carried(header, query);
      if (presented === undefined)
        throw new GatewayError(
          'unauthorized',
          'Missing API key. Send one of the keys listed under api-keys in config.yaml, as "Authorization: Bearer KEY", "x-api-key: KEY" or "x-goog-api-key: KEY".',
          { code: 'missing_api_key' },
        );
      const given = digest(presented);
      let known = false;
      for (const stored of digests) known = timingSafeEqual(stored, given) || known;
      if (!known)
        throw new GatewayError(
          'unauthorized',
          "Invalid API key. It is not among the api-keys of this gateway's config.yaml; keys of model providers are not accepted here.",
          { code: 'invalid_api_key' },
        );
      return { fingerprint: given.toString('hex', 0, 8) };
    },
  };
}

/** The key a request carries; a header without a value counts as none. */
function carried(header: (name: string) => string | undefined, query: URLSearchParams): string | undefined {
  const authorization = header('authorization')
    ?.trim()
    .replace(/^bearer(?:\s+|$)/i, '');
  const candidates = [
    authorization,
    header('x-goog-api-key'),
    header('x-api-key'),
    query.get('key'),
    query.get('auth_token'),
  ];
  for (const candidate of candidates) {
    const key = candidate?.trim();
    if (key) return key;
  }
  return undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
