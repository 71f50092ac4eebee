// Why a request went where it went, and where one would go: traces, plans, cooldowns and numbers, over HTTP.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { logLines } from '../support/log.ts';
import { readMetrics } from '../support/prometheus.ts';

const otherKey = 'another-client-key-987654';
const started: Gateway[] = [];
const open = async (configure: (url: string) => string): Promise<Gateway> => {
  const gateway = await startGateway(configure, {}, [clientKey, otherKey]);
  started.push(gateway);
  return gateway;
};
afterAll(() => Promise.all(started.map((one) => one.close())));

const ask = async (gateway: Gateway, method: string, path: string, body?: unknown, key = clientKey) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as any };
};
const chat = (model: string, content = 'Hello', more: object = {}) => ({
  model,
  messages: [{ role: 'user', content }],
  ...more,
});
const talk = async (gateway: Gateway, body: unknown, headers: Record<string, string> = {}): Promise<Response> => {
  const response = await call(gateway, '/v1/chat/completions', body, headers);
  await response.clone().text();
  return response;
};

const twoAccounts = (url: string) => `
claude-api-key:
  - { api-key: account-one-1111, base-url: "${url}", models: [{ name: claude-real, alias: shared }] }
gemini-api-key:
  - { api-key: account-two-2222, base-url: "${url}", models: [{ name: gemini-real, alias: shared }] }
`;

describe('what became of an exchange', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await open(twoAccounts);
  });

  it.each([false, true])('is told to the key that made it, whole (stream: %s)', async (stream) => {
    const id = `request-${stream}`;
    await ask(gateway, 'DELETE', '/v1/cooldowns');
    gateway.simulator.script({ say: 'status 429 retry-after=60', match: { key: 'account-one-1111' }, times: 1 });
    // Two conversations: each account begins one of them.
    for (const turn of [1, 2]) {
      const body = chat('shared', `hello ${id} ${turn}`, { stream, logit_bias: { 50256: -100 } });
      await talk(gateway, body, { 'x-request-id': `${id}-${turn}` });
    }
    const traces = await Promise.all(
      [1, 2].map(async (turn) => (await ask(gateway, 'GET', `/v1/explain/${id}-${turn}`)).json),
    );
    const moved = traces.find(({ attempts }) => attempts.length === 2);
    expect(moved).toMatchObject({
      object: 'exchange',
      dialect: 'openai-chat',
      stream,
      model: 'shared',
      resolved_model: 'shared',
      status: 200,
      provider: 'gemini',
      upstream_model: 'gemini-real',
      upstream_dialect: 'gemini',
      ended_by: 'upstream',
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
      resolution: [expect.stringContaining('shared')],
      considered: [
        { provider: 'claude', model: 'claude-real' },
        { provider: 'gemini', model: 'gemini-real' },
      ],
    });
    expect(Date.now() - Date.parse(moved.time)).toBeLessThan(60_000);
    const [first, second] = moved.attempts;
    expect(first).toMatchObject({ provider: 'claude', status: 429, error: { kind: 'rate-limited' } });
    expect(first.followed_by).toBeTypeOf('string');
    expect(second).toMatchObject({ provider: 'gemini', status: 200, dialect: 'gemini' });
    expect(second.losses.map((loss: any) => loss.what)).toContain('logit_bias');
    const { times_ms: times } = second;
    for (const part of ['begun', 'connect', 'headers', 'total']) expect(times[part]).toBeGreaterThanOrEqual(0);
    if (stream) expect(times.first_content + times.connect + times.headers).toBeLessThanOrEqual(times.total + 1);
    expect(moved.times_ms.total).toBeGreaterThanOrEqual(0);
  });

  it('is nobody else’s business: others get what they get for an id that never was', async () => {
    await talk(gateway, chat('shared'), { 'x-request-id': 'mine' });
    expect((await ask(gateway, 'GET', '/v1/explain/mine')).status).toBe(200);
    const other = await ask(gateway, 'GET', '/v1/explain/mine', undefined, otherKey);
    const unknown = await ask(gateway, 'GET', '/v1/explain/never', undefined, otherKey);
    expect(other.status).toBe(404);
    expect(JSON.stringify(other).replace('mine', 'never')).toBe(JSON.stringify(unknown));
    expect((await ask(gateway, 'GET', '/v1/explain', undefined, otherKey)).json.data).toEqual([]);
    expect((await ask(gateway, 'GET', '/v1/explain/mine', undefined, 'wrong')).status).toBe(401);
  });

  it('is told of refused requests too, and the list has the newest first', async () => {
    const bad = await call(gateway, '/v1/chat/completions', '{ no json', { 'x-request-id': 'bad' });
    expect([bad.status, bad.headers.get('x-request-id')]).toEqual([400, 'bad']);
    await talk(gateway, chat('no-such-model'), { 'x-request-id': 'unknown' });
    const { data } = (await ask(gateway, 'GET', '/v1/explain?limit=2')).json;
    expect(data).toMatchObject([
      { id: 'unknown', model: 'no-such-model', status: 400 },
      { id: 'bad', path: '/v1/chat/completions', status: 400 },
    ]);
    const { json } = await ask(gateway, 'GET', '/v1/explain/bad');
    expect(json).toMatchObject({ status: 400, error: { kind: 'bad-request' }, attempts: [] });
    expect((await ask(gateway, 'GET', '/v1/explain/unknown')).json.attempts).toEqual([]);
  });

  it('is split in the head of the answer, for pages of any origin', async () => {
    await ask(gateway, 'DELETE', '/v1/cooldowns');
    const { headers } = await talk(gateway, chat('shared'), { origin: 'http://page.example' });
    expect(headers.get('server-timing')).toMatch(/gateway;dur=[\d.]+.*upstream;dur=[\d.]+/);
    expect(headers.get('access-control-expose-headers')).toContain('server-timing');
    expect(headers.get('timing-allow-origin')).toBe('*');
  });
});

