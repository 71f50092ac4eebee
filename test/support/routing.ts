// Credentials, settings and live state for tests of routing: what rests and what is busy is said outright.

import { loadConfig } from '../../src/config/load.ts';
import type { Envelope } from '../../src/envelope.ts';
import { compatibleProvider } from '../../src/providers/compatible.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { buildCatalogue, type CatalogueRules } from '../../src/routing/catalogue.ts';
import type { ConfiguredModel, Credential } from '../../src/routing/credential.ts';
import { plainRouting } from '../../src/routing/credential.ts';
import type { Cooldown } from '../../src/routing/health.ts';
import { createLive, type Live } from '../../src/routing/live.ts';
import { type Plan, type PlanRequest, plan } from '../../src/routing/plan.ts';
import { type Settings, settingsOf } from '../../src/routing/settings.ts';
import type { Snapshot } from '../../src/routing/snapshot.ts';

const service = compatibleProvider('service', 'http://127.0.0.1:1/v1', {});

/** A service of that id. */
export function serviceOf(id: string, more: Partial<Provider> = {}): Provider {
  return { ...service, id, title: id, ...more };
}

export function credential(id: string, more: Partial<Credential> = {}): Credential {
  return {
    id,
    provider: service,
    label: id,
    baseUrl: 'http://127.0.0.1:1/v1',
    home: true,
    headers: {},
    excluded: [],
    ...plainRouting,
    ...more,
  };
}

export function model(id: string, alias?: string, more: Partial<ConfiguredModel> = {}): ConfiguredModel {
  return { id, limits: {}, ...(alias !== undefined && { alias }), ...more };
}

export function envelope(name: string, more: Partial<Envelope> = {}): Envelope {
  return {
    dialect: 'openai-chat',
    operation: 'generate',
    model: name,
    stream: false,
    framing: 'sse',
    usageWanted: false,
    ...more,
  };
}

/** The settings of an empty configuration, and what is said otherwise. */
function settings(more: Partial<Settings> = {}): Settings {
  const loaded = loadConfig('api-keys: [k-0123456789]', { env: {}, path: 'config.yaml' });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return { ...settingsOf(loaded.config), ...more };
}

export function snapshot(
  credentials: readonly Credential[],
  more: Partial<Settings> = {},
  forcePrefix = false,
): Snapshot {
  const whole = settings(more);
  const rules: CatalogueRules = whole;
  return { credentials, settings: whole, catalogue: buildCatalogue(credentials, new Map(), forcePrefix, rules) };
}

/** Live state whose health and load are said outright: `rest` and `busy` by `credential` or `credential model`. */
export interface Stage {
  readonly live: Live;
  now: number;
  rest(what: string, until: number, more?: Partial<Cooldown>): void;
  wake(what: string): void;
  readonly busy: Map<string, number>;
  readonly probing: Set<string>;
  readonly limited: Map<string, { readonly because: string; readonly until?: number }>;
  plan(snapshot: Snapshot, name: string, more?: Partial<PlanRequest>): Plan;
}

export function stage(): Stage {
  const resting = new Map<string, Cooldown>();
  const busy = new Map<string, number>();
  const probing = new Set<string>();
  const limited = new Map<string, { readonly because: string; readonly until?: number }>();
  let version = 0;
  const made = createLive();
  const live: Live = {
    ...made,
    health: {
      ...made.health,
      get version() {
        return version;
      },
      cooldownOf: (candidate, now) => {
        const { id } = candidate.credential;
        const found = resting.get(`${id} ${candidate.model.id}`) ?? resting.get(id);
        return found && found.until > now ? found : undefined;
      },
      probing: ({ credential: { id } }) => probing.has(id),
    },
    rateLimits: {
      ...made.rateLimits,
      busy: (id) => busy.get(id) ?? 0,
      obstacle: ({ id }) => limited.get(id),
    },
  };
  const self: Stage = {
    live,
    now: 1_000_000,
    busy,
    probing,
    limited,
    rest(what, until, more = {}) {
      version += 1;
      const cause = { scope: 'model', label: 'quota', status: 429, cause: '429: slow down' } as const;
      resting.set(what, { ...cause, since: self.now, until, failures: 1, ...more });
    },
    wake(what) {
      version += 1;
      resting.delete(what);
    },
    plan: (whole, name, more = {}) =>
      plan({
        envelope: envelope(name),
        snapshot: whole,
        live,
        now: () => self.now,
        session: () => undefined,
        size: 0,
        carries: () => new Set(),
        ...more,
      }),
  };
  return self;
}

/** The credentials of what is offered, in order. */
export function offered({ candidates }: Plan): readonly string[] {
  return Array.from(candidates, ({ credential: { id } }) => id);
}
