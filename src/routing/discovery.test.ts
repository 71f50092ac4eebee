import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../errors.ts';
import type { Observation } from '../observe/observation.ts';
import { compatibleProvider } from '../providers/compatible.ts';
import { claude } from '../providers/vendors.ts';
import type { ByteSink, Transport } from '../transport/http.ts';
import { type Credential, plainRouting } from './credential.ts';
import { createDiscovery } from './discovery.ts';

const credential: Credential = {
  id: 'c',
  provider: compatibleProvider('service', 'http://127.0.0.1:1/v1', {}),
  label: 'service',
  baseUrl: 'http://127.0.0.1:1/v1',
  home: true,
  headers: {},
  excluded: [],
  ...plainRouting,
};

function replied(status: number, text: string): Awaited<ReturnType<Transport['send']>> {
  const flow = (sink: ByteSink) => {
    sink.data(Buffer.from(text));
    sink.end();
  };
  return { status, headers: {}, body: { flow, resume: () => undefined, abort: () => undefined } };
}

/** Answers each call for the list as the next of `answers` says; the last one for ever. */
function listing(answers: (readonly string[] | number)[]): { transport: Pick<Transport, 'send'>; asked: () => number } {
  let asked = 0;
  const transport: Pick<Transport, 'send'> = {
    async send() {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
      if (answer === 0) throw new GatewayError('upstream', 'unreachable');
      if (typeof answer === 'number') return replied(answer, 'no');
      return replied(200, JSON.stringify({ data: answer.map((id) => ({ id })) }));
    },
  };
  return { transport, asked: () => asked };
}

describe('lists of models', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function discover(answers: (readonly string[] | number)[]) {
    const { transport, asked } = listing(answers);
    const observed: Observation[] = [];
    let changes = 0;
    const discovery = createDiscovery({ transport, observe: (one) => observed.push(one), onChange: () => changes++ });
    await discovery.follow([credential]);
    const ids = () => discovery.known.get('c')?.map(({ id }) => id);
    return { discovery, asked, ids, observed, changes: () => changes };
  }

  it('come as soon as the service recovers, with longer and longer waits until then', async () => {
    const { asked, ids, discovery, changes } = await discover([0, 503, [], ['a', 'b']]);
    expect([asked(), ids(), discovery.awaits(credential)]).toEqual([1, undefined, true]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked()).toBe(2);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(asked()).toBe(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([asked(), ids()]).toEqual([3, undefined]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([asked(), ids(), changes(), discovery.awaits(credential)]).toEqual([4, ['a', 'b'], 1, false]);
    discovery.stop();
  });

  it('are asked for only where the service has one, the operator listed none, and the key can be used', async () => {
    const { transport, asked } = listing([['a']]);
    const discovery = createDiscovery({ transport, observe: () => undefined, onChange: () => undefined });
    const { listing: _, ...listless } = credential.provider;
    const model = { id: 'own', alias: 'own', limits: {} };
    const others: readonly Credential[] = [
      { ...credential, models: [model] },
      { ...credential, provider: listless },
      { ...credential, unusable: 'it is no key' },
    ];
    for (const other of others) {
      await discovery.follow([other]);
      expect([asked(), discovery.awaits(other)]).toEqual([0, false]);
    }
    await discovery.follow([credential]);
    expect(asked()).toBe(1);
    discovery.stop();
  });

  it('stay as they were when a later fetch fails or gives none', async () => {
    const { ids, discovery, changes, asked } = await discover([['a'], 500, [], ['a'], ['a', 'new']]);
    await vi.advanceTimersByTimeAsync(3_600_000 + 5_000);
    expect([asked(), ids()]).toEqual([3, ['a']]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([asked(), changes()]).toEqual([4, 1]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([ids(), changes()]).toEqual([['a', 'new'], 2]);
    discovery.stop();
  });

  it('that a service does not have are asked for rarely in the end, and never after the stop', async () => {
    const { asked, discovery, observed } = await discover([404]);
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    expect(asked()).toBeLessThan(40);
    expect(observed.every(({ type }) => type === 'models-unlisted')).toBe(true);
    const before = asked();
    discovery.stop();
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    expect(asked()).toBe(before);
  });

  it('that cannot be had are told of without the key that the service repeats', async () => {
    const send: Transport['send'] = async () => ({
      status: 401,
      headers: {},
      body: {
        flow: (sink: ByteSink) => {
          sink.data(Buffer.from(`${'x'.repeat(190)} planted-key-1 is wrong`));
          sink.end();
        },
        resume: () => undefined,
        abort: () => undefined,
      },
    });
    const observed: Observation[] = [];
    const discovery = createDiscovery({
      transport: { send },
      observe: (one) => observed.push(one),
      onChange: () => undefined,
    });
    await discovery.follow([{ ...credential, key: 'planted-key-1' }]);
    discovery.stop();
    expect(observed).toMatchObject([{ error: { facts: { detail: `${'x'.repeat(190)} [redacted] is wrong` } } }]);
  });
});

describe('a call for a list', () => {
  /** What one call for the list of this credential carries, and what is told of an answer of such a text. */
  async function asked(of: Credential, text: string) {
    const sent: Parameters<Transport['send']>[0][] = [];
    const observed: Observation[] = [];
    const transport: Pick<Transport, 'send'> = {
      async send(request) {
        sent.push(request);
        return replied(200, text);
      },
    };
    const observe = (one: Observation) => void observed.push(one);
    const discovery = createDiscovery({ transport, observe, onChange: () => undefined });
    await discovery.follow([of]);
    discovery.stop();
    return { headers: sent[0]?.headers, observed };
  }
  const list = '{"data":[{"id":"a"}]}';
  const own = { 'X-Team': 'blue', 'X-Copied': '$X-Client' };

  it('carries the headers of the entry, without those copied from clients', async () => {
    const { headers } = await asked({ ...credential, key: 'k', headers: own }, list);
    expect(headers).toMatchObject({ authorization: 'Bearer k', 'x-team': 'blue' });
    expect(Object.keys(headers ?? {}).map((name) => name.toLowerCase())).not.toContain('x-copied');
    const signed = await asked({ ...credential, key: 'k', headers: { Authorization: 'Basic abc' } }, list);
    expect(signed.headers).toMatchObject({ authorization: 'Basic abc' });
  });

  it.each([
    [true, { 'x-api-key': 'k' }, 'authorization'],
    [false, { authorization: 'Bearer k' }, 'x-api-key'],
  ])('shows a Claude key as calls do, at home: %s', async (home, shown, absent) => {
    const { headers } = await asked({ ...credential, provider: claude, key: 'k', home }, list);
    expect(headers).toMatchObject({ ...shown, 'anthropic-version': '2023-06-01' });
    expect(headers).not.toHaveProperty(absent);
  });

  it('that gets a page says so, and to look at base-url', async () => {
    const { observed } = await asked(credential, '<!doctype html><title>Service</title>');
    expect(observed).toMatchObject([
      {
        type: 'models-unlisted',
        error: { kind: 'upstream', message: expect.stringMatching(/no JSON: check base-url/) },
      },
    ]);
  });
});
