// Rows of the troubleshooting table that speak of failing upstreams, end to end.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asNumber, asObject, parseObject } from '../../src/json.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { type Account, type Accounts, startAccounts } from '../support/accounts.ts';
import { post } from '../support/cells.ts';
import { clientKey } from '../support/gateway.ts';

let simulator: Simulator;
let gateway: Accounts | undefined;
beforeEach(async () => {
  simulator = await startSimulator({ seed: 'rows' });
});
afterEach(async () => {
  await gateway?.close();
  await simulator.close();
});

const chat = { client: 'openai-chat', stream: false } as const;
const one: Account = { dialect: 'openai-chat' };
const other: Account = { dialect: 'anthropic-messages' };

async function start(accounts: readonly Account[], settings = ''): Promise<Accounts> {
  gateway = await startAccounts(simulator, accounts, settings);
  return gateway;
}

const spoil = ({ keys }: Accounts, place: number, say: string, times: number | 'always' = 1): void =>
  simulator.script({ say, match: { key: keys[place] ?? '' }, times });

async function listed({ url }: Accounts): Promise<readonly unknown[]> {
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${clientKey}` } });
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

const cooldownOf = (text: string) => asObject(parseObject(text)?.error);

describe('SEED-06: a 403 of an upstream', () => {
  const licence = 'status 403 type=permission_error message="No licence."';

  it('is survived by another provider that serves the same id', async () => {
    const accounts = await start([one, other]);
    spoil(accounts, 0, licence);
    expect((await post(accounts.url, chat)).text).toContain('survived');
    expect(accounts.observations.find(({ type }) => type === 'credential-cooled')).toMatchObject({
      provider: 'chat-0',
      scope: 'model',
      label: 'forbidden',
    });
  });

  it('reaches the client with its body where there is no other, and rests the model for half an hour', async () => {
    const accounts = await start([one]);
    spoil(accounts, 0, licence);
    const refused = await post(accounts.url, chat);
    expect(refused.status).toBe(403);
    expect(cooldownOf(refused.text)).toMatchObject({ type: 'permission_error', message: 'No licence.' });
    expect(accounts.observations.find(({ type }) => type === 'attempt-failed')).toMatchObject({
      provider: 'chat-0',
      error: { status: 403 },
      cooldown: { label: 'forbidden' },
    });
    const resting = await post(accounts.url, chat);
    expect(resting.status).toBe(429);
    const seconds = Number(resting.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1800);
    expect(seconds).toBeLessThanOrEqual(1830);
    expect(cooldownOf(resting.text)).toMatchObject({ code: 'model_cooldown', reset_seconds: seconds, model: 'm' });
    expect(accounts.asked().length).toBe(1);
  });
});

describe('SEED-11: a model that the account’s plan does not have', () => {
  const refusal = 'status 400 message="The model is not supported when using Codex with a ChatGPT account."';
  const codex: Account = {
    dialect: 'openai-chat',
    models: '[{ name: gpt-5.3-codex-spark }, { name: gpt-5.3-codex }]',
  };

  it('is told, and rests alone: the others of the account go on', async () => {
    const accounts = await start([codex]);
    spoil(accounts, 0, refusal);
    expect((await post(accounts.url, chat, { model: 'gpt-5.3-codex-spark' })).status).toBe(400);
    expect((await post(accounts.url, chat, { model: 'gpt-5.3-codex' })).status).toBe(200);
    expect((await post(accounts.url, chat, { model: 'gpt-5.3-codex-spark' })).status).toBe(429);
    expect(accounts.asked().length).toBe(2);
  });

  it('falls back to another by a chain', async () => {
    const accounts = await start([codex], 'chains: [{ alias: spark, models: [gpt-5.3-codex-spark, gpt-5.3-codex] }]');
    spoil(accounts, 0, refusal);
    expect((await post(accounts.url, chat, { model: 'spark' })).text).toContain('survived');
    expect(accounts.attempts().map(({ model }) => model)).toEqual(['gpt-5.3-codex-spark', 'gpt-5.3-codex']);
  });
});

describe('SEED-12: a 406, or any refusal that is not listed', () => {
  it.each([false, true])('passes with its body, rests nobody and is not repeated (stream: %s)', async (stream) => {
    const accounts = await start([one, other]);
    spoil(accounts, 0, 'status 406 message="Not acceptable."', 2);
    for (const asked of [1, 2]) {
      const refused = await post(accounts.url, { client: 'openai-chat', stream });
      expect(refused.status).toBe(406);
      expect(refused.headers.get('content-type')).toMatch(/json/);
      expect(refused.text).toContain('Not acceptable.');
      expect(accounts.asked(0).length).toBe(asked);
      expect(accounts.asked(1).length).toBe(0);
    }
    expect(accounts.observations.some(({ type }) => type === 'credential-cooled')).toBe(false);
    expect((await post(accounts.url, chat)).status).toBe(200);
  });
});

describe('SEED-16: "Requested entity was not found"', () => {
  it('passes, rests the model, leaves the list, and is over when the alias is changed', async () => {
    const models = '[{ name: gone, alias: m }, { name: fine, alias: n }]';
    const accounts = await start([{ ...one, models }]);
    spoil(accounts, 0, 'status 404 message="Requested entity was not found."');
    const missing = await post(accounts.url, chat);
    expect(missing.status).toBe(404);
    expect(missing.text).toContain('Requested entity was not found.');
    expect((await post(accounts.url, chat)).status).toBe(429);
    expect(await listed(accounts)).toEqual(['n']);
    expect((await post(accounts.url, chat, { model: 'n' })).status).toBe(200);
    await accounts.reload([{ ...one, models: '[{ name: here, alias: m }, { name: fine, alias: n }]' }]);
    expect((await post(accounts.url, chat)).status).toBe(200);
    expect(await listed(accounts)).toEqual(['m', 'n']);
  });
});

describe('SEED-33: an account whose key is not accepted any more', () => {
  it('rests whole, while another provider answers for the same name', async () => {
    const accounts = await start([one, other]);
    spoil(accounts, 0, 'status 401');
    for (let call = 0; call < 3; call++)
      expect((await post(accounts.url, chat, { prompt: `${call}` })).text).toContain('survived');
    expect([accounts.asked(0).length, accounts.asked(1).length]).toEqual([1, 3]);
    const [cooled] = accounts.observations.flatMap((seen) => (seen.type === 'credential-cooled' ? [seen] : []));
    expect(cooled).toMatchObject({ scope: 'credential', label: 'unauthorized' });
    const rest = (cooled?.until ?? 0) - accounts.clock.wallClock();
    // At most half a minute later than told, so that accounts that failed together do not come back together.
    expect(rest).toBeGreaterThanOrEqual(30 * 60_000);
    expect(rest).toBeLessThanOrEqual(30 * 60_000 + 30_000);
  });
});

describe('SEED-50: 429 after 429', () => {
  it('shows: each is counted, told with its provider, and rests the account for longer', async () => {
    const accounts = await start([one]);
    spoil(accounts, 0, 'status 429', 5);
    const rests: number[] = [];
    for (let call = 0; call < 5; call++) {
      expect((await post(accounts.url, chat)).status).toBe(429);
      const cooled = accounts.observations.flatMap((seen) => (seen.type === 'credential-cooled' ? [seen.until] : []));
      const rest = (cooled.at(-1) ?? 0) - accounts.clock.wallClock();
      rests.push(rest);
      accounts.clock.advance(rest);
    }
    expect(rests).toEqual([1000, 2000, 4000, 8000, 16_000]);
    const failed = accounts.observations.filter(({ type }) => type === 'attempt-failed');
    expect(failed.length).toBe(5);
    for (const one of failed)
      expect(one).toMatchObject({ provider: 'chat-0', error: { status: 429 }, cooldown: { label: 'quota' } });
    const metrics = await (await fetch(`${accounts.url}/v1/metrics/providers`)).json();
    expect(metrics).toMatchObject({ 'chat-0': { request_count: 5, failure_count: 5 } });
  });
});

describe('SEED-51: an account that is added while all others rest', () => {
  it('is used at once, and the others stay alone', async () => {
    const accounts = await start([one]);
    spoil(accounts, 0, 'status 429 retry-after=600');
    expect((await post(accounts.url, chat)).status).toBe(429);
    expect((await post(accounts.url, chat)).status).toBe(429);
    expect(accounts.asked().length).toBe(1);
    await accounts.reload([one, other]);
    for (let call = 0; call < 3; call++)
      expect((await post(accounts.url, chat, { prompt: `${call}` })).status).toBe(200);
    expect([accounts.asked(0).length, accounts.asked(1).length]).toEqual([1, 3]);
  });
});

describe('SEED-52: everything rests', () => {
  it.each(['openai-chat', 'anthropic-messages'] as const)(
    'tells %s clients when to come back, and asks nobody until then',
    async (client) => {
      const accounts = await start([one]);
      spoil(accounts, 0, 'status 429 retry-after=7');
      const first = await post(accounts.url, { client, stream: false });
      expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
      accounts.clock.advance(2500);
      const second = await post(accounts.url, { client, stream: true });
      expect(second.status).toBe(429);
      expect(second.headers.get('retry-after')).toBe('5');
      const { error } = parseObject(second.text) ?? {};
      expect(asNumber(asObject(error)?.reset_seconds)).toBe(5);
      expect(asObject(error)).toMatchObject({ model: 'm', provider: 'chat-0', reset_time: '5s' });
      expect(asObject(error)?.message).toMatch(
        /^All credentials for model m are cooling down via provider chat-0: resting: /,
      );
      expect(accounts.asked().length).toBe(1);
      accounts.clock.advance(4500);
      expect((await post(accounts.url, { client, stream: false })).status).toBe(200);
      expect(accounts.asked().length).toBe(2);
    },
  );
});
