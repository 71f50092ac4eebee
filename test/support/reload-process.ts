// A gateway in a process of its own that is given another configuration again and again: it tells what it holds before and after.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { createWatch } from '../../src/config/watch.ts';

/** What the process holds. */
export interface Held {
  /** Bytes after garbage collection, buffers included. */
  readonly bytes: number;
  /** Sockets, timers, watchers and whatever else keeps something open, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

const upstream = createServer((_request, response) => {
  // Idle connections would be kept for a while, as they should be.
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ data: [{ id: 'a-model' }], choices: [] }));
});
await new Promise<void>((resolve) => {
  upstream.listen(0, '127.0.0.1', resolve);
});
const { port } = upstream.address() as AddressInfo;
/** The upstream is its own proxy. Never the same twice, but always of the same size: new keys, names, proxies and rules; each second one is the demo. */
function configOf(turn: number): Config {
  const entries = Array.from(
    { length: 60 },
    (_, index) => `
  - name: service-${turn}-${index}
    base-url: http://127.0.0.1:${port}/v1
    proxy-url: ${index % 2 === 0 ? 'direct' : `http://user:password-${turn}@127.0.0.1:${port}`}
    api-key-entries: [{ api-key: key-${turn}-${index} }]`,
  );
  const services = turn % 2 === 0 ? `openai-compatibility:${entries.join('')}` : '';
  const loaded = loadConfig(`host: 127.0.0.1\napi-keys: [client]\n${services}`, { env: {}, path: 'config.yaml' });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

const app = await createApp({ config: configOf(0), observe: () => undefined });
const bound = await app.listen(0);

/** Asks with a model of this configuration, so that connections and live state come about. */
async function ask(turn: number): Promise<void> {
  const model = turn % 2 === 0 ? 'a-model' : 'demo-openai-chat';
  const response = await fetch(`http://127.0.0.1:${bound.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer client', connection: 'close' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.text();
}

async function reload(from: number, to: number): Promise<void> {
  for (let turn = from; turn < to; turn++) {
    await app.reload(configOf(turn));
    // Not each time: what is kept of exchanges has bounds of its own, and these are not reached here.
    if (turn % 5 === 0) await ask(turn);
    const watch = createWatch({
      places: () => ({ files: [import.meta.filename], directories: [import.meta.dirname] }),
      onChange: async () => undefined,
    });
    watch.start();
    await sleep(5);
    watch.stop();
  }
}

async function held(): Promise<Held> {
  // Demos that were left end after a grace, and idle connections of ways that are gone with them.
  await sleep(2700);
  globalThis.gc?.();
  await sleep(50);
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { bytes: heapUsed + external, resources };
}

await reload(1, 61);
const before = await held();
await reload(61, 161);
const after = await held();
await app.close();
upstream.close();
upstream.closeAllConnections();
process.send?.({ before, after });
process.disconnect?.();
