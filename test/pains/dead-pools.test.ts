// Accounts that rest for too long, for the wrong reason or where nobody sees it, and fail-over that forgets what was asked. Each test
// bears the number of what users of gateways suffered from.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asObject } from '../../src/json.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { type Account, type Accounts, startAccounts } from '../support/accounts.ts';
import { post } from '../support/cells.ts';
import { clientKey } from '../support/gateway.ts';

let simulator: Simulator;
let accounts: Accounts;
beforeEach(async () => {
  simulator = await startSimulator({ seed: 'pools' });
});
afterEach(async () => {
  await accounts.close();
  await simulator.close();
});

const chat = { client: 'openai-chat', stream: false } as const;
const one: Account = { dialect: 'openai-chat' };
const claude: Account = { dialect: 'anthropic-messages' };
const hours = 3_600_000;

async function start(of: readonly Account[], settings = ''): Promise<void> {
  accounts = await startAccounts(simulator, of, settings);
}

function spoil(place: number, say: string, times: number | 'always' = 1): void {
  simulator.script({ say, match: { key: accounts.keys[place] ?? '' }, times });
}

const asked = (): readonly number[] => accounts.keys.map((_, place) => accounts.asked(place).length);
const rests = (): readonly number[] =>
  accounts.observations.flatMap((seen) => (seen.type === 'credential-cooled' ? [seen.until] : []));

async function admin(method: 'GET' | 'DELETE'): Promise<string> {
  const response = await fetch(`${accounts.url}/v1/cooldowns`, {
    method,
    headers: { authorization: `Bearer ${clientKey}` },
  });
  expect(response.status).toBe(200);
  return response.text();
}

describe('41, 42: a rest of weeks', () => {
  it('is no longer than six hours, and over when it is over: one request finds out, the others are not held up', async () => {
    await start([one, claude]);
    spoil(0, 'status 429 retry-after=1555200');
    await post(accounts.url, chat);
    expect((rests()[0] ?? 0) - accounts.clock.wallClock()).toBeLessThanOrEqual(6.1 * hours);
    accounts.clock.advance(6.1 * hours);
    spoil(0, 'slow 150; say back');
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, place) => post(accounts.url, chat, { prompt: `${place}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(asked()).toEqual([2, 4]);
    // It is well again, and first again.
    expect((await post(accounts.url, chat, { prompt: 'later' })).status).toBe(200);
    expect(asked()).toEqual([3, 4]);
  });
});

describe('43: what rests', () => {
  it('is seen with its cause, and ended by hand', async () => {
    await start([one]);
    spoil(0, 'status 402 message="No credit."');
    expect((await post(accounts.url, chat)).status).toBe(402);
    expect((await post(accounts.url, chat)).status).toBe(429);
    expect(await admin('GET')).toContain('No credit.');
    await admin('DELETE');
    expect((await post(accounts.url, chat)).status).toBe(200);
  });
});

describe('44: a limit', () => {
  const models = '[{ name: real, alias: m }, { name: second, alias: n }]';

  it('of the account rests all its models at once', async () => {
    await start([{ ...one, models }]);
    spoil(0, 'status 429 code=insufficient_quota type=insufficient_quota message="You exceeded your current quota."');
    await post(accounts.url, chat);
    expect((await post(accounts.url, chat, { model: 'n' })).status).toBe(429);
    expect(asked()).toEqual([1]);
  });

  it('of the model leaves the others alone', async () => {
    await start([{ ...one, models }]);
    spoil(0, 'status 429 retry-after=60');
    await post(accounts.url, chat);
    expect((await post(accounts.url, chat, { model: 'n' })).status).toBe(200);
  });
});

describe('46: accounts that failed together', () => {
  it('do not come back together', async () => {
    await start(Array.from({ length: 8 }, () => one));
    for (let place = 0; place < 8; place++) spoil(place, 'status 429 retry-after=216');
    expect((await post(accounts.url, chat)).status).toBe(429);
    expect(asked()).toEqual(Array.from({ length: 8 }, () => 1));
    expect(new Set(rests()).size).toBeGreaterThan(4);
    for (const until of rests()) {
      expect(until - accounts.clock.wallClock()).toBeGreaterThanOrEqual(216_000);
      expect(until - accounts.clock.wallClock()).toBeLessThanOrEqual(216_000 * 1.1 + 1);
    }
  });
});

describe('53: what stands in for another', () => {
  it('rests by the same rules', async () => {
    await start([one, claude], 'chains: [{ alias: both, models: [chat-0/m, claude/m] }]');
    for (const place of [0, 1]) spoil(place, 'status 429 retry-after=60');
    for (let call = 0; call < 2; call++) expect((await post(accounts.url, chat, { model: 'both' })).status).toBe(429);
    expect(asked()).toEqual([1, 1]);
  });
});

describe('54, 55, 60: a chain over dialects', () => {
  it('sends each candidate what the client said, never what was made of it for the one before', async () => {
    await start([one, claude], 'chains: [{ alias: both, models: [chat-0/m, claude/m] }]');
    spoil(0, 'status 500');
    const body = {
      model: 'both',
      max_tokens: 4000,
      metadata: { user_id: 'someone' },
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'Hi.' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello.', citations: null }] },
        { role: 'user', content: [{ type: 'text', text: '#sim say survived' }] },
      ],
    };
    const response = await fetch(`${accounts.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}` },
      body: JSON.stringify(body, null, 1),
    });
    expect(await response.text()).toContain('survived');
    expect(asObject(accounts.asked(0)[0]?.body)?.messages).toBeDefined();
    // To the byte, but for the model.
    expect(accounts.asked(1)[0]?.raw).toBe(JSON.stringify(body, null, 1).replace('"both"', '"real-1"'));
  });
});

describe('56: a subscription', () => {
  it('is used up before what is paid by the token', async () => {
    const of: readonly Account[] = [
      { ...one, more: ', tier: paid' },
      { ...claude, more: ', tier: subscription' },
    ];
    await start(of, 'routing: { tiers: [subscription, paid] }');
    expect((await post(accounts.url, chat)).status).toBe(200);
    expect(asked()).toEqual([0, 1]);
    spoil(1, 'status 429 retry-after=600');
    expect((await post(accounts.url, chat)).status).toBe(200);
    expect(asked()).toEqual([1, 2]);
  });
});

describe('57: money that is gone', () => {
  it('moves requests on as a limit does, whatever the status', async () => {
    await start([one, one, claude]);
    spoil(0, 'status 402');
    spoil(1, 'status 429 code=insufficient_quota');
    const { text } = await post(accounts.url, chat);
    expect(text).toContain('survived');
    expect(accounts.attempts().map(({ kind }) => kind)).toEqual(['quota-exhausted', 'quota-exhausted', undefined]);
  });
});
