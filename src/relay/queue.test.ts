import { describe, expect, it } from 'vitest';
import { candidateOf } from '../../test/support/candidates.ts';
import type { Candidate } from '../routing/catalogue.ts';
import { queueOf } from './queue.ts';

const all = ['a', 'b', 'c'].map((id) => candidateOf(id));
const [a, b, c] = all;
const yes = () => true;

/** Ids in the order in which they are given. */
function drained(queue: ReturnType<typeof queueOf>): readonly string[] {
  const ids: string[] = [];
  for (let one = queue.next(); one; one = queue.next()) ids.push(one.credential.id);
  return ids;
}

describe('queueOf', () => {
  it('gives each admitted candidate once, in order, and no more than asked for', () => {
    expect(drained(queueOf(all, yes, 0, yes))).toEqual(['a', 'b', 'c']);
    expect(drained(queueOf(all, (one) => one !== b, 0, yes))).toEqual(['a', 'c']);
    expect(drained(queueOf(all, yes, 2, yes))).toEqual(['a', 'b']);
    expect(drained(queueOf([], yes, 0, yes))).toEqual([]);
  });

  it('pulls nothing that nobody asked for', () => {
    const pulled: Candidate[] = [];
    const queue = queueOf(
      (function* () {
        for (const one of all) {
          pulled.push(one);
          yield one;
        }
      })(),
      yes,
      0,
      yes,
    );
    queue.next();
    expect(pulled).toEqual([a]);
    expect(queue.other((one) => one === c)).toBe(true);
    expect(queue.next()).toBe(b);
    expect(pulled).toEqual([a, b, c]);
  });

  it('does not give what was looked at and is ready no more', () => {
    let resting: Candidate | undefined;
    const ready = (one: Candidate) => one !== resting;
    const plan = {
      *[Symbol.iterator]() {
        for (const one of all) if (ready(one)) yield one;
      },
    };
    const queue = queueOf(plan, yes, 0, ready);
    queue.next();
    expect(queue.other()).toBe(true);
    resting = b;
    expect(queue.next()).toBe(c);
    expect([queue.more(), queue.other()]).toEqual([false, false]);
  });

  it('says that more will come only as far as the bound goes, and that others are there beyond it', () => {
    const queue = queueOf(all, yes, 1, yes);
    queue.next();
    expect([queue.more(), queue.other()]).toEqual([false, true]);
  });

  it('hears of candidates that come up when others have failed', () => {
    let failed = false;
    const queue = queueOf(
      {
        *[Symbol.iterator]() {
          yield* failed ? all : all.slice(0, 1);
        },
      },
      yes,
      0,
      yes,
    );
    expect(queue.next()).toBe(a);
    expect(queue.other()).toBe(false);
    failed = true;
    expect(drained(queue)).toEqual(['b', 'c']);
  });
});
