// The numbers of the gateway: per provider in the flat shape that its users know, and for Prometheus. Labels are words of the
// configuration and of this program, never of strangers, so that there is an end to them.

import type { Usage } from '../ir/reply.ts';
import { version } from '../version.ts';
import { createCounter, createHistogram, type Family, readGauge } from './exposition.ts';
import type { Observation, Observe, Outcome } from './observation.ts';
import { createSamples, type Samples } from './samples.ts';

/** One provider, as `GET /v1/metrics/providers` tells it. Prices are not known here, so nothing is said of cost. */
export interface ProviderMetrics {
  readonly request_count: number;
  readonly success_count: number;
  readonly failure_count: number;
  readonly total_tokens: number;
  readonly success_rate: number;
  readonly latency_p50_ms?: number;
  readonly latency_p95_ms?: number;
}

export interface Metrics {
  readonly observe: Observe;
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

export function createMetrics(gauges: Gauges): Metrics {
  const tallies = new Map<string, Tally>();
  const counted = createFamilies();
  const families: readonly Family[] = [...Object.values(counted), ...readings(gauges)];
  const tally = (provider: string): Tally => {
    const key = provider.toLowerCase();
    let one = tallies.get(key);
    if (!one) {
      one = { requests: 0, failures: 0, tokens: 0, latency: createSamples() };
      tallies.set(key, one);
    }
    return one;
  };
  return {
    observe(observation) {
      if (observation.type === 'attempt-ended') {
        const one = tally(observation.provider);
        one.requests += 1;
        if (!observation.ok) one.failures += 1;
        one.tokens += credible(observation.usage?.input) + credible(observation.usage?.output);
        one.latency.add(observation.milliseconds);
      }
      count(observation, counted);
    },
    providers: () => Object.fromEntries([...tallies].map(([provider, one]) => [provider, flat(one)])),
    print: () => families.map((family) => family.print()).join(''),
  };
}

interface Tally {
  requests: number;
  failures: number;
  tokens: number;
  readonly latency: Samples;
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
      help: 'Upstream calls that came to their end, by provider and class of status.',
      labels: ['provider', 'status'],
    }),
    failures: createCounter({
      name: 'cliproxy_attempt_failures_total',
      help: 'Upstream calls that failed, by provider and kind of error.',
      labels: ['provider', 'kind'],
    }),
    tokens: createCounter({
      name: 'cliproxy_tokens_total',
      help: 'Tokens as upstreams counted them; cached and reasoning tokens are part of input and output.',
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
        help: 'From the request of a client to the end of its answer, by the provider that answered.',
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
      const { provider, status, usage } = observation;
      counted.attempts.add([provider, classOf(status)]);
      if (usage) countTokens(provider, usage, counted);
      return;
    }
    case 'attempt-failed':
      counted.failures.add([observation.provider, observation.error.kind]);
      return;
    case 'request-refused':
      counted.refusals.add([observation.error.kind]);
      return;
    case 'translation-lost':
      counted.losses.add([observation.from, observation.to], observation.losses.length);
      return;
    case 'credential-cooled':
      counted.cooled.add([observation.provider, observation.label]);
      return;
    case 'config-loaded':
      counted.reloads.add(['loaded']);
      return;
    case 'config-rejected':
      counted.reloads.add(['rejected']);
  }
}

function countExchange(
  outcome: Outcome,
  { requests, duration, firstContent }: ReturnType<typeof createFamilies>,
): void {
  const { dialect, status, kind = '', provider = 'none' } = outcome;
  requests.add([dialect, classOf(status), kind]);
  duration.observe([provider], outcome.milliseconds / 1000);
  if (outcome.firstContent !== undefined) firstContent.observe([provider], outcome.firstContent / 1000);
}

function classOf(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}

function countTokens(provider: string, usage: Usage, { tokens }: ReturnType<typeof createFamilies>): void {
  const told = (kind: string, number: number | undefined): void => {
    if (credible(number) > 0) tokens.add([provider, kind], credible(number));
  };
  told('input', usage.input);
  told('output', usage.output);
  told('cache_read', usage.cacheRead);
  told('cache_write', usage.cacheWrite);
  told('reasoning', usage.reasoning);
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
