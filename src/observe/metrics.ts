// The numbers of the gateway: per provider in the flat shape that its users know, and for Prometheus. Labels are words of the
// configuration and of this program, never of strangers, so that there is an end to them.

import type { Usage } from '../ir/reply.ts';
import { version } from '../version.ts';
import { type Counter, createCounter, createHistogram, type Family, readGauge } from './exposition.ts';
import type { AttemptEnded, Hear, Observation, Outcome } from './observation.ts';
import { createSamples, type Samples } from './samples.ts';

/** One provider, as `GET /v1/metrics/providers` tells it. Prices are not known here, so nothing is said of cost. */
export interface ProviderMetrics {
  /** Upstream calls that ended, well or not, but for those whose client left; one request of a client may need several. */
  readonly request_count: number;
  readonly success_count: number;
  readonly failure_count: number;
  /** Input and output together, as far as they were told. */
  readonly total_tokens: number;
  /** From 0 to 1; 1 where nothing was asked. */
  readonly success_rate: number;
  /** Milliseconds of the last calls, as many as are kept; absent where there are none. */
  readonly latency_p50_ms?: number;
  readonly latency_p95_ms?: number;
}

/** The numbers, for those who ask. */
export interface Metrics {
  /** By the provider's id; a provider that was asked nothing is not there. */
  providers(): Readonly<Record<string, ProviderMetrics>>;
  /** Everything, in the text format of Prometheus. */
  print(): string;
}

/** What is not counted but looked at when somebody asks. */
export interface Gauges {
  /** Upstream calls under way, by provider. */
  readonly inFlight: () => ReadonlyMap<string, number>;
  /** What rests, by the word of its cause. */
  readonly resting: () => ReadonlyMap<string, number>;
}

/** Seconds. Agents wait minutes for an answer, and a first token from a cache comes in a tenth. */
const bounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];

/** Everything begins at 0 with the process; gauges are read each time somebody asks. */
export function createMetrics(gauges: Gauges): Metrics & { readonly hear: Hear } {
  const tallies = createTallies();
  const counted = createFamilies();
  const families: readonly Family[] = [...Object.values(counted), ...readings(gauges)];
  return {
    hear(observations) {
      for (const observation of observations) {
        if (observation.type === 'attempt-ended') addAttempt(tallies.of(observation.provider), observation);
        count(observation, counted);
      }
    },
    providers: () => Object.fromEntries(Array.from(tallies.all, ([provider, one]) => [provider, flat(one)])),
    print: () => families.map((family) => family.print()).join(''),
  };
}

interface Tally {
  requests: number;
  failures: number;
  tokens: number;
  readonly latency: Samples;
}

/** `all` by the provider's id; `of` finds them by what providers are called, in whatever letters. */
function createTallies() {
  const all = new Map<string, Tally>();
  const known = new Map<string, Tally>();
  const learn = (provider: string): Tally => {
    const id = provider.toLowerCase();
    const one = all.get(id) ?? { requests: 0, failures: 0, tokens: 0, latency: createSamples() };
    all.set(id, one);
    known.set(provider, one);
    return one;
  };
  return { all, of: (provider: string): Tally => known.get(provider) ?? learn(provider) };
}

/** One whose client left is no success and no failure, and took as long as its client let it: only its tokens count. */
function addAttempt(one: Tally, { end, usage, milliseconds }: AttemptEnded): void {
  if (usage) one.tokens += credible(usage.input) + credible(usage.output);
  if (end === 'left') return;
  one.requests += 1;
  if (end === 'failed') one.failures += 1;
  one.latency.add(milliseconds);
}

/** What an upstream counted, unless it is no count: one reply that lies shall not spoil the sum for good. */
function credible(tokens = 0): number {
  return tokens > 0 && tokens < 1e12 ? tokens : 0;
}

function flat({ requests, failures, tokens, latency }: Tally): ProviderMetrics {
  const median = latency.quantile(0.5);
  const slow = latency.quantile(0.95);
  const successes = Math.max(0, requests - failures);
  return {
    request_count: requests,
    success_count: successes,
    failure_count: failures,
    total_tokens: tokens,
    success_rate: requests === 0 ? 1 : successes / requests,
    // Rounded up: an answer takes more than no time.
    ...(median !== undefined && { latency_p50_ms: Math.ceil(median) }),
    ...(slow !== undefined && { latency_p95_ms: Math.ceil(slow) }),
  };
}

