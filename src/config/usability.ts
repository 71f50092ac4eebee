// Whether an upstream entry can be used. One that cannot is kept with the reason, so that it is listed and never tried: a
// broken proxy must not end in a direct connection.

import { toGatewayError } from '../errors.ts';
import { maskProxy, parseProxy } from '../transport/proxy.ts';
import type { ErrorRuleItem } from './error-rules.ts';
import type { Notary, Notice } from './notice.ts';
import { type KeyPath, printPath } from './outline.ts';
import { type AnyModelEntry, soundModels } from './sound-models.ts';
import { soundErrorRules } from './sound-rules.ts';

interface Fault {
  readonly key: string;
  readonly message: string;
  readonly advice: string;
}

/** What entries of every kind have, as far as usability goes. */
export interface CandidateEntry {
  readonly 'api-key'?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly 'base-url'?: string | undefined;
  readonly 'proxy-url'?: string | undefined;
  readonly prefix?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly 'excluded-models'?: readonly string[] | undefined;
  readonly 'request-scoped-errors'?: readonly ErrorRuleItem[] | undefined;
  readonly models?: readonly AnyModelEntry[] | undefined;
}

/** What is asked of an entry, and what is known of it beside its own values. */
export interface Terms {
  /** It is no use without a key. */
  readonly needsKey: boolean;
  /** It has no home address. */
  readonly needsBaseUrl: boolean;
  /** What its paths begin with: no part of its base-url. */
  readonly version?: string;
  /** What it writes before the ids of its models, `models/`: the gateway puts it there itself. */
  readonly folder?: string;
  /** Why its token file cannot be read, if so. */
  readonly unread?: string;
}

/** An entry as it will be used, or with the reason why it will not be, and what is to be said of it. */
export interface Examined<Entry> {
  readonly entry: Entry & { readonly unusable?: string };
  readonly notices: readonly Notice[];
}

/** Tidies one entry and says whether it can be used. */
export function examine<Entry extends CandidateEntry>(
  entry: Entry,
  path: KeyPath,
  terms: Terms,
  notary: Notary,
): Examined<Entry> {
  const tidy = tidied(entry, terms.version);
  const faults = [
    ...keyFaults(tidy, terms),
    ...baseUrlFaults(tidy['base-url'] ?? '', terms),
    ...proxyFaults(tidy['proxy-url'] ?? ''),
    ...headerFaults(tidy.headers ?? {}),
  ];
  const [first] = faults;
  const notices = faults.map((fault) => {
    const at = [...path, fault.key];
    return notary.at('warning', at, `${placed(fault, at)}; this entry is not used`, fault.advice);
  });
  const barred = Object.keys(entry.headers ?? {}).filter((name) => ofTransport.has(name.trim().toLowerCase()));
  const withheld = barred.map((name) => {
    const at = [...path, 'headers', name];
    const message = `${printPath(at)} is not sent: it speaks of the connection or of the length of the body, which are the gateway’s own`;
    return notary.atKey('warning', at, message, 'Remove it.');
  });
  const models = soundModels(tidy.models ?? [], [...path, 'models'], notary, terms.folder);
  const rules = soundErrorRules(tidy['request-scoped-errors'] ?? [], [...path, 'request-scoped-errors'], notary);
  return {
    entry: {
      ...tidy,
      ...(tidy['request-scoped-errors'] && { 'request-scoped-errors': rules.rules }),
      ...(tidy.models && { models: models.models }),
      ...(first && { unusable: first.message }),
    },
    notices: [
      ...notices,
      ...prefixNotices(entry, path, notary),
      ...pathNotices(entry, path, notary),
      ...withheld,
      ...models.notices,
      ...rules.notices,
    ],
  };
}

/** A fault with the whole path of its key; a file of its own holds one entry, and needs none. */
function placed({ key, message }: Fault, path: KeyPath): string {
  if (path.length === 1) return message;
  return message.startsWith(key) ? printPath(path) + message.slice(key.length) : `${printPath(path)}: ${message}`;
}

/** Hop-by-hop headers (RFC 9110, 7.6.1) and those of the body's framing: a request that has them twice, or wrong, fails. */
const ofTransport: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['accept-encoding', 'content-length', 'expect'],
]);

function tidied<Entry extends CandidateEntry>(entry: Entry, version = ''): Entry {
  const { prefix, headers } = entry;
  const excluded = entry['excluded-models'];
  const baseUrl = entry['base-url'];
  return {
    ...entry,
    ...(prefix !== undefined && { prefix: soundPrefix(prefix) }),
    ...(baseUrl !== undefined && { 'base-url': withoutVersion(withoutPath(baseUrl), version) }),
    ...(excluded && { 'excluded-models': [...new Set(excluded.map((name) => name.toLowerCase()))].filter(Boolean) }),
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers)
          .map(([name, value]) => [name.trim(), value])
          .filter(([name = '', value]) => name && value && !ofTransport.has(name.toLowerCase())),
      ),
    }),
  };
}

