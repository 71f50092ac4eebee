// What is served now: made whole from a configuration, and replaced whole by the next one. Exchanges under way keep what they
// began with; live state and lists of models stay with every credential that stayed as it was.

import type { Config } from '../config/schema.ts';
import type { Observe } from '../observe/observation.ts';
import { buildCatalogue } from '../routing/catalogue.ts';
import { type Credential, markOf } from '../routing/credential.ts';
import { credentialsOf } from '../routing/credentials.ts';
import { createDiscovery } from '../routing/discovery.ts';
import type { Live } from '../routing/live.ts';
import { type Settings, settingsOf } from '../routing/settings.ts';
import type { Serving } from '../server/call.ts';
import { type Clients, createClients } from '../server/clients.ts';
import type { ChangingTransport } from '../transport/http.ts';
import { createDemo } from './demo.ts';
import { secretsOf } from './secrets.ts';

/** What stays the same from one configuration to the next. */
export interface CurrentOptions {
  readonly transport: ChangingTransport;
  readonly live: Live;
  readonly observe: Observe;
  /** Told the secrets of every configuration before it is in force. */
  readonly hide: (secrets: readonly string[]) => void;
}

/** What is served now, and the way to the next configuration. */
export interface Current {
  /** Another object after every `load`, and after new lists of models. */
  readonly serving: Serving;
  /** What is served now was made of it. */
  readonly config: Config;
  /** Whether it offers the demo's models. */
  readonly demo: boolean;
  /** Serves by another configuration from now on; one after the other, where several are given at a time. */
  load(config: Config): Promise<void>;
  /** Begins to ask services for their models. */
  start(): void;
  /** Whether the service of this credential is being asked for its models and has told none yet. */
  awaits(credential: Credential): boolean;
  /** Asks for no more models and ends the demo. What is loaded afterwards has no effect. */
  close(): Promise<void>;
}

/** What a configuration comes to, the lists of models aside: these come when they come. */
interface Made {
  readonly config: Config;
  readonly credentials: readonly Credential[];
  readonly settings: Settings;
  readonly clients: Clients;
  readonly demo: boolean;
}

async function make(config: Config, demo: ReturnType<typeof createDemo>): Promise<Made> {
  const configured = credentialsOf(config);
  const wanted = config.demo ?? configured.length === 0;
  const settings = settingsOf(config);
  const clients = createClients(config['api-keys']);
  const credentials = [...configured, ...(await demo.credentials(wanted))];
  return { config, credentials, settings, clients, demo: wanted };
}

/** Makes what is served of the first configuration. Asks no service for its models before `start`. */
export async function openCurrent(first: Config, options: CurrentOptions): Promise<Current> {
  const { transport, live, observe, hide } = options;
  const demo = createDemo();
  const lists = gathered(() => serve(made));
  const discovery = createDiscovery({ transport, observe, onChange: lists.call });
  const serve = (next: Made): void => {
    serving = servingOf(next, discovery.known);
  };
  let made = await make(first, demo);
  let serving = servingOf(made, discovery.known);
  hide(secretsOf(first, made.credentials));
  let started = false;
  let incomplete: ReadonlySet<string> = new Set();
  /** Tells, once, what chains name in vain, once the services have said what they have. */
  const follow = async (next: Made): Promise<void> => {
    await discovery.follow(next.credentials);
    if (!started || next !== made || next.settings.chains.length === 0) return;
    const { catalogue } = servingOf(next, discovery.known).snapshot;
    const told = incomplete;
    incomplete = new Set(catalogue.missing.map((missing) => JSON.stringify(missing)));
    for (const missing of catalogue.missing)
      if (!told.has(JSON.stringify(missing))) observe({ type: 'chain-incomplete', ...missing });
  };
  let closed = false;
  let last: Promise<void> = Promise.resolve();

  const swap = async (config: Config): Promise<void> => {
    if (closed) return;
    const next = await make(config, demo);
    hide(secretsOf(config, next.credentials));
    serve(next);
    const before = made;
    made = next;
    if (!next.demo) demo.retire();
    forget(before.credentials, next.credentials, live);
    transport.keep(new Set(next.credentials.flatMap(({ proxy }) => proxy ?? [])));
    if (started) void follow(next);
  };
  return {
    get serving() {
      return serving;
    },
    get config() {
      return made.config;
    },
    get demo() {
      return made.demo;
    },
    load(config) {
      const swapped = last.then(() => swap(config));
      last = swapped.catch(() => undefined);
      return swapped;
    },
    start() {
      started = true;
      void follow(made);
    },
    awaits: discovery.awaits,
    async close() {
      closed = true;
      started = false;
      discovery.stop();
      lists.cancel();
      await last;
      await demo.close();
    },
  };
}

function servingOf(
  { config, credentials, settings, clients }: Made,
  known: Parameters<typeof buildCatalogue>[1],
): Serving {
  return {
    clients,
    snapshot: {
      credentials,
      catalogue: buildCatalogue(credentials, known, config['force-model-prefix'], settings),
      settings,
    },
    strict: config.strict,
    keepAlive: config.streaming['keepalive-seconds'] * 1000,
  };
}

/** A credential that was edited is tried afresh, whatever rested it before; one that is gone leaves nothing behind. */
function forget(before: readonly Credential[], after: readonly Credential[], live: Live): void {
  const { health, rateLimits, affinity } = live;
  const [old, marks] = [marksOf(before), marksOf(after)];
  for (const [id, mark] of marks) if (old.has(id) && old.get(id) !== mark) health.clear(id);
  const ids = new Set(after.map(({ id }) => id));
  health.keep(ids);
  rateLimits.keep(ids);
  affinity.keep(ids);
}

/** What all entries of each credential say; several may share one key. */
function marksOf(credentials: readonly Credential[]): ReadonlyMap<string, string> {
  const marks = new Map<string, string>();
  for (const credential of credentials)
    marks.set(credential.id, `${marks.get(credential.id) ?? ''}\n${markOf(credential)}`);
  return marks;
}

/** Milliseconds: the lists of hundreds of credentials come one by one, and each would be a new catalogue. */
const gatherFor = 100;

/** Calls at once; what is asked for soon after becomes one more call. */
function gathered(work: () => void): { readonly call: () => void; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let again = false;
  const call = (): void => {
    if (timer !== undefined) {
      again = true;
      return;
    }
    work();
    timer = setTimeout(() => {
      timer = undefined;
      if (!again) return;
      again = false;
      call();
    }, gatherFor).unref();
  };
  return { call, cancel: () => clearTimeout(timer) };
}
