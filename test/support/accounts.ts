// A gateway with accounts that may be spoiled, under a clock that moves only when somebody waits or a test says so: what the chaos suite
// is made of. The simulator is shared; what a gateway asks of it is told apart by the keys.

import { type App, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Observation, Outcome } from '../../src/observe/observation.ts';
import type { AttemptTrace } from '../../src/observe/trace.ts';
import type { Signal } from '../../src/signal.ts';
import type { Recorded } from '../../src/simulator/recorder.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { clientKey } from './gateway.ts';

export type AccountDialect = 'openai-chat' | 'openai-responses' | 'anthropic-messages';

export interface Account {
  readonly dialect: AccountDialect;
  /** Not the simulator, but this. */
  readonly url?: string;
  /** Its models, as YAML; `m` where absent. */
  readonly models?: string;
  /** More members of its entry, as YAML, with a comma in front. */
  readonly more?: string;
}

export interface Accounts {
  readonly url: string;
  readonly app: App;
  readonly observations: readonly Observation[];
  /** The upstream key of each account, in order. */
  readonly keys: readonly string[];
  /** What the simulator got, for the account at this place or for all. */
  asked(account?: number): readonly Recorded[];
  outcomes(): readonly Outcome[];
  /** Attempts of all exchanges that are over. */
  attempts(): readonly AttemptTrace[];
  readonly clock: TestClock;
  /** Other accounts, or other settings, from now on. */
  reload(accounts: readonly Account[], settings?: string): Promise<void>;
  close(): Promise<void>;
}

export interface TestClock {
  wallClock(): number;
  advance(milliseconds: number): void;
  /** Everything that was waited for, in milliseconds. */
  readonly waits: readonly number[];
  /** Waits end only with their signals from now on. */
  hold(): void;
}

/** Milliseconds of silence after which an upstream is given up. Ample for a busy machine, where healthy answers take a few. */
export const patience = 400;

let count = 0;

/** All accounts offer `m`, the first ones first. `settings`: more of the configuration, as YAML. */
export async function startAccounts(
  simulator: Simulator,
  accounts: readonly Account[],
  settings = '',
): Promise<Accounts> {
  const run = count++;
  const keyOf = (place: number): string => `account-${run}-${place}`;
  const configure = (all: readonly Account[], more: string): Config => configOf(simulator.url, all, keyOf, more);
  const observations: Observation[] = [];
  const clock = testClock();
  const app = await createApp({
    config: configure(accounts, settings),
    observe: (observation) => observations.push(observation),
    clock,
  });
  const { port } = await app.listen(0);
  const outcomes = (): readonly Outcome[] =>
    observations.flatMap((one) => (one.type === 'exchange-finished' ? [one] : []));
  const own = new RegExp(`^account-${run}-`);
  return {
    url: `http://127.0.0.1:${port}`,
    app,
    observations,
    clock,
    keys: accounts.map((_, place) => keyOf(place)),
    asked: (account) =>
      simulator
        .recorded()
        .filter(
          ({ key = '', operation }) =>
            operation === 'generate' && (account === undefined ? own.test(key) : key === keyOf(account)),
        ),
    outcomes,
    attempts: () => outcomes().flatMap(({ trace }) => trace?.attempts ?? []),
    reload: (all, more = settings) => app.reload(configure(all, more)),
    async close() {
      await app.close();
    },
  };
}

function configOf(
  url: string,
  accounts: readonly Account[],
  keyOf: (place: number) => string,
  settings: string,
): Config {
  const entries = (dialect: AccountDialect, write: (account: Account, place: number) => string): readonly string[] =>
    accounts.flatMap((account, place) =>
      account.dialect === dialect ? [`  - { ${write(account, place)}, ${common(account, place)} }`] : [],
    );
  const common = ({ models, more }: Account, place: number): string =>
    `priority: ${100 - place}, models: ${models ?? `[{ name: real-${place}, alias: m }]`}${more ?? ''}`;
  const chat = entries(
    'openai-chat',
    (account, place) =>
      `name: chat-${place}, base-url: "${account.url ?? `${url}/v1`}", api-key-entries: [{ api-key: ${keyOf(place)} }]`,
  );
  const codex = entries(
    'openai-responses',
    (account, place) => `base-url: "${account.url ?? `${url}/v1`}", api-key: ${keyOf(place)}`,
  );
  const claude = entries(
    'anthropic-messages',
    (account, place) => `base-url: "${account.url ?? url}", api-key: ${keyOf(place)}`,
  );
  const text = [
    `api-keys: [${clientKey}]`,
    ...(chat.length > 0 ? ['openai-compatibility:', ...chat] : []),
    ...(codex.length > 0 ? ['codex-api-key:', ...codex] : []),
    ...(claude.length > 0 ? ['claude-api-key:', ...claude] : []),
    settings,
  ].join('\n');
  const loaded = loadConfig(text, { env: {}, path: 'config.yaml' });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 2));
  const seconds = patience / 1000;
  return { ...loaded.config, 'upstream-timeouts': { connect: 5, 'first-byte': seconds, idle: seconds, total: 0 } };
}

/** Who waits moves it: nobody sleeps, and the order of things is that of a machine that does. */
function testClock() {
  let wall = 1_785_500_000_000;
  let held = false;
  const waits: number[] = [];
  return {
    now: () => performance.now(),
    wallClock: () => wall,
    waits,
    advance: (milliseconds: number) => {
      wall += milliseconds;
    },
    hold: () => {
      held = true;
    },
    async sleep(milliseconds: number, signal: Signal) {
      waits.push(milliseconds);
      if (held) return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      wall += milliseconds;
      return new Promise<void>((resolve) => setImmediate(resolve));
    },
  };
}