/** What the gateway puts behind a base URL itself. */
const pathBehind = /\/(?:chat\/completions|responses|(?<=\/v1\/)messages|(?<=\/v1(?:beta)?\/)models)$/;

const withoutPath = (url: string): string => url.replace(/\/+$/, '').replace(pathBehind, '').replace(/\/+$/, '');

function pathNotices({ 'base-url': baseUrl = '' }: CandidateEntry, path: KeyPath, notary: Notary): readonly Notice[] {
  const behind = pathBehind.exec(baseUrl.replace(/\/+$/, ''))?.[0];
  if (behind === undefined) return [];
  const at = [...path, 'base-url'];
  const message = `${printPath(at)} is read without ${behind}: paths are put behind it`;
  return [notary.at('warning', at, message, 'Write the address up to there.')];
}

const withoutVersion = (url: string, version: string): string =>
  version !== '' && url.endsWith(version) && !url.endsWith(`/${version}`)
    ? url.slice(0, -version.length).replace(/\/+$/, '')
    : url;

function keyFaults(entry: CandidateEntry, terms: Terms): readonly Fault[] {
  const key = entry['api-key'] ?? '';
  if (terms.unread !== undefined) {
    const message = `token-file cannot be read: ${terms.unread}`;
    return [{ key: 'token-file', message, advice: 'Put the key alone into this file, readable by the gateway.' }];
  }
  if (/[^\x21-\x7e]/.test(key)) {
    return [
      {
        key: 'api-key',
        message: 'the key holds characters that cannot be sent in a header',
        advice: 'Copy it again, without spaces, line breaks or quotes inside.',
      },
    ];
  }
  if (key !== '' || !terms.needsKey) return [];
  return [
    {
      key: 'api-key',
      message: 'api-key is missing',
      advice: `Write the key, or \${NAME} to take it from the environment.`,
    },
  ];
}

function baseUrlFaults(baseUrl: string, terms: Terms): readonly Fault[] {
  const key = 'base-url';
  const advice = 'For example: base-url: https://llm.example.com/v1';
  if (baseUrl === '') return terms.needsBaseUrl ? [{ key, message: 'base-url is missing', advice }] : [];
  if (/[?#]/.test(baseUrl) || /^[^/]*:\/\/[^/]*@/.test(baseUrl)) {
    const message = 'base-url must not hold a query (?…), a fragment (#…) or a password: paths are put behind it';
    return [{ key, message, advice: 'Write the address alone; a key belongs to api-key, or to headers.' }];
  }
  const valid = /^https?:\/\/[^/]/i.test(baseUrl) && URL.canParse(baseUrl);
  return valid ? [] : [{ key, message: `base-url must be an http or https URL, not "${maskProxy(baseUrl)}"`, advice }];
}

/** As in CLIProxyAPI, an entry whose prefix is none works without. */
function prefixNotices({ prefix = '' }: CandidateEntry, path: KeyPath, notary: Notary): readonly Notice[] {
  if (soundPrefix(prefix) !== '' || !prefix.replace(slashesAround, '')) return [];
  const at = [...path, 'prefix'];
  const message = `${printPath(at)} must not contain "/": "${prefix}"; the entry is used without a prefix`;
  return [notary.at('warning', at, message, 'Clients say prefix/model; use one word, such as team-a.')];
}

const slashesAround = /^[/\s]+|[/\s]+$/g;

function soundPrefix(prefix: string): string {
  const word = prefix.replace(slashesAround, '');
  return word.includes('/') ? '' : word;
}

function proxyFaults(address: string): readonly Fault[] {
  const message = proxyFault(address);
  const advice = 'Use http, https, socks5 or socks5h, as in http://127.0.0.1:7890; or direct for none.';
  return message === undefined ? [] : [{ key: 'proxy-url', message, advice }];
}

/** Why a proxy address cannot be used; undefined when it can. */
export function proxyFault(address: string): string | undefined {
  try {
    parseProxy(address);
    return undefined;
  } catch (error) {
    return toGatewayError(error).message;
  }
}

function headerFaults(headers: Readonly<Record<string, string>>): readonly Fault[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value)
      ? []
      : [
          {
            key: 'headers',
            message: `the header "${name}" cannot be sent`,
            advice: 'Names are letters, digits and dashes; values are one line of plain text.',
          },
        ],
  );
}
