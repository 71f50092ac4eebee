// What a started gateway says: where it listens, where the client key is, what it serves, and a command to try it with.

import { isLoopback, type Opened } from '../config/open.ts';
import { version } from '../version.ts';

export interface Served {
  readonly providers: readonly { readonly id: string; readonly models: number }[];
  readonly demo: boolean;
  /** Every name that clients can use. */
  readonly models: readonly string[];
}
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The lines printed at start. `shared` output may end in a log that others read: an old key is not shown there. */
export function greeting(opened: Opened, address: Address, served: Served, shared: boolean): string {
  const lines = [
    `cliproxyapi++ ${version}`,
    `API server started successfully on: ${printAddress(address.host, address.port)}`,
    ...facts(opened, served).map(([name, fact]) => `  ${name.padEnd(8)}${fact}`),
    'Try it:',
    `  ${tryIt(opened, address, shared)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function facts(opened: Opened, served: Served): (readonly [string, string])[] {
  const { found, madeKey, heldBack } = opened;
  const upstreams = served.providers.filter(({ id }) => id !== 'demo');
  return [
    ['config', `${found.place.path}${found.createdKey ? ' (written just now)' : ''}`],
    ['key', whereTheKeyIs(opened)],
    ...upstreams.map(({ id, models }) => ['serves', `${id}: ${count(models, 'model')}`] as const),
    ...(served.demo ? [['serves', demoNote(served)] as const] : []),
    ...(upstreams.length === 0 && !served.demo
      ? [['serves', 'nothing yet: add an upstream to the configuration'] as const]
      : []),
    ...(heldBack === undefined ? [] : [['note', heldBackNote(heldBack, madeKey?.written === true)] as const]),
  ];
}

/** The demo is clearly announced, name by name: whoever has no account yet has nothing else to ask for. */
function demoNote({ models }: Served): string {
  const names = models.filter((name) => name.startsWith('demo-'));
  return `demo: built-in models that need no account: ${names.join(', ')}`;
}

function whereTheKeyIs({ config, found, madeKey }: Opened): string {
  if (madeKey?.written) return `${madeKey.key} (there was none; made now and written to api-keys in the configuration)`;
  if (madeKey) {
    return `${madeKey.key} (there was none, and the configuration cannot be written: this one lasts until the gateway stops)`;
  }
  if (found.createdKey) return `${found.createdKey} (made now; it is in api-keys in the configuration)`;
  return `in api-keys in the configuration (${count(config['api-keys'].length, 'key')})`;
}

function heldBackNote(host: string, written: boolean): string {
  const then = written ? `Restart to listen on ${host}.` : `Write a key of your own to api-keys to listen on ${host}.`;
  return `listening on this machine only, because there was no client key. ${then}`;
}

/** A command that works when pasted, wherever showing the key does no harm. */
function tryIt({ config, found, madeKey }: Opened, { host, port }: Address, shared: boolean): string {
  const secure = config.tls.enable;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `${secure ? 'https' : 'http'}://${printAddress(reachable, port)}/v1/models`;
  const plain = config['api-keys'].find((key) => !key.startsWith('sha256:'));
  const fresh = madeKey !== undefined || found.createdKey !== undefined;
  const shown = plain !== undefined && (fresh || !shared || isLoopback(host));
  const key = shown ? plain : '$CLIPROXY_KEY';
  const note = shown ? '' : '   # with CLIPROXY_KEY set to one of your client keys';
  return `curl ${secure ? '-k ' : ''}${url} -H "Authorization: Bearer ${quotable(key, shown)}"${note}`;
}

/** A key within double quotes of a shell. */
function quotable(key: string, literal: boolean): string {
  return literal ? key.replace(/[\\"$`]/g, '\\$&') : key;
}

function printAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
