import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credential, model, serviceOf, snapshot, stage } from '../../test/support/routing.ts';
import type { Candidate } from './catalogue.ts';
import type { Credential } from './credential.ts';
import type { PolicyName } from './settings.ts';

const policies: readonly PolicyName[] = ['round-robin', 'weighted', 'fill-first', 'least-busy'];

interface Row {
  readonly tier: string;
  readonly priority: number;
  readonly weight: number;
  readonly broken: boolean;
  readonly rests: number;
  readonly limited: boolean;
  readonly probed: boolean;
  readonly busy: number;
  readonly excluded: boolean;
}

const row: fc.Arbitrary<Row> = fc.record({
  tier: fc.constantFrom('subscription', 'paid', 'free'),
  priority: fc.integer({ min: -1, max: 2 }),
  weight: fc.integer({ min: -1, max: 4 }),
  broken: fc.boolean(),
  rests: fc.oneof(fc.constant(0), fc.integer({ min: -5, max: 5 })),
  limited: fc.boolean(),
  probed: fc.boolean(),
  busy: fc.nat(6),
  excluded: fc.boolean(),
});

const scene = fc.record({
  rows: fc.array(row, { minLength: 1, maxLength: 14 }),
  policy: fc.constantFrom(...policies),
  tiers: fc.constantFrom<readonly string[]>([], ['subscription', 'paid'], ['free']),
  turns: fc.nat(20),
  bound: fc.option(fc.nat(13), { nil: undefined }),
  pinned: fc.option(fc.nat(13), { nil: undefined }),
  without: fc.option(fc.nat(13), { nil: undefined }),
  chained: fc.boolean(),
  preview: fc.boolean(),
});
type Scene = typeof scene extends fc.Arbitrary<infer Made> ? Made : never;

const id = (index: number | undefined) => (index === undefined ? undefined : `c${index}`);
const keyOf = ({ credential: { id: own }, model: { id: up } }: Candidate) => `${own} ${up}`;

/** Whether a candidate must not be offered, by the scene alone. */
function isForbidden(
  { credential: one, model: up }: Candidate,
  made: Scene,
  limited: ReadonlyMap<string, unknown>,
): boolean {
  const said = made.rows[Number(one.id.slice(1))];
  if (!said || said.broken || said.rests > 0 || limited.has(one.id)) return true;
  if (one.id === id(made.without) || (made.pinned !== undefined && one.id !== id(made.pinned))) return true;
  return (made.policy === 'weighted' && said.weight <= 0) || (said.excluded && up.id === 'other');
}

function play({ rows, policy, tiers, turns, bound, pinned, without, chained, preview }: Scene) {
  const credentials = rows.map(
    (one, index): Credential =>
      credential(`c${index}`, {
        ...one,
        provider: serviceOf(index % 2 === 0 ? 'even' : 'odd'),
        models: [model('m'), model('other')],
        excluded: one.excluded ? ['other'] : [],
        ...(one.broken && { unusable: 'it is broken' }),
      }),
  );
  const when = { has: [], lacks: [] };
  const whole = snapshot(credentials, {
    policy,
    tiers,
    switchPreview: preview,
    chains: chained
      ? [
          {
            alias: 'chain',
            entries: [
              { model: 'other', when },
              { model: 'm', when },
            ],
          },
        ]
      : [],
  });
  const name = chained && whole.catalogue.chains.has('chain') ? 'chain' : 'm';
  const set = stage();
  rows.forEach((one, index) => {
    if (one.rests !== 0) set.rest(`c${index}`, set.now + one.rests * 1000);
    if (one.limited && index % 3 === 0) set.limited.set(`c${index}`, { because: 'at its limit' });
    if (one.probed) set.probing.add(`c${index}`);
    set.busy.set(`c${index}`, one.busy);
  });
  for (let turn = 0; turn < turns; turn++) set.live.turn(name);
  const session = () => ({ id: 'session' });
  if (bound !== undefined)
    set.live.affinity.bind(`${name}\nsession`, { credential: `c${bound}`, model: 'm' }, set.now - 1000);
  const ask = () =>
    set.plan(whole, name, {
      session,
      live: { ...set.live, turn: set.live.peek },
      ...(pinned !== undefined && { pinned: `c${pinned}` }),
      ...(without !== undefined && { without: new Set([`c${without}`]) }),
    });
  return { ask, set, name };
}

describe('whatever the configuration and the state', () => {
  it('what is offered and what is passed over are all there is, each once, and nothing is offered that must not be', () => {
    fc.assert(
      fc.property(scene, (made) => {
        const { ask, set } = play(made);
        const plan = ask();
        const given = [...plan.candidates];
        const left = plan.passedOver();
        const all = new Set(plan.resolution.candidates.map(keyOf));
        expect(new Set(given.map(keyOf)).size).toBe(given.length);
        expect(new Set([...given, ...left.map(({ candidate }) => candidate)].map(keyOf))).toEqual(all);
        expect(given.length + left.length).toBe(all.size);
        expect(given.filter((candidate) => isForbidden(candidate, made, set.limited))).toEqual([]);
        for (const { because } of left) expect(because.length).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });

  it('the same question has the same answer', () => {
    fc.assert(
      fc.property(scene, (made) => {
        const { ask } = play(made);
        const plan = ask();
        const order = [...plan.candidates].map(keyOf);
        expect([...plan.candidates].map(keyOf)).toEqual(order);
        expect([...ask().candidates].map(keyOf)).toEqual(order);
      }),
      { numRuns: 100 },
    );
  });

  it('who served the conversation goes first where it can, and those that are being tried again go last', () => {
    fc.assert(
      fc.property(scene, (made) => {
        const { ask, set } = play(made);
        const plan = ask();
        const given = [...plan.candidates];
        const probed = given.map(({ credential: { id: own } }) => set.probing.has(own));
        expect(probed).toEqual(probed.toSorted((a, b) => Number(a) - Number(b)));
        const own = id(made.bound);
        const open = given.some(({ credential: one }) => one.id === own) && own !== undefined && !set.probing.has(own);
        if (open && plan.session !== undefined) expect(given[0]?.credential.id).toBe(own);
      }),
      { numRuns: 200 },
    );
  });

  it('tiers come before priorities, and both before the policy', () => {
    fc.assert(
      fc.property(scene, (made) => {
        const { ask, set, name } = play({ ...made, bound: undefined, chained: false });
        expect(name).toBe('m');
        const given = [...ask().candidates].filter(({ credential: { id: own } }) => !set.probing.has(own));
        const rank = ({ credential: { tier, priority } }: Candidate): number => {
          const place = made.tiers.indexOf(tier);
          return (place < 0 ? made.tiers.length : place) * 100 - priority;
        };
        const ranks = given.map(rank);
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  it('what is remembered of who is ready is never out of date', () => {
    const step = fc.record({ who: fc.nat(5), until: fc.integer({ min: 1, max: 4 }), pass: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const whole = snapshot(
          Array.from({ length: 6 }, (_, index) => credential(`c${index}`, { models: [model('m')] })),
        );
        const set = stage();
        const rests = new Map<string, number>();
        for (const { who, until, pass } of steps) {
          set.rest(`c${who}`, set.now + until);
          rests.set(`c${who}`, set.now + until);
          set.now += pass;
          const given = Array.from(set.plan(whole, 'm').candidates, ({ credential: { id: own } }) => own).toSorted();
          expect(given).toEqual(
            whole.credentials.map((one) => one.id).filter((one) => (rests.get(one) ?? 0) <= set.now),
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});
