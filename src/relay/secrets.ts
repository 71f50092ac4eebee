// Some services repeat the key they were shown. It is the operator's: neither clients nor the log may learn it.

import { GatewayError } from '../errors.ts';
import type { Credential } from '../routing/credential.ts';

/** Shorter ones are words that texts are full of. */
const shortest = 8;

/** The text without what was shown to the service. */
function withoutSecrets(text: string, { key, headers }: Pick<Credential, 'key' | 'headers'>): string {
  const secrets = [key ?? '', ...Object.values(headers)].filter((secret) => secret.length >= shortest);
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}

/** The error of an attempt, whatever form its upstream gave it, without what was shown to the service. */
export function cleanError(error: GatewayError, credential: Credential): GatewayError {
  const { detail, wire } = error.facts;
  const clean = (text: string): string => withoutSecrets(text, credential);
  const told = [error.message, detail ?? '', wire?.body ?? '', ...Object.values(wire?.headers ?? {})];
  if (told.every((text) => clean(text) === text)) return error;
  const headers = Object.fromEntries(Object.entries(wire?.headers ?? {}).map(([name, value]) => [name, clean(value)]));
  return new GatewayError(error.kind, clean(error.message), {
    ...error.facts,
    ...(detail !== undefined && { detail: clean(detail) }),
    ...(wire && { wire: { ...wire, body: clean(wire.body), headers } }),
  });
}