describe('what would become of a request', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await open(
      (url) => `${twoAccounts(url)}
openai-compatibility:
  - name: own-service
    base-url: "http://127.0.0.1:1/v1"
    api-key-entries: [{ api-key: account-three-3333 }]
    models: [{ name: own-real, alias: own }]
payload:
  override:
    - models: [{ name: "gemini-*" }]
      params: { generationConfig.topK: 7 }
`,
    );
  });

  it('is told candidate by candidate, and moves nothing', async () => {
    const plans = [];
    for (let i = 0; i < 3; i++) plans.push((await ask(gateway, 'POST', '/v1/explain', { model: 'shared' })).json);
    expect(plans[0].candidates).toMatchObject([
      { provider: 'claude', model: 'claude-real', dialect: 'anthropic-messages', translated: true },
      { provider: 'gemini', model: 'gemini-real', dialect: 'gemini', translated: true },
    ]);
    for (const { time: _, ...plan } of plans) expect(plan).toEqual(plans[0]);
    expect(gateway.simulator.recorded()).toEqual([]);
    expect(gateway.observations.filter(({ type }) => type === 'exchange-finished')).toEqual([]);
    const [claude, gemini] = plans[0].candidates;
    expect(claude.endpoint).toMatch(/\/v1\/messages$/);
    expect(gemini.endpoint).toMatch(/\/v1beta\/models\/gemini-real:generateContent$/);
    expect(gemini.edits.join(' ')).toContain('topK');
    expect(plans[0]).toMatchObject({ object: 'plan', resolved_model: 'shared', request: 'sample', passed_over: [] });
    // The first request goes where the plan said.
    await talk(gateway, chat('shared', 'a first conversation'));
    expect(gateway.simulator.recorded()[0]?.path).toBe('/v1/messages');
  });

  it('names what a translation loses, for the request that is given', async () => {
    const request = chat('shared', 'x', { logit_bias: { 50256: -100 }, stream: true });
    const { json } = await ask(gateway, 'POST', '/v1/explain', { request, dialect: 'openai-chat' });
    expect(json).toMatchObject({ model: 'shared', stream: true, request: 'given' });
    for (const candidate of json.candidates)
      expect(candidate.losses).toContainEqual(expect.objectContaining({ what: 'logit_bias' }));
    const same = await ask(gateway, 'POST', '/v1/explain', {
      model: 'shared',
      dialect: 'anthropic-messages',
      request: { max_tokens: 100, top_k: 3, messages: [{ role: 'user', content: 'x' }] },
    });
    const claude = same.json.candidates.find((one: any) => one.provider === 'claude');
    expect(claude).toMatchObject({ translated: false, losses: [] });
  });

  it('plans as if an account were gone, by label or id', async () => {
    const { json } = await ask(gateway, 'POST', '/v1/explain', { model: 'shared' });
    const [first, second] = json.candidates;
    for (const without of [first.credential, [first.credential_id]]) {
      const plan = (await ask(gateway, 'POST', '/v1/explain', { model: 'shared', without })).json;
      expect(plan.candidates).toMatchObject([{ credential_id: second.credential_id }]);
      expect(plan.passed_over).toMatchObject([{ credential: first.credential, because: expect.any(String) }]);
    }
    const both = (
      await ask(gateway, 'POST', '/v1/explain', {
        model: 'shared',
        without: [first, second].map((one: any) => one.credential_id),
      })
    ).json;
    expect(both.candidates).toEqual([]);
    expect(both.answer).toMatchObject({ status: 503 });
    expect(await ask(gateway, 'POST', '/v1/explain', { model: 'shared', without: ['nobody'] })).toMatchObject({
      status: 404,
      json: { error: { code: 'credential_not_found' } },
    });
  });

  it('shows the address, and not the key', async () => {
    const { json } = await ask(gateway, 'POST', '/v1/explain', { model: 'own' });
    expect(json.candidates).toMatchObject([{ endpoint: 'http://127.0.0.1:1/v1/chat/completions', translated: false }]);
    expect(JSON.stringify(json)).not.toMatch(/account-three-3333/);
  });

  it.each([
    [{}, 'model'],
    [{ model: 'shared', dialect: 'klingon' }, 'dialect'],
    [{ model: 'shared', dialect: 5 }, 'dialect'],
    [{ model: 'shared', request: 'text' }, 'request'],
    [{ model: 'shared', without: 7 }, 'without'],
    [{ model: 'shared', session: {} }, 'session'],
    [{ model: 5, request: chat('shared') }, 'model'],
    [{ model: 'shared', stream: 'yes' }, 'stream'],
    [{ request: chat('shared', 'x', { stream: 'yes' }) }, 'stream'],
    [{ model: 'shard' }, 'model'],
    [{ model: 'shared', request: { messages: 5 } }, undefined],
  ])('refuses %j with the member at fault', async (question, param) => {
    const { status, json } = await ask(gateway, 'POST', '/v1/explain', question);
    if (param === undefined) expect(json.candidates[0].refused).toMatchObject({ status: 400 });
    else expect([status, json.error.param]).toEqual([400, param]);
  });

  it('survives any question', async () => {
    const member = fc.constantFrom('model', 'request', 'without', 'dialect', 'stream', 'session', '__proto__');
    const dialect = fc.constantFrom('openai-chat', 'anthropic-messages', 'gemini', 'openai-responses', 'klingon');
    const question = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(member, fc.jsonValue()),
      fc.record({ model: fc.constantFrom('shared', 'own', 'shared(high)', 'auto'), dialect, request: fc.jsonValue() }),
      fc.record({
        model: fc.constant('shared'),
        dialect,
        request: fc.dictionary(fc.constantFrom('messages', 'contents', 'input', 'tools', 'thinking'), fc.jsonValue()),
      }),
    );
    await fc.assert(
      fc.asyncProperty(question, async (asked) => {
        expect((await ask(gateway, 'POST', '/v1/explain', asked)).status).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
    const nested = `{"model":"shared","request":${'{"x":'.repeat(5000)}1${'}'.repeat(5000)}}`;
    expect((await call(gateway, '/v1/explain', nested)).status).toBe(400);
  });

  it('lists every name with its state', async () => {
    const { data } = (await ask(gateway, 'GET', '/v1/catalogue')).json;
    expect(data).toMatchObject([
      { id: 'shared', providers: ['claude', 'gemini'], candidates: 2, ready: 2, state: 'ready' },
      { id: 'own', providers: ['own-service'], ready: 1 },
    ]);
  });
});

