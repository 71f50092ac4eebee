// What a plan costs: finding whom to ask first, with many names and many credentials, of which some, half or nearly all rest. Usage:
// npm run bench:plan -- [--quick]

import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config/load.ts';
import type { Envelope } from '../src/envelope.ts';
import { GatewayError } from '../src/errors.ts';
import { compatibleProvider } from '../src/providers/compatible.ts';
import { buildCatalogue } from '../src/routing/catalogue.ts';
import { type Credential, plainRouting } from '../src/routing/credential.ts';
import { createLive, type Live } from '../src/routing/live.ts';
import { plan } from '../src/routing/plan.ts';
import { type PolicyName, settingsOf } from '../src/routing/settings.ts';
import type { Snapshot } from '../src/routing/snapshot.ts';
import { verdicts } from '../src/routing/verdicts.ts';
import { median } from './contenders.ts';
import { lines } from './report.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const rounds = options.quick ? 2_000 : 20_000;
/** Microseconds for a plan and its first candidate. */
const limit = 50;

interface Case {
  readonly name: string;
  readonly names: number;
  readonly credentials: number;
  readonly policy: PolicyName;
  /** Of all credentials, how many rest: 0 to 1. */
  readonly resting: number;
  /** Requests belong to conversations that are bound. */
  readonly sessions: boolean;
}

const few = { names: 500, credentials: 200, policy: 'round-robin', resting: 0, sessions: false } as const;
const many = { ...few, names: 1, credentials: 5_000 } as const;
const cases: readonly Case[] = [
  { ...few, name: '500 names, 200 credentials' },
  { ...few, name: '… in sessions', sessions: true },
  { ...few, name: '… by weight', policy: 'weighted' },
  { ...few, name: '… least busy', policy: 'least-busy' },
  { ...many, name: '5,000 credentials' },
  { ...many, name: '… half of them resting', resting: 0.5 },
  { ...many, name: '… 99 % of them resting', resting: 0.99 },
  { ...many, name: '… 99 %, by weight', resting: 0.99, policy: 'weighted' },
  { ...many, name: '… 99 %, least busy', resting: 0.99, policy: 'least-busy' },
  { ...many, name: '… 99 %, in sessions', resting: 0.99, sessions: true },
];

const service = compatibleProvider('service', 'http://127.0.0.1:1/v1', {});

function snapshotOf({ names, credentials: count, policy }: Case): Snapshot {
  const loaded = loadConfig('api-keys: [bench-key-0123456789]', { env: {}, path: 'config.yaml' });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const models = Array.from({ length: names }, (_, index) => ({
    id: `model-${index}`,
    alias: `name-${index}`,
    limits: {},
  }));
  const credentials = Array.from(
    { length: count },
    (_, index): Credential => ({
      id: `service:${index}`,
      provider: service,
      label: `service …${index}`,
      baseUrl: 'http://127.0.0.1:1/v1',
      home: true,
      headers: {},
      excluded: [],
      models,
      ...plainRouting,
      weight: 1 + (index % 4),
    }),
  );
  const settings = { ...settingsOf(loaded.config), policy };
  return { credentials, settings, catalogue: buildCatalogue(credentials, new Map(), false, settings) };
}

function rest(live: Live, { catalogue, settings: { cooling } }: Snapshot, share: number, now: number): void {
  const error = new GatewayError('unauthorized', 'The key is not accepted.', { status: 401 });
  const failure = { error, verdict: verdicts.unauthorized, now, begun: now, alone: false, cooling };
  const [all = []] = catalogue.offers.values();
  for (const candidate of all.slice(0, Math.floor(all.length * share))) live.health.failed(candidate, failure);
}

function measure(one: Case): { readonly median: number; readonly slowest: number; readonly begin: number } {
  const began = performance.now();
  const snapshot = snapshotOf(one);
  const begin = performance.now() - began;
  const live = createLive();
  const start = Date.now();
  rest(live, snapshot, one.resting, start);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const name = `name-${(round * 7) % one.names}`;
    const envelope: Envelope = {
      dialect: 'openai-chat',
      operation: 'generate',
      model: name,
      stream: false,
      framing: 'sse',
      usageWanted: false,
    };
    const now = start + round;
    const from = process.hrtime.bigint();
    const made = plan({
      envelope,
      snapshot,
      live,
      now: () => now,
      session: () => (one.sessions ? { id: `client\n${round % 1000}` } : undefined),
      size: 1000,
      carries: () => new Set(),
    });
    const [first] = made.candidates;
    times.push(Number(process.hrtime.bigint() - from) / 1000);
    if (!first) throw new Error(`${one.name}: nobody was offered.`);
    if (made.session !== undefined) {
      live.affinity.bind(made.session, { credential: first.credential.id, model: first.model.id }, now);
    }
  }
  // The first time a name is asked for, what is ready of it is worked out.
  const sorted = times.slice(one.names).toSorted((a, b) => a - b);
  return { median: median(sorted), slowest: sorted[Math.floor(sorted.length * 0.99)] ?? 0, begin };
}

const rows = cases.map((one) => {
  const { median: middle, slowest, begin } = measure(one);
  return [
    middle <= limit ? 'pass' : 'miss',
    one.name,
    middle.toFixed(1),
    slowest.toFixed(1),
    `<= ${limit}`,
    begin.toFixed(0),
  ];
});
const heads = ['', 'plan and first candidate', 'median µs', 'p99 µs', 'limit µs', 'catalogue ms'];
process.stdout.write(`\n${lines([heads, ...rows])}\n`);
