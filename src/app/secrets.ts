// The secrets that a gateway knows: what no line of a log and no explanation may show.

import type { Config } from '../config/schema.ts';
import type { Credential } from '../routing/credential.ts';

/** Every secret of a configuration and of the credentials made from it. */
export function secretsOf(config: Config, credentials: readonly Credential[]): readonly string[] {
  const proxies = [config['proxy-url'], ...credentials.map(({ proxy }) => proxy ?? '')];
  return [
    ...config['api-keys'],
    ...credentials.flatMap(({ key, headers }) => [key ?? '', ...Object.values(headers)]),
    ...proxies.flatMap(passwordIn),
  ].filter((secret) => secret !== '' && !secret.startsWith('$'));
}

/** The password of a URL, as written and as meant. */
function passwordIn(url: string): readonly string[] {
  const written = URL.parse(url)?.password ?? '';
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}
