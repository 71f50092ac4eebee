import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finished } from '../../test/support/outcomes.ts';
import { readMetrics } from '../../test/support/prometheus.ts';
import { GatewayError } from '../errors.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { Observation, Observe } from './observation.ts';
import { createSamples } from './samples.ts';

const open = (): Metrics & { readonly observe: Observe } => {
  const metrics = createMetrics({ inFlight: () => new Map([['claude', 2]]), resting: () => new Map([['quota', 1]]) });
  return { ...metrics, observe: (observation) => metrics.hear([observation], [0]) };
};
const ended = (more: Partial<Extract<Observation, { type: 'attempt-ended' }>>): Observation => ({
  type: 'attempt-ended',
  provider: 'iflow',
  credential: 'iflow ...a1b2',
  model: 'm',
  end: 'answered',
  status: 200,
  milliseconds: 12.4,
  ...more,
});

describe('metrics by provider (SEED-04, SEED-61)', () => {
  it('are an empty object before traffic', () => {
    expect(open().providers()).toEqual({});
  });

  it('count every attempt, and tell true percentiles', () => {
    const metrics = open();
    for (const milliseconds of [10, 20, 30.2])
      metrics.observe(ended({ milliseconds, usage: { input: 100, output: 20, cacheRead: 90 } }));
    metrics.observe(ended({ provider: 'IFLOW', end: 'failed', status: 503, milliseconds: 0.2 }));
    expect(metrics.providers()).toEqual({
      iflow: {
        request_count: 4,
        success_count: 3,
        failure_count: 1,
        total_tokens: 360,
        success_rate: 0.75,
        latency_p50_ms: 10,
        latency_p95_ms: 31,
      },
    });
  });
});

it('a client that leaves is no failure of its provider, but its tokens count', () => {
  const metrics = open();
  metrics.observe(ended({ milliseconds: 20 }));
  metrics.observe(ended({ end: 'left', status: 499, milliseconds: 9000, usage: { input: 7, output: 3 } }));
  expect(metrics.providers().iflow).toMatchObject({
    request_count: 1,
    failure_count: 0,
    success_rate: 1,
    total_tokens: 10,
    latency_p95_ms: 20,
  });
  expect(metrics.print()).toContain('cliproxy_attempts_total{provider="iflow",status="left"} 1\n');
  expect(metrics.print()).not.toContain('status="4xx"');
});

it('a reply that lies about its tokens spoils no sum', () => {
  const metrics = open();
  for (const tokens of [-7, 1e308, 1e308])
    metrics.observe(ended({ usage: { input: tokens, output: 1, reasoning: tokens } }));
  expect(metrics.providers().iflow).toMatchObject({ total_tokens: 3 });
  expect(metrics.print()).toContain('cliproxy_tokens_total{provider="iflow",kind="output"} 3\n');
  expect(metrics.print()).not.toMatch(/kind="(?:input|reasoning)"/);
});

it('samples are the last so many', () => {
  const samples = createSamples(100);
  expect(samples.quantile(0.5)).toBeUndefined();
  for (let value = 1; value <= 1000; value++) samples.add(value);
  expect([samples.quantile(0), samples.quantile(0.5), samples.quantile(0.95), samples.quantile(1)]).toEqual([
    901, 950, 995, 1000,
  ]);
});

describe('metrics for Prometheus', () => {
  it('are in its text format, line by line', () => {
    const metrics = open();
    metrics.observe(
      finished({ model: 'a stranger’s "model"\n', provider: 'claude', firstContent: 90, milliseconds: 700 }),
    );
    metrics.observe(finished({ status: 429, kind: 'rate-limited', milliseconds: 5 }));
    metrics.observe(ended({ provider: 'claude', usage: { input: 7, output: 3 } }));
    metrics.observe({ type: 'config-rejected', path: 'config.yaml', problems: [] });
    const text = metrics.print();
    for (const line of [
      '# TYPE cliproxy_requests_total counter',
      'cliproxy_requests_total{dialect="gemini",status="2xx",kind=""} 1',
      'cliproxy_requests_total{dialect="gemini",status="4xx",kind="rate-limited"} 1',
      'cliproxy_attempts_total{provider="claude",status="2xx"} 1',
      'cliproxy_tokens_total{provider="claude",kind="input"} 7',
      'cliproxy_first_content_seconds_bucket{provider="claude",le="0.05"} 0',
      'cliproxy_first_content_seconds_bucket{provider="claude",le="0.1"} 1',
      'cliproxy_first_content_seconds_bucket{provider="claude",le="+Inf"} 1',
      'cliproxy_first_content_seconds_count{provider="claude"} 1',
      'cliproxy_request_duration_seconds_sum{provider="claude"} 0.7',
      'cliproxy_request_duration_seconds_bucket{provider="none",le="0.05"} 1',
      'cliproxy_upstream_requests_in_flight{provider="claude"} 2',
      'cliproxy_cooldowns{cause="quota"} 1',
      'cliproxy_config_reloads_total{result="rejected"} 1',
    ])
      expect(text.split('\n')).toContain(line);
    expect(readMetrics(text).size).toBeGreaterThan(10);
  });

  it('stay readable whatever a provider is called and however long a request takes', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('a"b', 'a\\', 'line\nbreak', '{le="1"}', '__proto__', ''));
    const milliseconds = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, milliseconds), { maxLength: 20 }), (all) => {
        const metrics = open();
        for (const [provider, time] of all) {
          metrics.observe(finished({ provider, milliseconds: time, firstContent: time / 2 }));
          metrics.observe(ended({ provider, milliseconds: time }));
        }
        const read = readMetrics(metrics.print());
        const providers = new Set(all.map(([provider]) => provider));
        const shown = new Set(read.get('cliproxy_attempts_total')?.samples.map(({ labels }) => labels.provider));
        expect(shown).toEqual(providers);
        const durations = read.get('cliproxy_request_duration_seconds')?.samples ?? [];
        const counts = durations.filter((sample) => sample.name.endsWith('_count'));
        expect(counts.reduce((sum, { value }) => sum + value, 0)).toBe(all.length);
      }),
    );
  });

  it('have no label that a stranger chooses', () => {
    const metrics = open();
    for (let i = 0; i < 500; i++) {
      metrics.observe(finished({ model: `stranger-${i}`, exchange: `id-${i}` }));
      const error = new GatewayError('not-found', 'nothing here');
      metrics.observe({ type: 'request-refused', exchange: `id-${i}`, path: `/stranger-${i}`, error });
    }
    expect(metrics.print()).not.toContain('stranger');
    expect(metrics.print().split('\n').length).toBeLessThan(80);
  });
});
