import { describe, expect, it } from 'vitest';
import { credential, envelope, model, offered, serviceOf, snapshot, stage } from '../../test/support/routing.ts';
import type { Carried } from '../envelope.ts';
import { claude, openai } from '../providers/vendors.ts';
import type { Candidate } from './catalogue.ts';
import type { Credential } from './credential.ts';

const named = (id: string, more: Partial<Credential> = {}) => credential(id, { models: [model('m')], ...more });
const three = snapshot([named('a'), named('b'), named('c')]);
const reasons = (plan: { passedOver(): readonly { candidate: Candidate; because: string }[] }) =>
  plan.passedOver().map(
    ({
      candidate: {
        credential: { id },
      },
      because,
    }) => `${id}: ${because}`,
  );

describe('a plan', () => {
  it('takes turns, and keeps every candidate for failing over', () => {
    const play = stage();
    expect([1, 2, 3, 4].map(() => offered(play.plan(three, 'm')))).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c', 'a'],
      ['c', 'a', 'b'],
      ['a', 'b', 'c'],
    ]);
  });

  it('is asked again for what is ready then, in the same turn', () => {
    const play = stage();
    const plan = play.plan(three, 'm');
    expect(offered(plan)).toEqual(['a', 'b', 'c']);
    play.rest('a', play.now + 1000);
    expect(offered(plan)).toEqual(['b', 'c']);
  });

  it('uses up tiers in their order, then priorities, and asks the policy among equals', () => {
    const credentials = [
      named('paid', { priority: 9 }),
      named('free', { tier: 'free' }),
      named('sub1', { tier: 'subscription' }),
      named('sub2', { tier: 'subscription', priority: 1 }),
      named('sub3', { tier: 'subscription', priority: 1 }),
    ];
    const tiered = snapshot(credentials, { tiers: ['subscription', 'paid'] });
    const play = stage();
    expect(offered(play.plan(tiered, 'm'))).toEqual(['sub2', 'sub3', 'sub1', 'paid', 'free']);
    expect(offered(play.plan(tiered, 'm'))).toEqual(['sub3', 'sub2', 'sub1', 'paid', 'free']);
    expect(offered(play.plan(snapshot(credentials), 'm'))).toEqual(['paid', 'sub2', 'sub3', 'free', 'sub1']);
  });

  it('passes over what rests until its rest is over, and tells why and until when', () => {
    const play = stage();
    play.rest('b m', play.now + 1000, { cause: '429: slow down' });
    play.rest('c', play.now + 500, { cause: '401: no such key' });
    const plan = play.plan(three, 'm');
    expect(offered(plan)).toEqual(['a']);
    expect(plan.order).toEqual(['the request belongs to no known session', 'round-robin: each in turn, 1 ready of 3']);
    expect(plan.passedOver()).toMatchObject([
      { because: 'resting: 429: slow down', until: play.now + 1000, passing: true },
      { because: 'resting: 401: no such key', until: play.now + 500 },
    ]);
    expect(plan.passedOver(1).length).toBe(1);
    expect(plan.total).toBe(3);
    play.now += 500;
    expect(offered(play.plan(three, 'm'))).toEqual(['c', 'a']);
    play.wake('b m');
    expect(offered(play.plan(three, 'm'))).toEqual(['c', 'a', 'b']);
  });

  it('finds a candidate that came to rest while the plan was under way', () => {
    const play = stage();
    const given: string[] = [];
    for (const {
      credential: { id },
    } of play.plan(three, 'm').candidates) {
      given.push(id);
      if (id === 'a') play.rest('b', play.now + 1000);
    }
    expect(given).toEqual(['a', 'c']);
  });

  it('passes over what cannot be used, what is at a limit, and what is left out as asked, by id or label', () => {
    const play = stage();
    const whole = snapshot([
      named('broken', { unusable: 'its proxy is broken' }),
      named('x', { label: 'X' }),
      named('y'),
      named('z'),
    ]);
    play.limited.set('y', { because: 'at its limit of 2 requests at a time' });
    const plan = play.plan(whole, 'm', { without: new Set(['X']) });
    expect(offered(plan)).toEqual(['z']);
    expect(reasons(plan)).toEqual([
      'broken: its proxy is broken',
      'x: left out as asked',
      'y: at its limit of 2 requests at a time',
    ]);
  });

  it('offers one that is being tried again to all others last', () => {
    const play = stage();
    const whole = snapshot([named('a', { priority: 1 }), named('b'), named('c')]);
    play.probing.add('a');
    expect(offered(play.plan(whole, 'm'))).toEqual(['b', 'c', 'a']);
    play.probing.clear();
    expect(offered(play.plan(whole, 'm'))).toEqual(['a', 'c', 'b']);
  });

  it('never chooses by weight what has none, under that policy alone', () => {
    const credentials = [named('a', { weight: 0 }), named('b'), named('c', { weight: 2 })];
    const plan = stage().plan(snapshot(credentials, { policy: 'weighted' }), 'm');
    expect(offered(plan).toSorted()).toEqual(['b', 'c']);
    expect(reasons(plan)).toEqual(['a: its weight is 0: it is never chosen by weight']);
    expect(offered(stage().plan(snapshot(credentials), 'm')).length).toBe(3);
  });

  it('sends embeddings only where the client’s own dialect has them', () => {
    const whole = snapshot([
      credential('c', { provider: claude, models: [model('e')] }),
      credential('o', { provider: openai, models: [model('e')] }),
    ]);
    const plan = stage().plan(whole, 'e', { envelope: envelope('e', { operation: 'embed' }) });
    expect(offered(plan)).toEqual(['o']);
  });

  it('goes to the one credential that holds what the request refers to, or to nobody', () => {
    const play = stage();
    const plan = play.plan(three, 'm', { pinned: 'b' });
    expect(offered(plan)).toEqual(['b']);
    expect(plan.order).toEqual(['pinned to b: it holds what the request refers to']);
    expect(reasons(plan)[0]).toBe('a: another credential holds what the request refers to');
    play.rest('b', play.now + 10);
    expect(offered(play.plan(three, 'm', { pinned: 'b' }))).toEqual([]);
  });
});

