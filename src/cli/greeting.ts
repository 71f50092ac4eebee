// What a started gateway says: where it listens, where the client key is, what it serves, and a command to try it with.

import { withClientKey } from '../config/add-key.ts';
import type { Opened } from '../config/open.ts';
import { version } from '../version.ts';
import { keyInFile, quoted, type ShellKey } from './key-line.ts';

/** What the gateway offers at its start. */
export interface Served {
  readonly providers: readonly Provider[];
  readonly demo: boolean;
  /** Every name that clients can use. */
  readonly models: readonly string[];
}

interface Provider {
  readonly id: string;
  readonly models: number;
  /** Its own list is still to come. */
  readonly awaited: boolean;
}

/** Where the gateway listens, as the system says: a port of 0 that was asked for is a real one here. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The lines printed at start. `shared` output may end in a log that others read: a key that stands in a file is not shown there. */
export function greeting(opened: Opened, address: Address, served: Served, shared: boolean): string {
  const lines = [
    `cliproxyapi++ ${version}`,
    `API server started successfully on: ${printAddress(address.host, address.port)}`,
    ...facts(opened, served, shared).map(([name, fact]) => `  ${name.padEnd(8)}${fact}`),
    'Try it:',
    `  ${tryIt(opened, address, shared)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function facts(opened: Opened, served: Served, shared: boolean): (readonly [string, string])[] {
  const { found, madeKey, heldBack } = opened;
  const upstreams = served.providers.filter(({ id }) => id !== 'demo');
  return [
    ['config', `${found.place.path}${found.createdKey ? ' (written just now)' : ''}`],
    ['key', whereTheKeyIs(opened, shared)],
    ...upstreams.map((upstream) => ['serves', modelsOf(upstream)] as const),
    ...(served.demo ? [['serves', demoNote(served)] as const] : []),
    ...(upstreams.length === 0 && !served.demo
      ? [['serves', 'nothing yet: add an upstream to the configuration'] as const]
      : []),
    ...(heldBack === undefined ? [] : [['note', heldBackNote(heldBack, madeKey?.written === true)] as const]),
  ];
}

/** What is known before a service has told is what it is known for: not what this account has. */
function modelsOf({ id, models, awaited }: Provider): string {
  if (!awaited) return `${id}: ${count(models, 'model')}`;
  return models === 0
    ? `${id}: its list of models is being fetched`
    : `${id}: ${count(models, 'model')} known, its list is being fetched`;
}

/** The demo is clearly announced, name by name: whoever has no account yet has nothing else to ask for. */
function demoNote({ models }: Served): string {
  const names = models.filter((name) => name.startsWith('demo-'));
  return `demo: built-in models that need no account: ${names.join(', ')}`;
}

function whereTheKeyIs({ config, found, madeKey }: Opened, shared: boolean): string {
  const told = (key: string, where: string) => (shared ? where : `${key} (${where})`);
  if (madeKey?.written)
    return told(madeKey.key, 'there was none; made now and written to api-keys in the configuration');
  if (madeKey) {
    return `${madeKey.key} (there was none, and the configuration cannot be written: this one lasts until the gateway stops)`;
  }
  if (found.createdKey) return told(found.createdKey, 'made now; it is in api-keys in the configuration');
  return `in api-keys in the configuration (${count(config['api-keys'].length, 'key')})`;
}

function heldBackNote(host: string, written: boolean): string {
  const there = host || 'every network';
  const then = written
    ? `Restart to listen on ${there}.`
    : `Write a key of your own to api-keys to listen on ${there}.`;
  return `listening on this machine only, because there was no client key. ${then}`;
}

/** A command that works when pasted. */
function tryIt(opened: Opened, { host, port }: Address, shared: boolean): string {
  const secure = opened.config.tls.enable;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `${secure ? 'https' : 'http'}://${printAddress(reachable, port)}/v1/models`;
  const { key, note = '' } = pastedKey(opened, shared);
  return `curl ${secure ? '-k ' : ''}${url} -H "Authorization: Bearer ${key}"${note}`;
}

/** A key as it is written within double quotes of a shell: itself where showing it does no harm, else how to come by it. */
function pastedKey({ config, found, madeKey }: Opened, shared: boolean): ShellKey {
  const { path } = found.place;
  const plain = config['api-keys'].filter((key) => !key.startsWith('sha256:'));
  const [first] = plain;
  const onlyHere = madeKey !== undefined && !madeKey.written;
  if (first !== undefined && (onlyHere || !shared)) return { key: first.replace(/[\\"$`]/g, '\\$&') };
  const text = madeKey === undefined ? found.text : withClientKey(found.text, madeKey.key);
  // This one works on, too, when lines are put in above.
  if (first !== undefined && first === madeKeys.exec(text)?.[0])
    return { key: `$(grep -o '${madeKeys.source}' ${quoted(path)} | head -n 1)` };
  // A pipe, as of `--config <(…)`, is read once only.
  const way = /^\/(dev|proc)\//.test(path) ? undefined : keyInFile(text, path, plain);
  return way ?? { key: '$CLIPROXY_KEY', note: `   # with CLIPROXY_KEY set to one of the api-keys in ${path}` };
}

/** Keys that were made here and not by the operator; for `grep`, too. */
const madeKeys = /cpx-[A-Za-z0-9]*/;

function printAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
