// The composition root: the one file that knows every part.

import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Config } from './config/schema.ts';
import { createLog } from './observe/log.ts';
import type { Observe } from './observe/observation.ts';
import { demoProviders } from './providers/demo.ts';
import { createMemory } from './relay/memory.ts';
import { createRelay } from './relay/relay.ts';
import { createSealMemory } from './relay/seal-memory.ts';
import { createStoredResponses } from './relay/stored-responses.ts';
import { buildCatalogue } from './routing/catalogue.ts';
import { type Credential, credentialId } from './routing/credential.ts';
import { credentialsOf } from './routing/credentials.ts';
import { createDiscovery } from './routing/discovery.ts';
import type { Snapshot } from './routing/snapshot.ts';
import { createClients } from './server/clients.ts';
import { createServer } from './server/server.ts';
import { type Simulator, startSimulator } from './simulator/server.ts';
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
  const simulator = demo ? await startSimulator({ seed: 'demo' }) : undefined;
  const credentials = [...configured, ...(simulator ? demoCredentials(simulator) : [])];
  const transport = createTransport();
  let snapshot: Snapshot;
  const swap = (): void => {
    snapshot = { credentials, catalogue: buildCatalogue(credentials, discovery.known, config['force-model-prefix']) };
  };
  const discovery = createDiscovery({ transport, observe, onChange: swap });
  snapshot = { credentials, catalogue: buildCatalogue(credentials, discovery.known, config['force-model-prefix']) };

  const store = config['responses-store'];
  const responses = createStoredResponses(store['max-size-mb'] << 20, store['ttl-hours'] * 3_600_000);
  const timeouts = config['upstream-timeouts'];
  const turns = new Map<string, number>();
  const relay = createRelay({
    transport,
    observe,
    now: () => performance.now(),
    turnOf(model) {
      const turn = turns.get(model) ?? 0;
      turns.set(model, turn + 1);
      return turn;
    },
    timeouts: { connect: timeouts.connect * 1000, headers: timeouts['first-byte'] * 1000, idle: timeouts.idle * 1000 },
    replyLimit,
    passHeaders: config['passthrough-headers'],
    memory: createMemory(createSealMemory(sealBytes, sealLifetime), responses),
  });
  const server = createServer({
    clients: createClients(config['api-keys']),
    relay,
    responses,
    snapshot: () => snapshot,
    observe,
    now: () => performance.now(),
    wallClock: () => Date.now(),
    strict: config.strict,
    bodyLimit: config['max-body-size'] << 20,
    keepAlive: config.streaming['keepalive-seconds'] * 1000,
    ...(config.tls.enable && { tls: config.tls }),
  });

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
      const drained = await closeWithin(server, config['shutdown-timeout-seconds'] * 1000);
      await transport.close();
      await simulator?.close();
      observe({ type: 'stopped', drained });
      return drained;
    },
    describe: () => describe(snapshot, demo),
  };
}

/** Closes the server; what is still open after `patience` milliseconds is cut. */
async function closeWithin(server: ReturnType<typeof createServer>, patience: number): Promise<boolean> {
  let drained = true;
  const timer = setTimeout(() => {
    drained = false;
    server.server.closeAllConnections();
  }, patience);
  await server.close();
  clearTimeout(timer);
  return drained;
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
  const models = [...catalogue.offers];
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