describe('a conversation', () => {
  const asks = { session: () => ({ id: 'client session' }) };
  const bound = (id: string) => {
    const play = stage();
    const { session = '' } = play.plan(three, 'm', asks);
    play.live.affinity.bind(session, { credential: id, model: 'm' }, play.now);
    return play;
  };

  it('goes back to who served it last, beyond tiers and priorities', () => {
    const play = bound('b');
    const plan = play.plan(three, 'm', asks);
    expect(offered(plan)).toEqual(['b', 'a', 'c']);
    expect(plan.order[0]).toBe('the session stays with b');
    expect(plan.bound).toMatchObject({ credential: 'b' });
    const ranked = snapshot([named('a', { priority: 9 }), named('b'), named('c')]);
    expect(offered(play.plan(ranked, 'm', asks))).toEqual(['b', 'a', 'c']);
  });

  it('is another under another name or of another client, and none where there is no choice', () => {
    const play = bound('b');
    expect(play.plan(three, 'm', { session: () => ({ id: 'other session' }) }).order[0]).toBe('the session is new');
    const alone = play.plan(snapshot([named('a')]), 'm', asks);
    expect(alone.session).toBeUndefined();
    expect(play.plan(three, 'm(high)', asks).session).toBe(play.plan(three, 'm', asks).session);
    expect(play.plan(three, 'service/m', asks).session).not.toBe(play.plan(three, 'm', asks).session);
  });

  it('waits for its credential where that rests for a moment only', () => {
    const play = bound('b');
    play.rest('b', play.now + 3000);
    const plan = play.plan(three, 'm', asks);
    expect(plan.soon).toBe(play.now + 3000);
    expect(plan.order[0]).toBe('the session stays with b, which rests for a moment only');
    expect(offered(plan)).toEqual(['a', 'c']);
    play.now += 3000;
    expect(offered(plan)[0]).toBe('b');
    expect(play.plan(three, 'm', asks).soon).toBeUndefined();
  });

  it('that waited for its credential goes there, though others find out at the same time whether it is well', () => {
    const play = bound('b');
    play.rest('b', play.now + 2000);
    const plan = play.plan(three, 'm', asks);
    play.now += 2000;
    play.probing.add('b');
    expect(offered(plan)[0]).toBe('b');
    expect(offered(play.plan(three, 'm', asks))).toEqual(['c', 'a', 'b']);
  });

  it('that begins goes by the policy, and from its first answer on to who gave it', () => {
    const play = stage();
    const opened = { session: () => ({ id: 'opening', begins: true }) as const };
    const plans = [play.plan(three, 'm', opened), play.plan(three, 'm', opened)];
    for (const plan of plans) {
      const [first = ''] = offered(plan);
      play.live.affinity.bind(plan.session ?? '', { credential: first, model: 'm' }, play.now);
    }
    expect(plans[1]?.order[0]).toBe('the request begins a session');
    const goesOn = (id: string) => play.plan(three, 'm', { session: () => ({ id, began: 'opening' }) });
    expect(goesOn('answered').bound).toMatchObject({ credential: 'b' });
    play.live.affinity.bind(goesOn('answered').session ?? '', { credential: 'c', model: 'm' }, play.now);
    expect(goesOn('answered').bound).toMatchObject({ credential: 'c' });
    expect(goesOn('otherwise').bound).toMatchObject({ credential: 'b' });
  });

  it('moves while its credential rests for longer', () => {
    const play = bound('b');
    play.rest('b', play.now + 3001);
    const plan = play.plan(three, 'm', asks);
    expect(offered(plan)).toEqual(['a', 'c']);
    expect(plan.order[0]).toBe('the session was with b, which rests: the next one keeps it');
    expect(plan.bound).toMatchObject({ credential: 'b' });
  });

  it('moves when its credential no longer offers the model', () => {
    const play = bound('gone');
    expect(play.plan(three, 'm', asks).order[0]).toBe('the credential that served the session offers this no more');
  });

  it('is forgotten an hour after its last use, or when the operator says', () => {
    const play = bound('b');
    play.now += 3_600_000;
    expect(play.plan(three, 'm', asks).order[0]).toBe('the session is new');
    const short = snapshot(three.credentials, { affinity: { enabled: true, ttl: 5000 } });
    const brief = bound('b');
    brief.now += 5000;
    expect(brief.plan(short, 'm', asks).order[0]).toBe('the session is new');
  });

  it('leaves a busy credential for an idle one after five minutes of silence, and not before', () => {
    const play = bound('b');
    play.busy.set('b', 3).set('a', 1);
    expect(offered(play.plan(three, 'm', asks))[0]).toBe('b');
    play.now += 5 * 60_000 + 1;
    const plan = play.plan(three, 'm', asks);
    expect(offered(plan)[0]).toBe('c');
    expect(plan.order[0]).toBe(
      'the session moves from b to c: it was silent for 5 minutes, and there is less under way',
    );
    play.busy.set('b', 2);
    expect(offered(play.plan(three, 'm', asks))[0]).toBe('b');
  });

  it('is nobody’s where affinity is off, but for reasoning that only one account can read', () => {
    const off = { affinity: { enabled: false, ttl: 3_600_000 } };
    const play = bound('b');
    const plan = play.plan(snapshot(three.credentials, off), 'm', asks);
    expect(plan.order[0]).toBe('session affinity is off');
    expect(plan.session).toBeUndefined();

    const sealing = serviceOf('sealing', { sealsBoundTo: 'account' });
    const sealed = snapshot([named('a', { provider: sealing }), named('b', { provider: sealing })], off);
    const key = play.plan(sealed, 'm', asks).session ?? '';
    play.live.affinity.bind(key, { credential: 'b', model: 'm' }, play.now);
    expect(play.plan(sealed, 'm', asks).order[0]).toBe('session affinity is off');
    const carries = () => new Set<Carried>(['sealed-reasoning']);
    play.busy.set('b', 50);
    play.now += 10 * 60_000;
    const pinned = play.plan(sealed, 'm', { ...asks, carries });
    expect(offered(pinned)).toEqual(['b', 'a']);
    expect(pinned.order[0]).toBe('the session stays with b');
  });
});

