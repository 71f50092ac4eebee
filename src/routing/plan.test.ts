import { describe, expect, it } from 'vitest';
import type { Envelope } from '../envelope.ts';
import type { GatewayError } from '../errors.ts';
import { compatibleProvider } from '../providers/compatible.ts';
import { claude, openai } from '../providers/vendors.ts';
import { buildCatalogue } from './catalogue.ts';
import type { Credential } from './credential.ts';
import { plan } from './plan.ts';

const service = compatibleProvider('service', 'http://127.0.0.1:1/v1', {});

function credential(id: string, more: Partial<Credential> = {}): Credential {
  return {
    id,
    provider: service,
    label: id,
    baseUrl: 'http://127.0.0.1:1/v1',
    home: true,
    headers: {},
    excluded: [],
    ...more,
  };
}
function model(id: string, alias?: string) {
  return { id, limits: {}, ...(alias !== undefined && { alias }) };
}
function envelope(name: string, more: Partial<Envelope> = {}): Envelope {
  return {
    dialect: 'openai-chat',
    operation: 'generate',
    model: name,
    stream: false,
    framing: 'sse',
    usageWanted: false,
    ...more,
  };
}
function names(credentials: readonly Credential[], forcePrefix = false, discovered = new Map()): string[] {
  return [...buildCatalogue(credentials, discovered, forcePrefix).offers.keys()];
}

describe('the catalogue', () => {
  it('lists an alias in place of the name', () => {
    expect(names([credential('a', { models: [model('up', 'fast'), model('plain')] })])).toEqual(['fast', 'plain']);
  });

  it('lists a prefixed model twice, or once where the prefix is forced', () => {
    const credentials = [
      credential('a', { prefix: 'team', models: [model('m')] }),
      credential('b', { models: [model('n')] }),
    ];
    expect(names(credentials)).toEqual(['m', 'team/m', 'n']);
    expect(names(credentials, true)).toEqual(['team/m', 'n']);
  });

  it('hides what is excluded, by alias or by name, whatever the case', () => {
    const models = [model('Big-Flash-1'), model('x', 'flash-alias'), model('pro'), model('a.b')];
    expect(names([credential('a', { models, excluded: ['*flash*', 'a?b'] })])).toEqual(['pro', 'a.b']);
    expect(names([credential('a', { models, excluded: ['*'] })])).toEqual([]);
  });

  it('takes the operator’s list, else the service’s, else what is known; and keeps known limits', () => {
    const bare = credential('a', { provider: claude });
    expect(names([bare])).toContain('claude-sonnet-4-6');
    const listed = new Map([['a', [{ id: 'claude-opus-5', limits: {} }]]]);
    const { offers } = buildCatalogue([bare], listed, false);
    expect([...offers.keys()]).toEqual(['claude-opus-5']);
    expect(offers.get('claude-opus-5')?.[0]?.model.limits.maxOutput).toBe(128_000);
    expect(names([{ ...bare, models: [model('only')] }], false, listed)).toEqual(['only']);
  });
});

describe('a plan', () => {
  const two = [credential('a', { models: [model('m')] }), credential('b', { models: [model('m')] })];
  const snapshot = { credentials: two, catalogue: buildCatalogue(two, new Map(), false) };
  const order = (turn: number) =>
    plan(envelope('m'), snapshot, { turn }).candidates.map(({ credential: { id } }) => id);

  it('takes turns, and keeps every candidate for failing over', () => {
    expect([0, 1, 2].map(order)).toEqual([
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'b'],
    ]);
  });

  it('answers an unknown model with 400 and the nearest names', () => {
    const near = [credential('a', { models: [model('deepseek-chat'), model('other')] })];
    const known = { credentials: near, catalogue: buildCatalogue(near, new Map(), false) };
    expect(() => plan(envelope('deepseek-caht'), known, { turn: 0 })).toThrow('Did you mean "deepseek-chat"?');
    try {
      plan(envelope('nope-1'), known, { turn: 0 });
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toMatchObject({ status: 400, facts: { code: 'model_not_found', param: 'model' } });
      expect((thrown as GatewayError).message).toContain('nope-1');
    }
  });

  it('passes over what cannot be used and says why', () => {
    const credentials = [credential('broken', { models: [model('m')], unusable: 'its proxy is broken' }), ...two];
    const { candidates, passedOver } = plan(
      envelope('m'),
      { credentials, catalogue: buildCatalogue(credentials, new Map(), false) },
      { turn: 0 },
    );
    expect(candidates.map(({ credential: { id } }) => id)).toEqual(['a', 'b']);
    expect(passedOver.map(({ because }) => because)).toEqual(['its proxy is broken']);
    const only = credentials.slice(0, 1);
    expect(() =>
      plan(envelope('m'), { credentials: only, catalogue: buildCatalogue(only, new Map(), false) }, { turn: 0 }),
    ).toThrow('its proxy is broken');
  });

  it('sends embeddings only where the client’s own dialect has them', () => {
    const credentials = [
      credential('c', { provider: claude, models: [model('e')] }),
      credential('o', { provider: openai, models: [model('e')] }),
    ];
    const catalogue = buildCatalogue(credentials, new Map(), false);
    const planned = plan(envelope('e', { operation: 'embed' }), { credentials, catalogue }, { turn: 0 });
    expect(planned.candidates.map(({ credential: { id } }) => id)).toEqual(['o']);
  });
});
