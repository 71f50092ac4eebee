import { describe, expect, it } from 'vitest';
import { credential, envelope, model, serviceOf, snapshot, stage } from '../../test/support/routing.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { claude, openai } from '../providers/vendors.ts';
import { nothingReady } from './nothing-ready.ts';

const one = serviceOf('one');
const models = [model('m')];

describe('when nobody is ready', () => {
  it('the client is told when to come back, in the seed’s shape, with each candidate’s cause and no credential’s name', () => {
    const whole = snapshot([
      credential('first', { provider: one, models, label: 'one ...1111' }),
      credential('second', { provider: one, models, label: 'one ...2222' }),
      credential('third', { provider: one, models, label: 'one ...3333', unusable: 'its api-key is missing' }),
    ]);
    const play = stage();
    play.rest('first m', play.now + 29_500, { cause: '429: slow down' });
    play.rest('second', play.now + 90_000, { cause: '401: no such key', label: 'unauthorized', status: 401 });
    const error = nothingReady(envelope('m'), play.plan(whole, 'm'), whole);
    expect([error.kind, error.status, error.facts.retryAfter]).toEqual(['rate-limited', 429, 30]);
    expect(openaiChat.error.encode(error).body).toMatchObject({
      error: {
        code: 'model_cooldown',
        message: 'All credentials for model m are cooling down via provider one: resting: 429: slow down',
        model: 'm',
        provider: 'one',
        reset_time: '30s',
        reset_seconds: 30,
        candidates: [
          { provider: 'one', model: 'm', reason: 'resting: 429: slow down', status: 429, reset_seconds: 30 },
          { provider: 'one', model: 'm', reason: 'resting: 401: no such key', status: 401, reset_seconds: 90 },
          { provider: 'one', model: 'm', reason: 'its api-key is missing' },
        ],
      },
    });
    expect(JSON.stringify(openaiChat.error.encode(error).body)).not.toMatch(/…\d{4}/);
    expect(error.facts.detail).toContain('one ...2222: resting: 401');
  });

  it('names no provider where there are several, and writes long times as Go does', () => {
    const whole = snapshot([
      credential('a', { provider: one, models }),
      credential('b', { provider: serviceOf('two'), models }),
    ]);
    const play = stage();
    play.rest('a', play.now + 3_723_000);
    play.rest('b', play.now + 9_000_000);
    const error = nothingReady(envelope('m'), play.plan(whole, 'm'), whole);
    expect(error.message).toMatch(/^All credentials for model m are cooling down: resting: /);
    expect(error.facts.details).toMatchObject({ reset_time: '1h2m3s', reset_seconds: 3723 });
    expect(error.facts.details).not.toHaveProperty('provider');
    play.rest('a', play.now + 90_000);
    expect(nothingReady(envelope('m'), play.plan(whole, 'm'), whole).facts.details).toMatchObject({
      reset_time: '1m30s',
    });
  });

  it('a limit of the operator’s passes too, in a second where nobody knows when', () => {
    const whole = snapshot([credential('a', { models })]);
    const play = stage();
    play.limited.set('a', { because: 'at its limit of 2 requests at a time' });
    const error = nothingReady(envelope('m'), play.plan(whole, 'm'), whole);
    expect([error.status, error.facts.code, error.facts.retryAfter]).toEqual([429, 'model_cooldown', 1]);
  });

  it('what no waiting mends is 503, with the reasons', () => {
    const whole = snapshot([
      credential('a', { provider: one, models, label: 'one ...1111', unusable: 'its api-key is missing' }),
    ]);
    const error = nothingReady(envelope('m'), stage().plan(whole, 'm'), whole);
    expect([error.status, error.facts.code]).toEqual([503, 'auth_unavailable']);
    expect(error.message).toBe('No configured credential can serve the model "m" now: one: its api-key is missing.');
  });

  it('a chain that is not for the request is the request’s matter: 400', () => {
    const when = { has: [], lacks: [] };
    const sized = snapshot([credential('a', { models: [model('m', undefined, { limits: { context: 10 } })] })], {
      chains: [{ alias: 'best', entries: [{ model: 'm', when }] }],
    });
    const long = nothingReady(envelope('best'), stage().plan(sized, 'best', { size: 4000 }), sized);
    expect([long.kind, long.status]).toEqual(['context-overflow', 400]);
    const conditional = snapshot([credential('a', { models })], {
      chains: [{ alias: 'best', entries: [{ model: 'm', when: { has: ['images'], lacks: [] } }] }],
    });
    const unfit = nothingReady(envelope('best'), stage().plan(conditional, 'best'), conditional);
    expect([unfit.status, unfit.facts.code]).toEqual([400, 'no_fitting_model']);
    expect(unfit.message).toContain('the request brings no images');
  });

  it('what only another credential holds is not found where that one does not offer the model', () => {
    const whole = snapshot([credential('a', { models }), credential('b', { models: [model('n')] })]);
    const error = nothingReady(envelope('m'), stage().plan(whole, 'm', { pinned: 'b' }), whole);
    expect([error.status, error.facts.code]).toEqual([400, 'previous_response_not_found']);
  });

  it('embeddings that nobody has in this dialect are 400, with who has', () => {
    const whole = snapshot([
      credential('c', { provider: claude, models }),
      credential('o', { provider: openai, models: [model('e')] }),
    ]);
    const asked = envelope('m', { operation: 'embed' });
    const error = nothingReady(asked, stage().plan(whole, 'm', { envelope: asked }), whole);
    expect([error.kind, error.status]).toEqual(['unsupported', 400]);
    expect(error.message).toContain('Models of OpenAI can.');
  });
});