describe('a chain', () => {
  const when = { has: [], lacks: [] };
  const limits = (more: object) => ({ limits: more });
  const whole = (entries: readonly object[], more: object = {}, credentials = all) =>
    snapshot(credentials, {
      chains: [{ alias: 'best', entries: entries.map((entry) => ({ model: 'x', when, ...entry })), ...more }],
    });
  const all = [
    credential('a', { tier: 'subscription', models: [model('x'), model('y', undefined, limits({ context: 1000 }))] }),
    credential('b', { models: [model('x'), model('z', undefined, limits({ input: ['text'] }))] }),
  ];
  const asked = (more: { size?: number; carried?: Carried[] } = {}) => ({
    size: more.size ?? 0,
    carries: () => new Set(more.carried),
  });
  const where = (plan: { candidates: Iterable<Candidate> }) =>
    Array.from(plan.candidates, ({ credential: { id }, model: up }) => `${id} ${up.id}`);

  it('is tried model by model, each with all that offer it', () => {
    const chain = whole([{ model: 'y' }, { model: 'x' }]);
    const play = stage();
    expect(where(play.plan(chain, 'best'))).toEqual(['a y', 'a x', 'b x']);
    expect(where(play.plan(chain, 'best'))).toEqual(['a y', 'b x', 'a x']);
  });

  it('uses up its own tiers over all models; those of the configuration stay within each', () => {
    const entries = [{ model: 'z' }, { model: 'x' }, { model: 'y' }];
    const own = whole(entries, { tiers: ['subscription'] });
    expect(where(stage().plan(own, 'best'))).toEqual(['a x', 'a y', 'b z', 'b x']);
    const general = snapshot(all, {
      tiers: ['paid'],
      chains: own.settings.chains.map(({ tiers: _, ...chain }) => chain),
    });
    expect(where(stage().plan(general, 'best'))).toEqual(['b z', 'b x', 'a x', 'a y']);
  });

  it('passes over entries whose condition the request does not meet', () => {
    const chain = whole([
      { model: 'y', when: { ...when, maxTokens: 100 } },
      { model: 'z', when: { ...when, minTokens: 101 } },
      { model: 'x', when: { has: ['images'], lacks: ['tools'] } },
    ]);
    const plan = (more: Parameters<typeof asked>[0]) => stage().plan(chain, 'best', asked(more));
    expect(where(plan({ size: 400 }))).toEqual(['a y']);
    expect(where(plan({ size: 404 }))).toEqual(['b z']);
    expect(where(plan({ size: 404, carried: ['images'] }))).toEqual(['a x', 'b x']);
    expect(where(plan({ size: 404, carried: ['images', 'tools'] }))).toEqual([]);
    expect(reasons(plan({ size: 404, carried: ['images', 'tools'] }))).toEqual([
      'a: the request has about 101 tokens, more than this entry of the chain is for (100)',
      'b: the model does not read images',
      'a: the request brings tools, which this entry of the chain is not for',
      'b: the request brings tools, which this entry of the chain is not for',
    ]);
  });

  it('passes over models that are known not to read what the request brings, or as much', () => {
    const chain = whole([{ model: 'y' }, { model: 'z' }]);
    const plan = (more: Parameters<typeof asked>[0]) => where(stage().plan(chain, 'best', asked(more)));
    expect(plan({ size: 4000 })).toEqual(['a y', 'b z']);
    expect(plan({ size: 4004 })).toEqual(['b z']);
    expect(plan({ size: 100, carried: ['images'] })).toEqual(['a y']);
    // Bytes of images are not tokens.
    expect(plan({ size: 1e6, carried: ['images'] })).toEqual(['a y']);
  });

  it('makes no more attempts than it may, over all rounds', () => {
    const chain = whole([{ model: 'y' }, { model: 'x' }], { attempts: 2 });
    const plan = stage().plan(chain, 'best');
    expect(where(plan)).toEqual(['a y', 'a x']);
    expect(where(plan)).toEqual([]);
    expect(reasons(plan)).toEqual(['b: the chain makes at most 2 attempts']);
  });

  it('asks the same model of the same credential once', () => {
    const chain = whole([{ model: 'x', when: { ...when, has: ['tools'] } }, { model: 'x' }, { model: 'x(high)' }]);
    expect(where(stage().plan(chain, 'best', asked({ carried: ['tools'] }))).toSorted()).toEqual(['a x', 'b x']);
    expect(where(stage().plan(chain, 'best', asked())).toSorted()).toEqual(['a x', 'b x']);
  });
});

