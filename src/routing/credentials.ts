// The credentials that a configuration holds, provider by provider. What is wrong with one is kept with it: it is listed and
// never tried, and nothing of it goes out another way.

import type {
  CompatibleEntry,
  CompatibleKey,
  CompatibleModelEntry,
  Config,
  KeyedEntry,
  KeyedList,
  ModelEntry,
} from '../config/schema.ts';
import type { Accent, ModelLimits, ReasoningLimits } from '../envelope.ts';
import { compatibleProvider } from '../providers/compatible.ts';
import { providers } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { errorRulesOf } from './configured-rules.ts';
import {
  type ConfiguredModel,
  type Credential,
  credentialId,
  idByProxy,
  maskedKey,
  type plainRouting,
  type RateLimit,
  type Timeouts,
} from './credential.ts';
import { efforts } from './suffix.ts';

/** All credentials of a configuration, in the order of its providers and entries. */
export function credentialsOf(config: Config): readonly Credential[] {
  const keyed = providers.flatMap((provider) => {
    const entries: readonly KeyedEntry[] = config[provider.configKey as KeyedList];
    return entries.map((entry) => fromEntry(provider, entry, config));
  });
  const compatible = config['openai-compatibility']
    .filter((entry) => !entry.disabled)
    .flatMap((entry) => fromCompatible(entry, config));
  return toldApart([...keyed, ...compatible]);
}

/** One key of one address by several proxies is a credential for each; the first keeps the plain id. */
function toldApart(credentials: readonly Credential[]): readonly Credential[] {
  const proxies = new Map<string, string | undefined>();
  return credentials.map((credential) => {
    const { id, proxy } = credential;
    if (!proxies.has(id)) proxies.set(id, proxy);
    return proxies.get(id) === proxy ? credential : { ...credential, id: idByProxy(id, proxy) };
  });
}

function fromEntry(provider: Provider, entry: KeyedEntry, config: Config): Credential {
  const own = trimmedUrl(entry['base-url']);
  const baseUrl = own ?? provider.baseUrl ?? '';
  const key = entry['api-key'] || undefined;
  const unusable =
    entry.unusable ??
    (baseUrl === '' ? 'it has no base-url, which this provider needs' : undefined) ??
    (key === undefined && !provider.keyless ? 'it has no api-key' : undefined);
  const home = own === undefined || own === provider.baseUrl;
  return {
    ...shared(provider, entry, key, baseUrl, unusable),
    ...routed(entry, config, provider.keyless ? 'free' : 'paid'),
    ...(provider.accent.autoCache && { accent: { ...provider.accent, autoCache: cachesItself(entry, home) } }),
    home,
    ...proxied(entry['proxy-url'], config),
  };
}

/** A host of the operator's that does not know the mark on a request as a whole would answer 400. */
function cachesItself(entry: KeyedEntry, home: boolean): boolean {
  return ('auto-cache' in entry ? entry['auto-cache'] : undefined) ?? home;
}

/** One service of the operator's own: a provider by itself, with a credential a key. */
function fromCompatible(entry: CompatibleEntry, config: Config): Credential[] {
  const baseUrl = trimmedUrl(entry['base-url']) ?? '';
  const provider = compatibleProvider(entry.name, baseUrl, accentOf(entry));
  const keys: readonly CompatibleKey[] = entry['api-key-entries'].length > 0 ? entry['api-key-entries'] : [{}];
  return keys.map((key) => ({
    ...shared(provider, entry, key['api-key'] || undefined, baseUrl, entry.unusable ?? key.unusable),
    ...routed(entry, config, key['api-key'] ? 'paid' : 'free'),
    ...(key.weight !== undefined && { weight: key.weight }),
    home: true,
    ...proxied(key['proxy-url'] || entry['proxy-url'], config),
  }));
}

function accentOf(entry: CompatibleEntry): Accent {
  return {
    ...(entry['support-prompt-cache-key'] && { cacheKey: true }),
    ...(entry['support-cache-control'] && { cacheMarks: true }),
  };
}

