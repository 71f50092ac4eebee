// One key of one service, as configured: what a candidate is made of. Secrets stay in `key` and `headers` and are never printed.

import { createHash } from 'node:crypto';
import type { Model, Provider } from '../providers/provider.ts';

export interface Credential {
  /** Stable across restarts and reloads: the provider's id and a hash of what makes it itself. */
  readonly id: string;
  readonly provider: Provider;
  /** What logs and errors show: `deepseek …a1b2`. */
  readonly label: string;
  /** Absent for local servers without auth. */
  readonly key?: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Whether `baseUrl` is the provider's own. */
  readonly home: boolean;
  /** A proxy URL, or `direct`; absent: no proxy. */
  readonly proxy?: string;
  /** Extra upstream headers; a value `$Name` is the client's own header of that name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Clients may or must say `prefix/model`. */
  readonly prefix?: string;
  /** What the operator listed; replaces every other list. */
  readonly models?: readonly ConfiguredModel[];
  /** Patterns of models to hide; `*` stands for any run of characters, case does not count. */
  readonly excluded: readonly string[];
  /** Why it cannot be used, if so: it is listed, and never tried. */
  readonly unusable?: string;
}

export interface ConfiguredModel extends Model {
  /** The id clients use; the service's own when absent. */
  readonly alias?: string;
  /** Put the alias back into the reply's model field. */
  readonly relabel?: boolean;
}

/** A credential's id: tells two keys of one provider apart without telling either. */
export function credentialId(provider: string, key: string | undefined, baseUrl: string): string {
  const digest = createHash('sha256')
    .update(`${key ?? ''}\n${baseUrl}`)
    .digest('hex');
  return `${provider}:${digest.slice(0, 12)}`;
}

/** What a log may show of a key: its last four characters, of long keys only. */
export function maskedKey(key: string | undefined): string {
  if (key === undefined || key === '') return 'no key';
  return key.length >= 12 ? `…${key.slice(-4)}` : '…';
}
