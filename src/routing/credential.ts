// One key of one service, as configured: what a candidate is made of. Secrets stay in `key` and `headers` and are never printed.

import { createHash } from 'node:crypto';
import type { Accent } from '../envelope.ts';
import type { Model, Provider } from '../providers/provider.ts';

/** One key as routing and relaying need it. Entries with the same key, address and proxy have one id: they rest and count as one. */
export interface Credential {
  /** Stable across restarts and reloads: the provider's id and a hash of what makes it itself. */
  readonly id: string;
  readonly provider: Provider;
  /** Its provider's, as changed by what the operator said of this entry; absent: as it is. */
  readonly accent?: Accent;
  /** What logs and errors show: `deepseek ...a1b2`. */
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
  /** Lists of tiers order by this word before priorities count: `subscription`, `paid`, `free`, or a word of the operator's own. */
  readonly tier: string;
  /** Higher goes first; among equals the policy decides. */
  readonly priority: number;
  /** Share under the weighted policy; that policy never chooses 0 or less. */
  readonly weight: number;
  readonly limits: RateLimit;
  /** Failures rest it. */
  readonly cooling: boolean;
  /** Extra rounds when everything failed, where it has its own number. */
  readonly retries?: number;
  /** The operator's own verdicts on errors, before the table. */
  readonly errorRules: readonly ErrorRule[];
  /** Milliseconds, over those of the configuration; 0 is for ever. */
  readonly timeouts: Partial<Timeouts>;
  /** Kind of login, for settings that concern logins only (`oauth-model-alias`); absent for keys of the configuration. */
  readonly channel?: string;
}

/** What a credential may be asked for ahead of its upstream's own refusal; absent: no limit. */
export interface RateLimit {
  /** Requests under way at one time. */
  readonly concurrency?: number;
  /** Requests and tokens in a minute and in a day. */
  readonly rpm?: number;
  readonly tpm?: number;
  readonly rpd?: number;
  readonly tpd?: number;
}

/** Milliseconds; 0 is for ever. */
export interface Timeouts {
  /** Until the connection stands. */
  readonly connect: number;
  /** Until the reply begins. */
  readonly headers: number;
  /** Longest silence within a reply. */
  readonly idle: number;
  /** From the call to the end of its reply. */
  readonly total: number;
}

/** A verdict of the operator's: `request-scoped-errors`. */
export interface ErrorRule {
  /** That of the error; absent: any. */
  readonly status?: number;
  /** Any of these in the body, whatever the case; empty: any body. */
  readonly match: readonly string[];
  readonly patterns: readonly RegExp[];
  readonly action: 'stop' | 'stop-and-cooldown' | 'continue' | 'continue-and-cooldown';
}

/** A model as one credential has it: as the operator wrote it, its service lists it or its provider ships it. */
export interface ConfiguredModel extends Model {
  /** The id clients use; the service's own when absent. */
  readonly alias?: string;
  /** Put the alias back into the reply's model field. */
  readonly relabel?: boolean;
}

/** What a credential is to routing where nobody said otherwise. */
export const plainRouting = {
  tier: 'paid',
  priority: 0,
  weight: 1,
  limits: {},
  cooling: true,
  errorRules: [],
  timeouts: {},
} as const satisfies Partial<Credential>;

/** A credential's id: tells two keys of one provider apart without telling either. */
export function credentialId(provider: string, key: string | undefined, baseUrl: string): string {
  const digest = createHash('sha256')
    .update(`${key ?? ''}\n${baseUrl}`)
    .digest('hex');
  return `${provider}:${digest.slice(0, 12)}`;
}

/** The id of a credential whose key is used by another proxy too: each way fails for itself. */
export function idByProxy(id: string, proxy: string | undefined): string {
  return `${id}:${createHash('sha256')
    .update(proxy ?? '')
    .digest('hex')
    .slice(0, 6)}`;
}

/** The credential as a text that differs when anything of it does, over reloads too; a secret like itself. */
export function markOf({ provider, ...own }: Credential): string {
  return JSON.stringify([provider.id, own], (_key, value: unknown) =>
    value instanceof RegExp ? String(value) : value,
  );
}

/**
 * What a log may show of a key: its last four characters, of long keys only. In ASCII: anything else doubles what a line of the log
 * takes.
 */
export function maskedKey(key: string | undefined): string {
  if (key === undefined || key === '') return 'no key';
  return key.length >= 12 ? `...${key.slice(-4)}` : '...';
}
