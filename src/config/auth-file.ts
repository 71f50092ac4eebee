// One file of `auth-dir`: an API key with what belongs to it, a login, or nothing that could be used. The spelling of older tools
// (`api_key`) and that of config.yaml (`api-key`) are both read.

import type * as z from 'zod';
import { asString, type JsonObject, parseObject } from '../json.ts';
import { compatibleEntry, serviceEntry, vendorEntry } from './entries.ts';
import { type Notice, notary } from './notice.ts';
import { type KeyPath, printPath } from './outline.ts';
import type { CompatibleEntry, Config, KeyedEntry, KeyedList } from './schema.ts';
import { termsOf } from './upstream-lists.ts';
import { serviceLists, vendorLists } from './upstreams.ts';
import { examine } from './usability.ts';

/** What a file turned out to be. */
export type AuthFile =
  | { readonly is: 'key'; readonly list: KeyedList; readonly entry: KeyedEntry; readonly notices: readonly Notice[] }
  /** A key for a service of the operator's own. */
  | { readonly is: 'own'; readonly entry: CompatibleEntry; readonly notices: readonly Notice[] }
  | { readonly is: 'login'; readonly name: string }
  | { readonly is: 'broken'; readonly notice: Notice }
  /** Switched off, or gone. */
  | { readonly is: 'nothing' };

/** Where a file is, and what it is called in the directory. */
export interface AuthPlace {
  readonly path: string;
  readonly name: string;
}

/** What keeps a file from being used. */
export function broken(path: string, message: string, advice: string): Extract<AuthFile, { is: 'broken' }> {
  return {
    is: 'broken',
    notice: { level: 'warning', path: '', file: path, message: `${message}; it is not used`, advice },
  };
}

/** What a login leaves behind, service by service. */
const loginKeys = ['access-token', 'refresh-token', 'id-token', 'token', 'cookie', 'service-account', 'kilocodeToken'];

/** Reads the text of one file. */
export function readAuthFile(text: string, { path, name }: AuthPlace, config: Config): AuthFile {
  if (text.trim() === '') return broken(path, 'it is empty', 'Remove it, or write the credential again.');
  const object = parseObject(text);
  if (!object) return broken(path, 'it is not a JSON object', 'Remove it, or write the credential again.');
  const content = dashed(object);
  const type = (asString(content.type) ?? /^(.+)-api-key\.json$/.exec(name)?.[1])?.trim();
  if (!type) return broken(path, 'it has no "type", which names its provider', 'Add it, as in "type": "deepseek".');
  if (content.disabled === true) return { is: 'nothing' };
  const key = asString(content['api-key'])?.trim();
  const own = config['openai-compatibility'].find((entry) => entry.name === type && !entry.disabled);
  const list = listOf(type);
  if (key && own) return ownKey(content, own, { path, name });
  if (key && list) return keyFor(content, list, { path, name });
  if (loginKeys.some((login) => content[login] !== undefined)) return { is: 'login', name };
  if (!key) return broken(path, 'it holds neither an "api_key" nor a login', 'Add the key, or remove the file.');
  const known = Object.keys({ ...vendorLists, ...serviceLists }).join(', ');
  return broken(
    path,
    `its type "${type.slice(0, 80)}" is no provider that takes an API key here`,
    `Use one of ${known}, or the name of an openai-compatibility entry.`,
  );
}

/** A provider by its short name or by its key in config.yaml: `claude`, `claude-api-key`, `deepseek`. */
function listOf(type: string): KeyedList | undefined {
  const lists: readonly string[] = Object.keys({ ...vendorLists, ...serviceLists });
  return lists.find((list) => list === type || list === `${type}-api-key`) as KeyedList | undefined;
}

function keyFor(content: JsonObject, list: KeyedList, { path, name }: AuthPlace): AuthFile {
  const parsed = settled(list in vendorLists ? vendorEntry : serviceEntry, content);
  if ('fault' in parsed) return broken(path, parsed.fault, 'Correct it, or remove it.');
  const { entry, notices } = examine(parsed.data, [], termsOf(list), unplaced);
  return { is: 'key', list, entry: { ...entry, source: name }, notices: about(path, notices) };
}

/** The operator's own service once more, with this key. What the file says goes before what the entry says. */
function ownKey(content: JsonObject, own: CompatibleEntry, { path, name }: AuthPlace): AuthFile {
  const parsed = settled(compatibleEntry, { ...content, name: own.name });
  if ('fault' in parsed) return broken(path, parsed.fault, 'Correct it, or remove it.');
  const said = Object.fromEntries(Object.entries(parsed.data).filter(([key]) => key in content));
  const keyed = settled(compatibleEntry.shape['api-key-entries'].unwrap().element, content);
  if ('fault' in keyed) return broken(path, keyed.fault, 'Correct it, or remove it.');
  const { 'token-file': _, ...key } = keyed.data;
  const { entry, notices } = examine(
    { ...own, ...said, source: name },
    [],
    { needsKey: false, needsBaseUrl: true },
    unplaced,
  );
  return { is: 'own', entry: { ...entry, 'api-key-entries': [key] }, notices: about(path, notices) };
}

const unplaced = notary(() => undefined);

const about = (file: string, notices: readonly Notice[]): readonly Notice[] =>
  notices.map((notice) => ({ ...notice, file }));

function dashed(content: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(content).map(([key, value]) => [key.replaceAll('_', '-'), value]));
}

/** The members that a schema knows, as it wants them; what else stands in the file is another tool's. */
function settled<Data>(
  schema: z.ZodType<Data> & { readonly shape: object },
  content: JsonObject,
): { readonly data: Data } | { readonly fault: string } {
  const known = Object.entries(content).filter(([key, value]) => Object.hasOwn(schema.shape, key) && value !== null);
  const result = schema.safeParse(Object.fromEntries(known.map(([key, value]) => [key, plain(key, value)])));
  if (result.success) return { data: result.data };
  const [issue] = result.error.issues;
  return { fault: `its ${printPath((issue?.path ?? []) as KeyPath)} cannot be used (${issue?.message ?? 'unknown'})` };
}

const numbers: ReadonlySet<string> = new Set(['priority', 'weight', 'request-retry']);

/** Some tools write every value as text. */
function plain(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (numbers.has(key) && /^-?\d+$/.test(value.trim())) return Number(value);
  return key === 'disable-cooling' ? value.trim() === 'true' : value;
}