describe('what rests', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await open(
      (url) => `
gemini-api-key:
  - { api-key: only-account-4444, base-url: "${url}", models: [{ name: gemini-real, alias: lonely }] }
`,
    );
  });

  it('is listed with cause and end, and ends when it is cleared (SEED-06)', async () => {
    gateway.simulator.script({ say: 'status 403', times: 1 });
    expect((await talk(gateway, chat('lonely'))).status).toBe(403);
    expect(
      logLines(gateway.observations)
        .filter((line) => /"status_code":403/.test(line))
        .join(''),
    ).toMatch(/"provider":"gemini"/);
    const cooling = await talk(gateway, chat('lonely'));
    expect(cooling.status).toBe(429);
    expect(Number(cooling.headers.get('retry-after'))).toBeGreaterThan(1700);
    expect(((await cooling.json()) as any).error).toMatchObject({ code: 'model_cooldown', model: 'lonely' });
    const { data } = (await ask(gateway, 'GET', '/v1/cooldowns')).json;
    expect(data).toMatchObject([
      { provider: 'gemini', model: 'gemini-real', scope: 'model', reason: 'forbidden', status: 403, failures: 1 },
    ]);
    expect(data[0].reset_seconds).toBeGreaterThan(1700);
    expect(Date.parse(data[0].until) - Date.parse(data[0].since)).toBeGreaterThanOrEqual(1_800_000);
    const plan = (await ask(gateway, 'POST', '/v1/explain', { model: 'lonely' })).json;
    expect(plan).toMatchObject({ candidates: [], passed_over: [{ reason: 'forbidden' }], answer: { status: 429 } });
    expect((await ask(gateway, 'GET', '/v1/catalogue')).json.data).toMatchObject([
      { id: 'lonely', ready: 0, state: 'resting', reason: 'forbidden' },
    ]);

    expect((await ask(gateway, 'DELETE', '/v1/cooldowns?credential=nobody')).status).toBe(404);
    expect((await ask(gateway, 'DELETE', '/v1/cooldowns?model=another')).json).toMatchObject({ cleared: 0 });
    const named = `?credential=${encodeURIComponent(data[0].credential)}&model=gemini-real`;
    expect((await ask(gateway, 'DELETE', `/v1/cooldowns${named}`)).json).toMatchObject({ cleared: 1 });
    expect((await ask(gateway, 'GET', '/v1/cooldowns')).json.data).toEqual([]);
    expect((await talk(gateway, chat('lonely'))).status).toBe(200);
  });

  it('is told to clients with a key only', async () => {
    for (const [method, path] of [
      ['GET', '/v1/cooldowns'],
      ['DELETE', '/v1/cooldowns'],
      ['POST', '/v1/explain'],
      ['GET', '/v1/catalogue'],
    ] as const)
      expect((await ask(gateway, method, path, undefined, 'wrong')).status).toBe(401);
  });
});

