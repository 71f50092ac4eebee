// How long a client is kept waiting for an account, and how often one is asked: short delays, rounds, budgets, and their ends.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asObject, objects, parseObject } from '../../src/json.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { type Account, type Accounts, startAccounts } from '../support/accounts.ts';
import { over, post } from '../support/cells.ts';

let simulator: Simulator;
let accounts: Accounts;
beforeEach(async () => {
  simulator = await startSimulator({ seed: 'waiting' });
});
afterEach(async () => {
  await accounts.close();
  await simulator.close();
});

const chat = { client: 'openai-chat', stream: false } as const;
const streaming = { client: 'openai-chat', stream: true } as const;
const one: Account = { dialect: 'openai-chat' };
const other: Account = { dialect: 'anthropic-messages' };

async function start(of: readonly Account[], settings = ''): Promise<void> {
  accounts = await startAccounts(simulator, of, settings);
}

function spoil(place: number, say: string, times: number | 'always' = 1): void {
  simulator.script({ say, match: { key: accounts.keys[place] ?? '' }, times });
}

const asked = (): readonly number[] => accounts.keys.map((_, place) => accounts.asked(place).length);
const waited = (): number => accounts.clock.waits.reduce((sum, wait) => sum + wait, 0);

describe('a delay that is short', () => {
  it('is waited for by a conversation that is bound to the account (49)', async () => {
    await start([one, other]);
    const headers = { 'x-session-id': 's' };
    await post(accounts.url, chat, { headers });
    spoil(0, 'status 429 retry-after=2');
    expect((await post(accounts.url, chat, { headers })).status).toBe(200);
    expect([asked(), accounts.clock.waits]).toEqual([[3, 0], [2000]]);
    expect(accounts.outcomes().at(-1)?.trace?.attempts).toMatchObject([
      { kind: 'rate-limited', next: expect.stringMatching(/^asked again after 2 s/) },
      { waited: 2000, status: 200 },
    ]);
  });

  it('moves a conversation that is not', async () => {
    await start([one, other]);
    spoil(0, 'status 429 retry-after=2');
    expect((await post(accounts.url, chat)).status).toBe(200);
    expect([asked(), waited()]).toEqual([[1, 1], 0]);
  });

  it('is waited for where nobody else is ready, and only once', async () => {
    await start([one]);
    spoil(0, 'status 503 retry-after=3', 2);
    expect((await post(accounts.url, chat)).status).toBe(503);
    expect([asked(), accounts.clock.waits]).toEqual([[2], [3000]]);
  });

  it('is not waited for when it is longer than the operator allows (50)', async () => {
    await start([one], 'routing: { short-wait-seconds: 2 }');
    spoil(0, 'status 429 retry-after=3');
    const seen = await post(accounts.url, chat);
    expect([seen.status, seen.headers.get('retry-after'), waited()]).toEqual([429, '3', 0]);
  });

  it('ends when the client leaves', async () => {
    await start([one]);
    accounts.clock.hold();
    spoil(0, 'status 429 retry-after=3');
    const leaving = new AbortController();
    const pending = post(accounts.url, chat, { signal: leaving.signal });
    while (accounts.clock.waits.length === 0) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort();
    await expect(pending).rejects.toThrow();
    await over(accounts, 1);
    expect(accounts.outcomes()).toMatchObject([{ status: 499, endedBy: 'client', attempts: 1 }]);
    expect(asked()).toEqual([1]);
  });
});

