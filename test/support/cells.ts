// One cell of the chaos suite: a fault, a client, a number of accounts of which some are bad. Played, and held against every rule.

import { expect } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { type Account, type Accounts, patience, startAccounts } from './accounts.ts';
import {
  type ChaosClient,
  expectBroken,
  expectClean,
  expectError,
  type Fate,
  type Seen,
  type Trouble,
} from './fates.ts';
import { clientKey } from './gateway.ts';

export interface Cell {
  readonly trouble: Trouble;
  readonly client: ChaosClient;
  /** The dialect of the first account; the second speaks the other one. */
  readonly upstream: ChaosClient;
  readonly stream: boolean;
  readonly accounts: 1 | 2;
  /** The first so many have the fault. */
  readonly bad: 1 | 2;
}

const dialects: readonly ChaosClient[] = ['openai-chat', 'anthropic-messages'];

/** One account that is bad; two of which one is bad; two that are. */
const pools = [
  { accounts: 1, bad: 1 },
  { accounts: 2, bad: 1 },
  { accounts: 2, bad: 2 },
] as const;

function cellsOf(trouble: Trouble): readonly Cell[] {
  return dialects.flatMap((client) =>
    dialects.flatMap((upstream) =>
      [false, true].flatMap((stream) => pools.map((pool) => ({ trouble, client, upstream, stream, ...pool }))),
    ),
  );
}

const titleOf = ({ trouble, client, upstream, stream, accounts, bad }: Cell): string =>
  `${trouble.say} | ${client} to ${upstream}, ${stream ? 'stream' : 'whole'}, ${bad} of ${accounts} bad`;

/** Plays the cell from start to recovery. Throws what is wrong, with the cell's name. */
async function playCell(simulator: Simulator, cell: Cell): Promise<void> {
  const other = dialects.find((dialect) => dialect !== cell.upstream) ?? cell.upstream;
  const accounts: readonly Account[] = [{ dialect: cell.upstream }, { dialect: other }].slice(0, cell.accounts);
  const gateway = await startAccounts(simulator, accounts);
  try {
    gateway.keys.slice(0, cell.bad).forEach((key, place) => {
      simulator.script({ say: cell.trouble.say, match: { key }, times: timesAsked(cell, place) });
    });
    const began = performance.now();
    const seen = await post(gateway.url, cell);
    const took = performance.now() - began;
    await over(gateway, 1);
    checkOutcome(cell, gateway, seen);
    checkRecord(gateway);
    // Nobody waits longer than the accounts may be silent, one after the other.
    expect(took).toBeLessThan(cell.accounts * 2 * patience + 3000);
    await checkRecovery(cell, gateway);
  } catch (thrown) {
    if (thrown instanceof Error) thrown.message = `${titleOf(cell)}\n${thrown.message}`;
    throw thrown;
  } finally {
    await gateway.close();
  }
}

const words = 'survived';

/** Asks for `m`, or what is said to be wanted, in the client's own dialect. */
export async function post(
  url: string,
  { client, stream }: Pick<Cell, 'client' | 'stream'>,
  { model = 'm', prompt = '', headers = {} as Record<string, string>, signal = null as AbortSignal | null } = {},
): Promise<Seen> {
  const messages = [{ role: 'user', content: `${prompt}\n#sim say ${words}` }];
  const body = { model, stream, max_tokens: 4000, messages };
  const response = await fetch(`${url}${client === 'openai-chat' ? '/v1/chat/completions' : '/v1/messages'}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The last word on an exchange comes a moment after its answer. */
export async function over(gateway: Accounts, exchanges: number): Promise<void> {
  while (gateway.outcomes().length < exchanges) await new Promise((resolve) => setImmediate(resolve));
}

function fateOf({ trouble, client, upstream, stream }: Cell): Fate {
  if (!stream) return trouble.whole;
  return (client === upstream && trouble.passed) || trouble.stream;
}

function checkOutcome(cell: Cell, gateway: Accounts, seen: Seen): void {
  const { client, stream, accounts, bad } = cell;
  const fate = fateOf(cell);
  const asked = gateway.asked().length;
  switch (fate.fate) {
    case 'fine':
      expect(seen.status).toBe(200);
      expect(seen.text).not.toMatch(/"error"\s*:/);
      expect(asked).toBe(1);
      return;
    case 'fault':
      expectError(client, seen, fate.status);
      expect(asked).toBe(1);
      return;
    case 'breaks':
      expectBroken(client, seen);
      // What was said is not said again.
      expect(asked).toBe(1);
      return;
    case 'survives':
      if (bad < accounts) expectClean(client, stream, seen, words);
      else expectError(client, seen, fate.status);
      expect(gateway.asked(0).length).toBe(timesAsked(cell, 0));
      if (accounts === 2) expect(gateway.asked(1).length).toBe(bad === 2 ? timesAsked(cell, 1) : 1);
  }
}

/** A delay that is short enough is waited for, once, by the last that is ready; everybody else is asked once. */
function timesAsked({ trouble, accounts }: Cell, place: number): number {
  return trouble.say.endsWith('retry-after=1') && place === accounts - 1 ? 2 : 1;
}

/** One last word, and everything that was tried and followed from it stands in the trace. */
function checkRecord(gateway: Accounts): void {
  const [outcome, ...others] = gateway.outcomes();
  expect(others).toEqual([]);
  const attempts = outcome?.trace?.attempts ?? [];
  expect(attempts.length).toBe(gateway.asked().length);
  expect(outcome?.attempts).toBe(attempts.length);
  const failed = gateway.observations.flatMap((one) => (one.type === 'attempt-failed' ? [one] : []));
  const traced = attempts.filter(({ kind }) => kind !== undefined);
  expect(traced.map(({ kind, model }) => [kind, model])).toEqual(failed.map(({ error, model }) => [error.kind, model]));
  for (const one of traced) expect(one).toMatchObject({ next: expect.any(String), message: expect.any(String) });
  for (const one of attempts) expect(one.ended).toBeGreaterThanOrEqual(one.begun);
  const ended = gateway.observations.filter(({ type }) => type === 'attempt-ended');
  expect(ended.length).toBe(attempts.length);
}

/** Once the fault has gone and the longest rest is over, the account that had it serves. */
async function checkRecovery(cell: Cell, gateway: Accounts): Promise<void> {
  const rests = gateway.observations.flatMap((one) => (one.type === 'credential-cooled' ? [one.until] : []));
  const longest = Math.max(gateway.clock.wallClock(), ...rests);
  expect(longest - gateway.clock.wallClock()).toBeLessThanOrEqual(12.1 * 3_600_000);
  gateway.clock.advance(longest - gateway.clock.wallClock());
  const before = gateway.outcomes().length;
  const healed = await post(gateway.url, cell);
  expectClean(cell.client, cell.stream, healed, words);
  await over(gateway, before + 1);
  expect(gateway.outcomes().at(-1)).toMatchObject({ status: 200, attempts: 1 });
}

/** Cells at a time: more would only wait for each other, and for the machine. */
const abreast = 8;

/** Plays all cells of a trouble, on a simulator of their own, and leaves nothing behind. */
export async function playAll(trouble: Trouble): Promise<void> {
  const simulator = await startSimulator({ seed: 'chaos' });
  const waiting = [...cellsOf(trouble)];
  const lane = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) await playCell(simulator, cell);
  };
  try {
    await Promise.all(Array.from({ length: abreast }, lane));
    // Nothing is asked any more that nobody waits for.
    await simulator.idle();
  } finally {
    await simulator.close();
  }
}
