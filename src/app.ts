// The composition root: the one file that knows every part.

import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Config } from './config/schema.ts';
import { createLog } from './observe/log.ts';
import type { Observe } from './observe/observation.ts';
import { demoProviders } from './providers/demo.ts';
import { createKeptUpstream } from './relay/kept-upstream.ts';
import { createMemory } from './relay/memory.ts';
import { createRelay } from './relay/relay.ts';
import { createSealMemory } from './relay/seal-memory.ts';
import { createStoredResponses } from './relay/stored-responses.ts';
import { buildCatalogue, listed } from './routing/catalogue.ts';
import { type Credential, credentialId } from './routing/credential.ts';
import { credentialsOf } from './routing/credentials.ts';
import { createDiscovery } from './routing/discovery.ts';
import type { Snapshot } from './routing/snapshot.ts';
import { createClients } from './server/clients.ts';
import { closerOf } from './server/closing.ts';
import { createServer } from './server/server.ts';
import type { Simulator } from './simulator/server.ts';
import { createTransport } from './transport/http.ts';

export interface AppOptions {
  readonly config: Config;
  /** Hears everything; the log when absent. */
  readonly observe?: Observe;
}

export interface App {
  /** Binds the configured address, or another port. Throws the system's error where it cannot. */
  listen(port?: number): Promise<{ readonly host: string; readonly port: number }>;
  /** Stops taking requests, lets open ones end for a while, then cuts them. Says whether all came to their end. */
  close(): Promise<boolean>;
  describe(): AppDescription;
}
export interface AppDescription {
  readonly demo: boolean;
  readonly providers: readonly {
    readonly id: string;
    readonly title: string;
    readonly models: number;
    readonly unusable: number;
  }[];
  readonly models: readonly string[];
}

const replyLimit = 256 << 20;
const sealBytes = 64 << 20;
const sealLifetime = 6 * 3_600_000;

export async function createApp({
  config,
  observe = createLog({ level: config.debug ? 'debug' : 'info' }),
}: AppOptions): Promise<App> {
  const configured = credentialsOf(config);
  const demo = config.demo ?? configured.length === 0;
  const simulator = demo ? await startDemo() : undefined;
  const credentials = [...configured, ...(simulator ? demoCredentials(simulator) : [])];
  const transport = createTransport();
  let snapshot: Snapshot;
  const swap = (): void => {
    snapshot = { credentials, catalogue: buildCatalogue(credentials, discovery.known, config['force-model-prefix']) };
  };
  const discovery = createDiscovery({ transport, observe, onChange: swap });
  snapshot = { credentials, catalogue: buildCatalogue(credentials, discovery.known, config['force-model-prefix']) };

  const store = config['responses-store'];
  const responses = createStoredResponses(store['max-size-mb'] * 1024 * 1024, store['ttl-hours'] * 3_600_000);
  const calling = { transport, timeouts: timeoutsOf(config), passHeaders: config['passthrough-headers'] };
  const keptUpstream = createKeptUpstream(calling);
  const relay = createRelay({
    ...calling,
    observe,
    keptUpstream,
    now: () => performance.now(),
    turnOf: turnCounter(() => snapshot),
    replyLimit,
    memory: createMemory(createSealMemory(sealBytes, sealLifetime), responses),
  });
  const server = createServer({
    clients: createClients(config['api-keys']),
    relay,
    responses,
    keptUpstream,
    snapshot: () => snapshot,
    observe,
    now: () => performance.now(),
    wallClock: () => Date.now(),
    strict: config.strict,
    bodyLimit: config['max-body-size'] * 1024 * 1024,
    keepAlive: config.streaming['keepalive-seconds'] * 1000,
    ...(config.tls.enable && { tls: config.tls }),
  });
  const close = closerOf(server);

  return {
    async listen(port = config.port) {
      await server.listen({ host: config.host, port });
      void discovery.start(credentials);
      const { address, port: bound } = server.server.address() as AddressInfo;
      observe({ type: 'listening', host: address, port: bound });
      return { host: address, port: bound };
    },
    async close() {
      discovery.stop();
      const drained = await close(config['shutdown-timeout-seconds'] * 1000, () => transport.close());
      await transport.close();
      await simulator?.close();
      observe({ type: 'stopped', drained });
      return drained;
    },
    describe: () => describe(snapshot, demo),
  };
}

/** Counts requests by model: only names that route, since others are a stranger's choice and without end. */
function turnCounter(snapshot: () => Snapshot): (model: string) => number {
  const turns = new Map<string, number>();
  return (model) => {
    if (!snapshot().catalogue.offers.has(model)) return 0;
    const turn = turns.get(model) ?? 0;
    turns.set(model, turn + 1);
    return turn;
  };
}

/** In milliseconds. */
function timeoutsOf(config: Config) {
  const { connect, 'first-byte': firstByte, idle } = config['upstream-timeouts'];
  return { connect: connect * 1000, headers: firstByte * 1000, idle: idle * 1000 };
}

/** Loaded only where it is wanted: most gateways start without it. */
async function startDemo(): Promise<Simulator> {
  const { startSimulator } = await import('./simulator/server.ts');
  return startSimulator({ seed: 'demo' });
}

function demoCredentials({ url }: Simulator): readonly Credential[] {
  return demoProviders(url).map((provider) => {
    const baseUrl = provider.baseUrl ?? url;
    const key = 'demo';
    return {
      id: credentialId(provider.models[0]?.id ?? 'demo', key, baseUrl),
      provider,
      label: 'demo',
      key,
      baseUrl,
      home: true,
      headers: {},
      excluded: [],
    };
  });
}

function describe({ credentials, catalogue }: Snapshot, demo: boolean): AppDescription {
  const ids = [...new Set(credentials.map(({ provider }) => provider.id))];
  const models = [...listed(catalogue)];
  return {
    demo,
    models: models.map(([name]) => name),
    providers: ids.map((id) => {
      const own = credentials.filter(({ provider }) => provider.id === id);
      return {
        id,
        title: own[0]?.provider.title ?? id,
        models: models.filter(([, offers]) => offers.some(({ credential }) => credential.provider.id === id)).length,
        unusable: own.filter(({ unusable }) => unusable !== undefined).length,
      };
    }),
  };
}