describe('rounds', () => {
  it('are made of what may pass, as often as the operator says', async () => {
    await start([one], 'request-retry: 2\nmax-retry-interval: 30');
    spoil(0, 'status 500', 2);
    expect((await post(accounts.url, chat)).status).toBe(200);
    expect([asked(), waited()]).toEqual([[3], 0]);
    spoil(0, 'status 502', 'always');
    expect((await post(accounts.url, chat)).status).toBe(502);
    expect(asked()).toEqual([6]);
  });

  it('wait for the account that is ready first, with a little more, and never longer than the whole budget', async () => {
    await start([one, other], 'request-retry: 3\nmax-retry-interval: 30');
    spoil(0, 'status 429 retry-after=20', 'always');
    spoil(1, 'status 429 retry-after=25', 'always');
    const seen = await post(accounts.url, chat);
    expect(seen.status).toBe(429);
    // Twenty seconds of thirty are gone, and nobody is ready within the rest but the second account.
    expect(accounts.clock.waits.length).toBeLessThanOrEqual(2);
    expect(accounts.clock.waits[0]).toBeGreaterThanOrEqual(20_000);
    expect(accounts.clock.waits[0]).toBeLessThanOrEqual(22_000);
    expect(waited()).toBeLessThanOrEqual(30_000);
  });

  it('do not wait at all where no interval is allowed', async () => {
    await start([one], 'request-retry: 3\nmax-retry-interval: 0');
    spoil(0, 'status 429 retry-after=5');
    expect((await post(accounts.url, chat)).status).toBe(429);
    expect([asked(), waited()]).toEqual([[1], 0]);
  });

  it('wait also for a request that comes while all rest', async () => {
    await start([one], 'request-retry: 1\nmax-retry-interval: 30');
    spoil(0, 'status 429 retry-after=60');
    await post(accounts.url, chat);
    accounts.clock.advance(50_000);
    expect((await post(accounts.url, chat)).status).toBe(200);
    expect(asked()).toEqual([2]);
  });

  it('are not made of what will not pass, nor of the request’s own fault', async () => {
    await start([one], 'request-retry: 3\nmax-retry-interval: 30\ndisable-cooling: true');
    for (const status of [401, 400, 422, 404]) {
      spoil(0, `status ${status}`);
      expect((await post(accounts.url, chat)).status).toBe(status);
    }
    expect(asked()).toEqual([4]);
  });

  it('are counted by an account’s own number', async () => {
    await start([{ ...one, more: ', request-retry: 0' }], 'request-retry: 3');
    spoil(0, 'status 500');
    expect((await post(accounts.url, chat)).status).toBe(500);
    expect(asked()).toEqual([1]);
  });

  it('may be more for streams', async () => {
    await start([one], 'streaming: { bootstrap-retries: 1 }');
    spoil(0, 'cut 0', 2);
    expect((await post(accounts.url, chat)).status).toBe(502);
    expect((await post(accounts.url, streaming)).text).toContain('survived');
    expect(asked()).toEqual([3]);
  });
});

describe('how many are asked', () => {
  it('is bounded by max-retry-credentials', async () => {
    await start([one, other, one], 'max-retry-credentials: 2');
    for (const place of [0, 1, 2]) spoil(place, 'status 500');
    expect((await post(accounts.url, chat)).status).toBe(500);
    expect(asked()).toEqual([1, 1, 0]);
  });

  it('is one where a used-up quota shall not move, unless a chain names another provider', async () => {
    const settings = 'quota-exceeded: { switch-project: false }';
    await start([one, other], settings);
    spoil(0, 'status 429 retry-after=60', 'always');
    expect((await post(accounts.url, chat)).status).toBe(429);
    expect(asked()).toEqual([1, 0]);
    await accounts.reload([one, other], `${settings}\nchains: [{ alias: both, models: [chat-0/m, claude/m] }]`);
    accounts.clock.advance(3_600_000);
    expect((await post(accounts.url, chat, { model: 'both' })).text).toContain('survived');
    expect(asked()).toEqual([2, 1]);
  });

  it('includes the preview of a model whose quota is used up, where the operator wants it', async () => {
    const models = '[{ name: big }, { name: big-preview }]';
    await start([{ ...one, models }], 'quota-exceeded: { switch-preview-model: true }');
    spoil(0, 'status 429 retry-after=60');
    expect((await post(accounts.url, chat, { model: 'big' })).text).toContain('survived');
    expect(accounts.attempts().map(({ model }) => model)).toEqual(['big', 'big-preview']);
  });

  it.each(['disable-cooling: true', 'quota-exceeded: { switch-project: false, switch-preview-model: true }'])(
    'includes the preview also with %s',
    async (settings) => {
      const models = '[{ name: big }, { name: big-preview }]';
      const wanted = settings.startsWith('quota')
        ? settings
        : `${settings}\nquota-exceeded: { switch-preview-model: true }`;
      await start([{ ...one, models }], wanted);
      spoil(0, 'status 429 retry-after=60');
      expect((await post(accounts.url, chat, { model: 'big' })).text).toContain('survived');
      expect(accounts.attempts().map(({ model }) => model)).toEqual(['big', 'big-preview']);
    },
  );
});

