import { expect, it } from 'vitest';
import { createAffinity, isCold, lessBusy } from './affinity.ts';

it('remembers who served a conversation last, for a time since its last use', () => {
  const affinity = createAffinity();
  const a = { credential: 'a', model: 'm' };
  affinity.bind('s', a, 1000);
  expect(affinity.bindingOf('s', 1999, 1000)).toEqual({ ...a, at: 1000 });
  affinity.bind('s', { ...a, credential: 'b' }, 1999);
  expect(affinity.bindingOf('s', 2500, 1000)).toMatchObject({ credential: 'b' });
  expect(affinity.bindingOf('other', 2500, 1000)).toBeUndefined();
  expect(affinity.bindingOf('s', 2999, 1000)).toBeUndefined();
  expect(affinity.size).toBe(0);
});

it('forgets those of credentials that are gone, and the quietest of too many', () => {
  const affinity = createAffinity();
  affinity.bind('s', { credential: 'a', model: 'm' }, 0);
  affinity.bind('t', { credential: 'b', model: 'm' }, 0);
  affinity.keep(new Set(['b']));
  expect([affinity.bindingOf('s', 0), affinity.bindingOf('t', 0)?.credential]).toEqual([undefined, 'b']);
  for (let index = 0; index < 50_000; index++) affinity.bind(String(index), { credential: 'c', model: 'm' }, 0);
  expect(affinity.size).toBe(50_000);
  expect(affinity.bindingOf('t', 0)).toBeUndefined();
});

it('calls a conversation cold after five minutes, and another credential less busy with less than half, itself included', () => {
  const bound = { credential: 'a', model: 'm', at: 0 };
  expect([isCold(bound, 300_000), isCold(bound, 300_001)]).toEqual([false, true]);
  expect([lessBusy(0, 0), lessBusy(0, 2), lessBusy(0, 3), lessBusy(1, 4), lessBusy(1, 5)]).toEqual([
    false,
    false,
    true,
    false,
    true,
  ]);
});
