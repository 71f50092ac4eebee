// The upstream lists as they will be used: every entry tidied, and those that cannot be used marked with the reason.

import { asString, parseObject } from '../json.ts';
import { providers } from '../providers/index.ts';
import type { Environment } from './environment.ts';
import { expandHome } from './home.ts';
import type { Notary, Notice } from './notice.ts';
import { type KeyPath, printPath } from './outline.ts';
import type {
  Config,
  KeyedList,
  ParsedConfig,
  ServiceEntry,
  ServiceListName,
  VendorEntry,
  VendorListName,
} from './schema.ts';
import { serviceLists, vendorLists } from './upstreams.ts';
import { type CandidateEntry, examine, type Terms } from './usability.ts';

/** Every list of upstreams, under its key of the configuration. */
type UpstreamLists = Pick<Config, KeyedList | 'openai-compatibility'>;

/** Where values outside the file come from. */
export interface Sources {
  readonly env: Environment;
  /** Reads a key file. Throws when it cannot be read. */
  readonly read: (path: string) => string;
}

/** What the entries of a list must say, by what is known of its provider. */
export function termsOf(list: KeyedList): Terms {
  const provider = providers.find(({ configKey }) => configKey === list);
  return {
    needsKey: !provider?.keyless,
    needsBaseUrl: provider?.baseUrl === undefined,
    ...(provider?.version !== undefined && { version: provider.version }),
    ...(provider?.endpoints.gemini && { folder: 'models/' }),
  };
}

/** Reads all upstream lists. */
export function readUpstreamLists(
  parsed: ParsedConfig,
  notary: Notary,
  sources: Sources,
): { readonly lists: UpstreamLists; readonly notices: readonly Notice[] } {
  const notices: Notice[] = [];
  const look = <Entry extends CandidateEntry>(entry: Entry, path: readonly (string | number)[], terms: Terms) => {
    const keyed = withTokenFile(entry, sources);
    const { entry: looked, notices: told } = examine(
      keyed.entry,
      path,
      keyed.unread === undefined ? terms : { ...terms, unread: keyed.unread },
      notary,
    );
    notices.push(...told);
    return looked;
  };
  const examined = <Name extends KeyedList>(names: readonly Name[]) =>
    names.map((name) => {
      const terms = termsOf(name);
      return [name, parsed[name].map((entry, index) => look(entry, [name, index], terms))] as const;
    });
  const compatible = parsed['openai-compatibility'].map(({ 'api-keys': older = [], ...entry }, index) => {
    const path = ['openai-compatibility', index] as const;
    const keys = entry['api-key-entries'] ?? [];
    const known = new Set(keys.map((key) => key['api-key']));
    const all = [
      ...keys.map((key, place) => ({ key, at: ['api-key-entries', place] })),
      ...older
        .map((key, place) => ({ key: { 'api-key': key }, at: ['api-keys', place] }))
        .filter(({ key }) => !known.has(key['api-key'])),
    ];
    notices.push(...nameNotices(entry.name, [...path, 'name'], parsed, notary));
    if (entry.disabled) return { ...entry, 'api-key-entries': all.map(({ key }) => key) };
    return {
      ...look(entry, path, { needsKey: false, needsBaseUrl: true }),
      'api-key-entries': all.map(({ key, at }) => look(key, [...path, ...at], { needsKey: true, needsBaseUrl: false })),
    };
  });
  const lists = {
    ...(Object.fromEntries(examined(namesOf(vendorLists))) as Record<VendorListName, VendorEntry[]>),
    ...(Object.fromEntries(examined(namesOf(serviceLists))) as Record<ServiceListName, ServiceEntry[]>),
    'openai-compatibility': compatible,
  };
  return { lists, notices };
}

/** Clients may say `provider/model`: what keeps a service of the operator's own from being meant by its name. */
function nameNotices(name: string, path: KeyPath, parsed: ParsedConfig, notary: Notary): readonly Notice[] {
  const say = `${printPath(path)} "${name}"`;
  if (name.includes('/')) {
    const advice = 'Use one word, such as my-service.';
    return [notary.at('warning', path, `${say} holds "/": clients cannot ask for it as name/model`, advice)];
  }
  const twin = providers.find(({ id }) => id === name.toLowerCase());
  if (!twin || parsed[twin.configKey as KeyedList].length === 0) return [];
  const message = `${say} is the name of ${twin.configKey} as well: ${twin.id}/model asks both`;
  return [notary.at('warning', path, message, 'Rename it, where that is not meant.')];
}

const namesOf = <Lists extends object>(lists: Lists) => Object.keys(lists) as (keyof Lists)[];

interface Keyed<Entry> {
  readonly entry: Entry;
  /** Why its token file cannot be read. */
  readonly unread?: string;
}

/** An entry whose key is in a file, with the key. */
function withTokenFile<Entry extends CandidateEntry>(entry: Entry, { env, read }: Sources): Keyed<Entry> {
  if (!entry['token-file']) return { entry };
  const file = expandHome(entry['token-file'], env);
  const located = { ...entry, 'token-file': file };
  if (entry['api-key']) return { entry: located };
  try {
    return { entry: { ...located, 'api-key': keyIn(read(file)) } };
  } catch (error) {
    return { entry: located, unread: error instanceof Error ? error.message : String(error) };
  }
}

/** The key that a file holds: its text, or the `api_key` of a JSON object. */
function keyIn(content: string): string {
  return asString(parseObject(content)?.api_key)?.trim() ?? content.trim();
}