describe('when all have failed', () => {
  it('the first failure is the cause, and each one is told without naming accounts (47)', async () => {
    await start([one, other, one]);
    spoil(0, 'status 520 message="Odd."');
    spoil(1, 'status 429 retry-after=50');
    spoil(2, 'status 401');
    const { status, headers, text } = await post(accounts.url, chat);
    expect(status).toBe(520);
    const error = asObject(parseObject(text)?.error);
    expect(error?.message).toBe('Odd.');
    expect(objects(error?.candidates)).toMatchObject([
      { provider: 'chat-0', model: 'real-0', reason: 'Odd.', status: 520 },
      { provider: 'claude', model: 'real-1', status: 429 },
      { provider: 'chat-2', model: 'real-2', status: 401 },
    ]);
    for (const key of accounts.keys) expect(text).not.toContain(key.slice(-4));
    // The odd one may pass, so it is not kept resting when the others are gone: there is nothing to wait for.
    expect(headers.get('retry-after')).toBeNull();
    expect((await post(accounts.url, chat)).text).toContain('survived');
    expect(asked()).toEqual([2, 1, 1]);
  });

  it.each(['', 'disable-cooling: true'])(
    'and told when to come back, the client is (%s) (SEED-52)',
    async (settings) => {
      await start([one, one], settings);
      for (const place of [0, 1]) spoil(place, `status 429 retry-after=5${place}`);
      const { status, headers } = await post(accounts.url, chat);
      expect([status, headers.get('retry-after')]).toEqual([429, '50']);
    },
  );

  it('but only one was there to be asked, its own answer is passed on untouched', async () => {
    await start([one]);
    spoil(0, 'status 503 message="Down for a minute." code=odd');
    const { status, text } = await post(accounts.url, chat);
    expect([status, asObject(parseObject(text)?.error)]).toMatchObject([
      503,
      { message: 'Down for a minute.', code: 'odd' },
    ]);
    expect(text).not.toContain('candidates');
  });

  it('the last account that is ready is not rested by what passes (41, 52)', async () => {
    await start([one, other]);
    for (const place of [0, 1]) spoil(place, 'status 500');
    expect((await post(accounts.url, chat)).status).toBe(500);
    expect((await post(accounts.url, chat)).text).toContain('survived');
    expect(asked()).toEqual([1, 2]);
  });
});

describe('an address that nobody listens at', () => {
  it('is tried once, however many accounts lie there', async () => {
    const dead = ['a', 'b', 'c'].map(
      (key) =>
        `  - { api-key: ${key}, base-url: "http://127.0.0.1:1/v1", priority: 200, models: [{ name: real, alias: m }] }`,
    );
    await start([other], ['codex-api-key:', ...dead].join('\n'));
    expect((await post(accounts.url, chat)).text).toContain('survived');
    expect(accounts.attempts()).toMatchObject([{ kind: 'unreachable' }, { status: 200 }]);
    expect((await post(accounts.url, chat, { prompt: 'Another' })).text).toContain('survived');
    expect(accounts.attempts().length).toBe(3);
  });
});

describe('what the answer says of its time', () => {
  it('stands in server-timing, whole or streaming', async () => {
    await start([one, other]);
    for (const call of [chat, streaming]) {
      spoil(0, 'status 500');
      const { headers } = await post(accounts.url, call, { prompt: `${call.stream}` });
      const timing = headers.get('server-timing') ?? '';
      for (const name of ['gateway', 'upstream', 'queue', 'headers', 'content'])
        expect(timing).toMatch(new RegExp(`\\b${name};dur=\\d+(?:\\.\\d)?(?:,|$)`));
      accounts.clock.advance(120_000);
    }
  });
});
