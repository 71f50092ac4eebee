import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attempted, finished as finishedExchange } from '../../test/support/outcomes.ts';
import { GatewayError } from '../errors.ts';
import type { Observation, Outcome } from './observation.ts';
import type { AttemptTrace, Trace } from './trace.ts';
import { createTraces } from './traces.ts';

const finished = (exchange: string, owner: string, more: Partial<Outcome> = {}): Observation =>
  finishedExchange({ exchange, owner, model: 'fast', ...more });
const open = (limits: { most?: number; bytes?: number } = {}) => {
  const traces = createTraces(limits);
  return { ...traces, observe: (observation: Observation) => traces.hear([observation], [1000]) };
};

describe('traces', () => {
  it('are there for whoever made the request, and for nobody else', () => {
    const traces = open();
    traces.observe(finished('a', 'one'));
    traces.observe(finished('a', 'two', { model: 'other' }));
    expect(traces.get('a', 'one')).toMatchObject({ at: 960, told: { model: 'fast' } });
    expect(traces.get('a', 'two')?.told).toMatchObject({ model: 'other' });
    expect(traces.get('a', 'three')).toBeUndefined();
    expect(traces.last('one', 10)).toHaveLength(1);
  });

  it('keep requests that were refused, where their key was known', () => {
    const traces = open();
    const error = new GatewayError('bad-request', 'no JSON');
    traces.observe({ type: 'request-refused', exchange: 'r', path: '/v1/messages', error, owner: 'one' });
    traces.observe({ type: 'request-refused', exchange: 's', path: '/v1/messages', error });
    expect(traces.last('one', 10).map(({ told }) => told)).toEqual([
      { exchange: 'r', path: '/v1/messages', status: 400, kind: 'bad-request', message: 'no JSON' },
    ]);
  });

  it('tell the newest first, each id once, and know when each began', () => {
    const traces = open();
    traces.hear([finished('x', 'two'), finished('y', 'two')], [2000, 3000]);
    expect(traces.last('two', 10).map(({ at }) => at)).toEqual([2960, 1960]);
    for (const id of ['a', 'b', 'a']) traces.observe(finished(id, 'one'));
    expect(traces.last('one', 10).map(({ told }) => told.exchange)).toEqual(['a', 'b']);
    traces.observe(finished('b', 'one', { model: 'later' }));
    expect(traces.get('b', 'one')?.told).toMatchObject({ model: 'later' });
    expect(traces.last('one', 1)[0]?.told).toMatchObject({ model: 'later' });
    traces.observe(finished('a', 'one'));
    expect(traces.last('one', 1).map(({ told }) => told.exchange)).toEqual(['a']);
  });

  it('are bounded in number and in bytes: the oldest make room', () => {
    const few = open({ most: 3 });
    for (let i = 0; i < 10; i++) few.observe(finished(`${i}`, 'one'));
    expect(few.last('one', 10).map(({ told }) => told.exchange)).toEqual(['9', '8', '7']);
    expect([few.get('6', 'one'), few.get('7', 'one')?.told.exchange]).toEqual([undefined, '7']);

    const small = open({ bytes: 50_000 });
    const losses = Array.from({ length: 100 }, (_, i) => ({ what: 'x', where: `messages[${i}]`, why: 'y'.repeat(80) }));
    const attempt = attempted({ losses });
    const trace = { resolution: [], order: [], considered: [], unshown: 0, attempts: [attempt], queued: 0 };
    for (let i = 0; i < 10; i++) small.observe(finished(`${i}`, 'one', { trace }));
    const kept = small.last('one', 10);
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.length).toBeLessThan(6);
    for (let i = 0; i < 100; i++) small.observe(finished(`small-${i}`, 'one'));
    expect(small.last('one', 100).length).toBeGreaterThan(40);
  });

  it('tell nothing of the exchange whose place they took, and do not change once told', () => {
    const traceOf = (attempts: readonly AttemptTrace[]): Trace => ({
      ...{ resolution: ['named'], order: [], considered: [], unshown: attempts.length },
      attempts,
      queued: 1.5,
    });
    const bad = attempted({ kind: 'upstream', message: 'no', status: 502, begun: 0.25, edits: ['top_k: 5'] });
    const told: readonly Partial<Outcome>[] = [
      { trace: traceOf([bad]), kind: 'upstream', detail: 'no', status: 502, firstContent: 3 },
      { trace: traceOf([attempted({ begun: 7.75 })]), usage: { input: 1 } },
      { trace: traceOf([bad, attempted()]), attempts: 2 },
      { trace: traceOf([]), attempts: 0 },
      {},
      { trace: traceOf([attempted({ contentAt: 9 })]), finish: 'stop' },
    ];
    const error = new GatewayError('bad-request', 'no JSON');
    const any = fc.array(fc.nat(told.length), { maxLength: 30 });
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 4 }), (picks, most) => {
        const traces = open({ most });
        const shown = picks.map((pick, turn) => {
          const exchange = `${turn}`;
          const more = told[pick];
          const one = more && finished(exchange, 'one', more);
          traces.observe(one ?? { type: 'request-refused', exchange, path: '/', error, owner: 'one' });
          const kept = traces.get(exchange, 'one')?.told;
          if (one) expect(kept).toEqual(one);
          return [kept, JSON.stringify(kept)] as const;
        });
        for (const [kept, text] of shown) expect(JSON.stringify(kept)).toBe(text);
      }),
    );
  });

  it('write every member over an older one', () => {
    // No member is the same in both: the compiler says which one is missing here, and the law which one is not written.
    const every = (mark: 1 | 2): Outcome => {
      const dialect = mark > 1 ? 'gemini' : 'openai-chat';
      const kind = mark > 1 ? 'timeout' : 'upstream';
      const attempt: AttemptTrace = {
        ...{ provider: `p${mark}`, credential: `c${mark}`, model: `m${mark}`, dialect, begun: mark },
        ...{ connectedAt: mark, headersAt: mark, contentAt: mark, ended: mark, status: mark, kind },
        ...{ message: `a${mark}`, next: `n${mark}`, waited: mark, edits: [`e${mark}`] },
        ...{ losses: [{ what: `l${mark}`, why: '' }], replyLosses: [{ what: `r${mark}`, why: '' }] },
      };
      const trace: Trace = {
        ...{ resolution: [`s${mark}`], order: [`o${mark}`], unshown: mark, queued: mark, attempts: [attempt] },
        considered: [{ provider: `p${mark}`, credential: 'c', model: 'm' }],
      };
      return {
        ...{ exchange: `e${mark}`, owner: `o${mark}`, dialect, stream: mark > 1, trace, kind },
        ...{ model: `m${mark}`, resolved: `r${mark}`, provider: `p${mark}`, credential: `c${mark}` },
        ...{ upstreamModel: `u${mark}`, upstreamDialect: dialect, attempts: mark, status: mark, detail: `d${mark}` },
        ...{ usage: { input: mark }, milliseconds: mark, firstContent: mark },
        operation: mark > 1 ? 'generate' : 'embed',
        finish: mark > 1 ? 'stop' : 'length',
        endedBy: mark > 1 ? 'client' : 'gateway',
      };
    };
    const traces = open({ most: 1 });
    for (const mark of [1, 2] as const) {
      const one: Observation = { type: 'exchange-finished', ...every(mark) };
      traces.observe(one);
      expect(traces.get(`e${mark}`, `o${mark}`)?.told).toEqual(one);
    }
  });
});