function createFamilies() {
  return {
    requests: createCounter({
      name: 'cliproxy_requests_total',
      help: 'Requests of clients that came to their end, by dialect, class of status and kind of error.',
      labels: ['dialect', 'status', 'kind'],
    }),
    refusals: createCounter({
      name: 'cliproxy_refused_total',
      help: 'Requests that were turned away before they could be read, by kind of error.',
      labels: ['kind'],
    }),
    attempts: createCounter({
      name: 'cliproxy_attempts_total',
      help: 'Upstream calls that came to their end, by provider and class of status; left: their client went away before.',
      labels: ['provider', 'status'],
    }),
    failures: createCounter({
      name: 'cliproxy_attempt_failures_total',
      help: 'Upstream calls that failed, by provider and kind of error.',
      labels: ['provider', 'kind'],
    }),
    tokens: createCounter({
      name: 'cliproxy_tokens_total',
      help: 'Tokens as upstreams counted them, or as estimated of streams that broke off before; cached and reasoning tokens are part of input and output.',
      labels: ['provider', 'kind'],
    }),
    losses: createCounter({
      name: 'cliproxy_translation_losses_total',
      help: 'Things that a translation could not say, by the dialects it went between.',
      labels: ['from', 'to'],
    }),
    cooled: createCounter({
      name: 'cliproxy_cooldowns_total',
      help: 'Rests that began, by provider and cause.',
      labels: ['provider', 'cause'],
    }),
    reloads: createCounter({
      name: 'cliproxy_config_reloads_total',
      help: 'Changes of the configuration, by what became of them.',
      labels: ['result'],
    }),
    duration: createHistogram(
      {
        name: 'cliproxy_request_duration_seconds',
        help: 'From the request of a client to the end of its answer, by the provider that answered or was asked last.',
        labels: ['provider'],
      },
      bounds,
    ),
    firstContent: createHistogram(
      {
        name: 'cliproxy_first_content_seconds',
        help: 'From the request of a client to the first content of its answer, by the provider that answered.',
        labels: ['provider'],
      },
      bounds,
    ),
  };
}

function count(observation: Observation, counted: ReturnType<typeof createFamilies>): void {
  switch (observation.type) {
    case 'exchange-finished':
      countExchange(observation, counted);
      return;
    case 'attempt-ended': {
      const { provider, end, status, usage } = observation;
      counted.attempts.add(1, provider, end === 'left' ? 'left' : classOf(status));
      if (usage) countTokens(provider, usage, counted);
      return;
    }
    case 'attempt-failed':
      counted.failures.add(1, observation.provider, observation.error.kind);
      return;
    case 'request-refused':
      counted.refusals.add(1, observation.error.kind);
      return;
    case 'translation-lost':
      counted.losses.add(observation.losses.length, observation.from, observation.to);
      return;
    case 'credential-cooled':
      counted.cooled.add(1, observation.provider, observation.label);
      return;
    case 'config-loaded':
      counted.reloads.add(1, 'loaded');
      return;
    case 'config-rejected':
      counted.reloads.add(1, 'rejected');
  }
}

function countExchange(
  outcome: Outcome,
  { requests, duration, firstContent }: ReturnType<typeof createFamilies>,
): void {
  const { dialect, status, kind = '', provider = 'none' } = outcome;
  requests.add(1, dialect, classOf(status), kind);
  duration.observe(outcome.milliseconds / 1000, provider);
  if (outcome.firstContent !== undefined) firstContent.observe(outcome.firstContent / 1000, provider);
}

const classes = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx'];

function classOf(status: number): string {
  const hundreds = Math.floor(status / 100);
  return classes[hundreds] ?? `${hundreds}xx`;
}

function countTokens(provider: string, usage: Usage, { tokens }: ReturnType<typeof createFamilies>): void {
  addTokens(tokens, provider, 'input', usage.input);
  addTokens(tokens, provider, 'output', usage.output);
  addTokens(tokens, provider, 'cache_read', usage.cacheRead);
  addTokens(tokens, provider, 'cache_write', usage.cacheWrite);
  addTokens(tokens, provider, 'reasoning', usage.reasoning);
}

function addTokens(tokens: Counter, provider: string, kind: string, told: number | undefined): void {
  const number = credible(told);
  if (number > 0) tokens.add(number, provider, kind);
}

function readings({ inFlight, resting }: Gauges): readonly Family[] {
  const started = Date.now() / 1000 - process.uptime();
  const labelled = (numbers: ReadonlyMap<string, number>) =>
    [...numbers].map(([key, value]) => [[key], value] as const);
  const alone = (value: number) => [[[], value]] as const;
  return [
    readGauge(
      { name: 'cliproxy_upstream_requests_in_flight', help: 'Upstream calls under way.', labels: ['provider'] },
      () => labelled(inFlight()),
    ),
    readGauge({ name: 'cliproxy_cooldowns', help: 'What rests now, by cause.', labels: ['cause'] }, () =>
      labelled(resting()),
    ),
    readGauge({ name: 'cliproxy_build_info', help: 'The version that runs.', labels: ['version'] }, () => [
      [[version], 1],
    ]),
    readGauge({ name: 'process_start_time_seconds', help: 'When the process began, in Unix time.' }, () =>
      alone(started),
    ),
    readGauge(
      { name: 'process_cpu_seconds_total', help: 'Time the process has spent computing.' },
      () => {
        const { user, system } = process.cpuUsage();
        return alone((user + system) / 1e6);
      },
      'counter',
    ),
    readGauge({ name: 'process_resident_memory_bytes', help: 'Memory the process has of the machine.' }, () =>
      alone(process.memoryUsage.rss()),
    ),
    readGauge({ name: 'nodejs_heap_size_used_bytes', help: 'Memory that JavaScript values take.' }, () =>
      alone(process.memoryUsage().heapUsed),
    ),
  ];
}