function shared(
  provider: Provider,
  entry: KeyedEntry | CompatibleEntry,
  key: string | undefined,
  baseUrl: string,
  unusable: string | undefined,
) {
  const models = entry.models?.length ? entry.models.map(configuredModel) : undefined;
  return {
    // A file of credentials is known by its name, whatever key it holds.
    id: entry.source === undefined ? credentialId(provider.id, key, baseUrl) : `${provider.id}:${entry.source}`,
    provider,
    label: `${provider.id} ${maskedKey(key)}`,
    baseUrl,
    headers: entry.headers ?? {},
    excluded: entry['excluded-models'] ?? [],
    ...(key !== undefined && { key }),
    ...(entry.prefix && { prefix: entry.prefix }),
    ...(models && { models }),
    ...(unusable !== undefined && { unusable }),
  };
}

type Routed = Pick<Credential, keyof typeof plainRouting | 'retries'>;

/** What the operator says of its place among others and of its failures. */
function routed(entry: KeyedEntry | CompatibleEntry, config: Config, tier: string): Routed {
  const retries = entry['request-retry'];
  return {
    tier: entry.tier || tier,
    priority: entry.priority,
    weight: entry.weight,
    limits: limitedTo(entry['rate-limit'] ?? {}),
    cooling: !(entry['disable-cooling'] ?? config['disable-cooling']),
    errorRules: errorRulesOf(entry['request-scoped-errors'] ?? []),
    timeouts: timeoutsOf(entry.timeouts ?? {}),
    ...(retries !== undefined && { retries }),
  };
}

/** Limits, where 0 is none. */
function limitedTo({ concurrency, rpm, tpm, rpd, tpd }: NonNullable<KeyedEntry['rate-limit']>): RateLimit {
  return {
    ...(concurrency && { concurrency }),
    ...(rpm && { rpm }),
    ...(tpm && { tpm }),
    ...(rpd && { rpd }),
    ...(tpd && { tpd }),
  };
}

function timeoutsOf(timeouts: NonNullable<KeyedEntry['timeouts']>): Partial<Timeouts> {
  const { connect, 'first-byte': headers, idle, total } = timeouts;
  return {
    ...(connect !== undefined && { connect: connect * 1000 }),
    ...(headers !== undefined && { headers: headers * 1000 }),
    ...(idle !== undefined && { idle: idle * 1000 }),
    ...(total !== undefined && { total: total * 1000 }),
  };
}

/** The credential's own proxy, else the global one. */
function proxied(own: string | undefined, config: Config): { proxy?: string } {
  const proxy = own || config['proxy-url'];
  return proxy ? { proxy } : {};
}

function trimmedUrl(text: string | undefined): string | undefined {
  const url = text?.trim().replace(/\/+$/, '');
  return url ? url : undefined;
}

function configuredModel(entry: ModelEntry | CompatibleModelEntry): ConfiguredModel {
  return {
    id: entry.name,
    limits: limitsOf(entry),
    ...(entry.alias && { alias: entry.alias }),
    ...(entry['display-name'] && { title: entry['display-name'] }),
    ...(entry['force-mapping'] && { relabel: true }),
  };
}

function limitsOf(entry: ModelEntry | CompatibleModelEntry): ModelLimits {
  const context = entry['max-context-length'];
  const input = 'input-modalities' in entry ? entry['input-modalities']?.filter(isModality) : undefined;
  const reasoning = entry.thinking && reasoningOf(entry.thinking);
  return { ...(context && { context }), ...(input && { input }), ...(reasoning && { reasoning }) };
}

type Modality = NonNullable<ModelLimits['input']>[number];
const modalities: readonly string[] = ['text', 'image', 'audio', 'video', 'document'] satisfies Modality[];

function isModality(word: string): word is Modality {
  return modalities.includes(word);
}

function reasoningOf(thinking: NonNullable<ModelEntry['thinking']>): ReasoningLimits {
  const levels = thinking.levels && efforts.filter((effort) => thinking.levels?.includes(effort));
  const { max } = thinking;
  return {
    ...(levels && { levels }),
    ...(max !== undefined && { budget: { min: thinking.min ?? 0, max } }),
    ...(thinking['zero-allowed'] !== undefined && { off: thinking['zero-allowed'] }),
    ...(thinking['dynamic-allowed'] !== undefined && { auto: thinking['dynamic-allowed'] }),
  };
}