describe('numbers', () => {
  it('of providers are flat, true and for everyone (SEED-04, SEED-61)', async () => {
    const gateway = await open(
      (url) => `
openai-compatibility:
  - { name: iflow, base-url: "${url}/v1", api-key-entries: [{ api-key: k-1 }], models: [{ name: m }], disable-cooling: true }
`,
    );
    const read = async () => (await (await fetch(`${gateway.url}/v1/metrics/providers`)).json()) as any;
    expect(await read()).toEqual({});
    for (let i = 0; i < 3; i++) expect((await talk(gateway, chat('m', `question ${i}`))).status).toBe(200);
    gateway.simulator.script({ say: 'status 500', times: 1 });
    expect((await talk(gateway, chat('m'))).status).toBe(500);
    const numbers = await read();
    expect(numbers).toEqual({
      iflow: {
        request_count: 4,
        success_count: 3,
        failure_count: 1,
        success_rate: 0.75,
        total_tokens: expect.any(Number),
        latency_p50_ms: expect.any(Number),
        latency_p95_ms: expect.any(Number),
      },
    });
    expect(numbers.iflow.total_tokens).toBeGreaterThan(0);
    expect(numbers.iflow.latency_p50_ms).toBeGreaterThan(0);
    expect(numbers.iflow.latency_p95_ms).toBeGreaterThanOrEqual(numbers.iflow.latency_p50_ms);
  });

  it('show a cascade of 429 while it goes on (SEED-50)', async () => {
    const gateway = await open(
      (url) => `
gemini-api-key:
  - { api-key: five-times-5555, base-url: "${url}", models: [{ name: g }], disable-cooling: true }
`,
    );
    gateway.simulator.script({ say: 'status 429', times: 5 });
    for (let i = 0; i < 5; i++) expect((await talk(gateway, chat('g', `try ${i}`))).status).toBe(429);
    const numbers = (await (await fetch(`${gateway.url}/v1/metrics/providers`)).json()) as any;
    expect(numbers.gemini).toMatchObject({ request_count: 5, failure_count: 5, success_rate: 0 });
    const warnings = logLines(gateway.observations).filter((line) => /"level":"warn".*"status_code":429/.test(line));
    expect(warnings.length).toBeGreaterThanOrEqual(5);
  });

  it('for Prometheus are read from this machine, or with a key', async () => {
    const gateway = await open(twoAccounts);
    await talk(gateway, chat('shared'));
    const near = await fetch(`${gateway.url}/metrics`);
    expect([near.status, near.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    for (let i = 0; i < 20; i++) await talk(gateway, chat(`stranger-${i}"\\\n`));
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(text).not.toContain('stranger');
    expect(readMetrics(text).get('cliproxy_attempts_total')?.samples).toEqual([
      { name: 'cliproxy_attempts_total', labels: { provider: 'claude', status: '2xx' }, value: 1 },
    ]);
    expect(text).toContain('cliproxy_requests_total{dialect="openai-chat",status="2xx",kind=""} 1');
    expect(text).toContain('cliproxy_attempts_total{provider="claude",status="2xx"} 1');
    expect(text).toContain('cliproxy_upstream_requests_in_flight{provider="claude"} 0');
    expect(text).toMatch(/process_resident_memory_bytes \d+/);
    const far = { 'cf-connecting-ip': '203.0.113.9' };
    expect((await fetch(`${gateway.url}/metrics`, { headers: far })).status).toBe(401);
    const page = { origin: 'https://elsewhere.example' };
    expect((await fetch(`${gateway.url}/metrics`, { headers: page })).status).toBe(401);
    const known = { ...far, authorization: `Bearer ${clientKey}` };
    expect((await fetch(`${gateway.url}/metrics`, { headers: known })).status).toBe(200);
  });
});
