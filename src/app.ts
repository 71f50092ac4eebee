// The composition root: the one file that knows every part.

import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { openCurrent } from './app/current.ts';
import { type AppDescription, describe } from './app/describe.ts';
import { createListeners } from './app/listeners.ts';
import type { Config } from './config/schema.ts';
import type { Observe } from './observe/observation.ts';
import { createKeptUpstream } from './relay/kept-upstream.ts';
import { createMemory } from './relay/memory.ts';
import { createRelay } from './relay/relay.ts';
import { createSealMemory } from './relay/seal-memory.ts';
import { type Sleep, sleep } from './relay/sleep.ts';
import { createStoredResponses } from './relay/stored-responses.ts';
import { createLive } from './routing/live.ts';
import { closerOf } from './server/closing.ts';
import { createServer } from './server/server.ts';
import { createTransport } from './transport/http.ts';

export type { AppDescription } from './app/describe.ts';

/** What a gateway is made of. */
export interface AppOptions {
  readonly config: Config;
  /** Hears everything; the log when absent. */
  readonly observe?: Observe;
  /** The machine's own when absent. */
  readonly clock?: Clock;
}

/** Milliseconds, monotonic; the wall clock in milliseconds; and waiting between attempts. */
export interface Clock {
  readonly now: () => number;
  readonly wallClock: () => number;
  readonly sleep: Sleep;
}

/** A gateway that was opened: it listens once it is told to, and holds timers and connections until it is closed. */
export interface App {
  /** Binds the configured address, or another port. Throws the system's error where it cannot. */
  listen(port?: number): Promise<{ readonly host: string; readonly port: number }>;
  /** Serves by another configuration from now on; what is under way ends by the one before. Where it throws, nothing has changed. */
  reload(config: Config): Promise<void>;
  /** Stops taking requests, lets open ones end for a while, then cuts them. Says whether all came to their end. */
  close(): Promise<boolean>;
  /** What it serves at this moment, for the greeting. */
  describe(): AppDescription;
  /** What hears of this gateway: for what happens around it, such as a file that cannot be read. */
  readonly observe: Observe;
}

const replyLimit = 256 << 20;
const sealBytes = 64 << 20;
const sealLifetime = 6 * 3_600_000;

const machineClock: Clock = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  sleep,
};

/** Opens a gateway that does not listen yet. Throws the system's or OpenSSL's error where the files of `tls` cannot be used. */
export async function createApp({ config, observe: listener, clock = machineClock }: AppOptions): Promise<App> {
  const transport = createTransport();
  const live = createLive();
  const { observe, traces, metrics, redaction } = createListeners({
    debug: config.debug,
    live,
    wallClock: clock.wallClock,
    current: () => current.serving,
    ...(listener && { observe: listener }),
  });
  const current = await openCurrent(config, { transport, live, observe, hide: redaction.learn });
  const store = config['responses-store'];
  const responses = createStoredResponses(store['max-size-mb'] * 1024 * 1024, store['ttl-hours'] * 3_600_000);
  const keptUpstream = createKeptUpstream(transport);
  const relay = createRelay({
    ...clock,
    transport,
    observe,
    keptUpstream,
    live,
    replyLimit,
    memory: createMemory(createSealMemory(sealBytes, sealLifetime), responses),
  });
  const server = createServer({
    ...clock,
    current: () => current.serving,
    relay,
    responses,
    keptUpstream,
    live,
    traces,
    metrics,
    redact: redaction.of,
    observe,
    bodyLimit: config['max-body-size'] * 1024 * 1024,
    ...(config.tls.enable && { tls: config.tls }),
  });
  const close = closerOf(server);

  return {
    observe,
    async listen(port = config.port) {
      await server.listen({ host: config.host, port });
      current.start();
      const { address, port: bound } = server.server.address() as AddressInfo;
      observe({ type: 'listening', host: address, port: bound });
      return { host: address, port: bound };
    },
    reload: (next) => current.load(next),
    async close() {
      const listened = server.server.listening;
      const drained = await close(current.config['shutdown-timeout-seconds'] * 1000, () => transport.close());
      await transport.close();
      await current.close();
      if (listened) observe({ type: 'stopped', drained });
      return drained;
    },
    describe: () => describe(current.serving.snapshot, current),
  };
}
