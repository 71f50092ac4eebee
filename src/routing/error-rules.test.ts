import { describe, expect, it } from 'vitest';
import { candidateOf } from '../../test/support/candidates.ts';
import { errorKinds, GatewayError } from '../errors.ts';
import { xai } from '../providers/vendors.ts';
import type { ErrorRule } from './credential.ts';
import { judged, verdictOf } from './error-rules.ts';
import { verdicts } from './verdicts.ts';

const wire = (status: number, body: string) => ({ status, wire: { status, body, headers: {} } });
const ruling = (...errorRules: Partial<ErrorRule>[]) =>
  candidateOf('a', 'm', {
    errorRules: errorRules.map((rule) => ({ match: [], patterns: [], action: 'continue', ...rule })),
  });
const refusal = new GatewayError('bad-request', 'no', wire(400, '{"error":"Model is BUSY, try #17"}'));

describe('verdictOf', () => {
  it('reads the table where nobody says otherwise', () => {
    const plain = candidateOf('a');
    for (const kind of Object.keys(errorKinds) as (keyof typeof errorKinds)[])
      expect(verdictOf(new GatewayError(kind, 'x'), plain)).toEqual(verdicts[kind]);
  });

  it('shows a used-up quota as such, unless money is wanted', () => {
    const label = (status: number) =>
      verdictOf(new GatewayError('quota-exhausted', 'x', { status }), candidateOf('a')).cool?.label;
    expect([label(402), label(429), label(400)]).toEqual(['payment_required', 'quota', 'quota']);
  });

  it.each<[Partial<ErrorRule>, boolean]>([
    [{ status: 400 }, true],
    [{ status: 401 }, false],
    [{}, true],
    [{ match: ['model is busy'] }, true],
    [{ match: ['nothing', 'TRY'] }, true],
    [{ match: ['nothing'] }, false],
    [{ status: 401, match: ['busy'] }, false],
    [{ patterns: [/#\d+"/] }, true],
    [{ patterns: [/#\d+x/] }, false],
    [{ match: ['nothing'], patterns: [/busy/i] }, true],
  ])('the rule %j takes it: %s', (rule, taken) => {
    const verdict = verdictOf(refusal, ruling(rule));
    expect(verdict.next).toBe(taken ? 'candidate' : 'none');
  });

  it('asks a pattern with the flag g anew each time', () => {
    const candidate = ruling({ patterns: [/busy/gi] });
    expect([1, 2, 3].map(() => verdictOf(refusal, candidate).next)).toEqual(Array(3).fill('candidate'));
  });

  it('does what the first rule that fits says', () => {
    const actions = (action: ErrorRule['action'], error = refusal) => {
      const { next, cool, again, passing } = verdictOf(error, ruling({ action }, { action: 'stop' }));
      return [next, cool?.scope, cool?.label, again, passing];
    };
    expect(actions('stop')).toEqual(['none', undefined, undefined, undefined, undefined]);
    expect(actions('continue')).toEqual(['candidate', undefined, undefined, undefined, undefined]);
    expect(actions('stop-and-cooldown')).toEqual(['none', 'model', 'operator', undefined, undefined]);
    expect(actions('continue-and-cooldown')).toEqual(['candidate', 'model', 'operator', undefined, undefined]);
    const limited = new GatewayError('rate-limited', 'x', wire(429, ''));
    expect(actions('continue', limited)).toEqual(['candidate', undefined, undefined, true, undefined]);
    expect(actions('stop', limited)).toEqual(['none', undefined, undefined, undefined, undefined]);
    // What the operator orders is done, also to the last one.
    const broken = new GatewayError('upstream', 'x', wire(500, ''));
    expect(actions('continue-and-cooldown', broken)).toEqual(['candidate', 'model', 'transient', true, undefined]);
  });

  it('leaves alone what no upstream said', () => {
    for (const kind of ['cancelled', 'internal'] as const)
      expect(verdictOf(new GatewayError(kind, 'x'), ruling({}))).toEqual(verdicts[kind]);
    expect(verdictOf(new GatewayError('timeout', 'slow'), ruling({ status: 504, action: 'stop' })).next).toBe('none');
  });

  it('hears what the provider means, once and for all', () => {
    const candidate = candidateOf('a', 'm', { provider: xai });
    const error = new GatewayError('rate-limited', 'x', { status: 429, code: 'subscription:free-usage-exhausted' });
    expect(verdictOf(error, candidate)).toMatchObject({
      next: 'candidate',
      cool: { scope: 'credential', label: 'quota' },
    });
    const meant = judged(error, candidate);
    expect(meant).toMatchObject({ kind: 'quota-exhausted', facts: { scope: 'credential', retryAfter: 86_400 } });
    expect(judged(meant, candidate)).toBe(meant);
    expect(judged(refusal, candidate)).toBe(refusal);
  });
});