describe('a used-up quota', () => {
  const models = [model('g-preview-05-20'), model('g'), model('h-preview'), model('h')];
  const credentials = [credential('a', { models }), credential('b', { models: [model('g')] })];
  const preview = snapshot(credentials, { switchPreview: true });
  const where = (plan: { candidates: Iterable<Candidate> }) => Array.from(plan.candidates, ({ model: up }) => up.id);

  it('moves to the model’s preview, or from it, where the operator wishes', () => {
    const play = stage();
    play.rest('a g', play.now + 1000);
    expect(where(play.plan(preview, 'g'))).toEqual(['g']);
    play.rest('b g', play.now + 1000, { label: 'payment_required', status: 402 });
    const plan = play.plan(preview, 'g');
    expect(where(plan)).toEqual(['g-preview-05-20']);
    expect(plan.order.at(-1)).toBe('the quota of "g" is used up everywhere: "g-preview-05-20" stands in for it');
    expect(where(play.plan(snapshot(credentials), 'g'))).toEqual([]);
    play.rest('a h-preview', play.now + 1000);
    expect(where(play.plan(preview, 'h-preview'))).toEqual(['h']);
  });

  it('is what every candidate must rest for', () => {
    const play = stage();
    play.rest('a g', play.now + 1000);
    play.rest('b g', play.now + 1000, { label: 'transient', status: 500 });
    expect(where(play.plan(preview, 'g'))).toEqual([]);
  });
});
