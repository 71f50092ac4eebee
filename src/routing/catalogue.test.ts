import { describe, expect, it } from 'vitest';
import { credential, model, serviceOf, snapshot } from '../../test/support/routing.ts';
import { claude, openai } from '../providers/vendors.ts';
import { buildCatalogue, type CatalogueRules, listed } from './catalogue.ts';
import type { Credential } from './credential.ts';

function names(credentials: readonly Credential[], forcePrefix = false, discovered = new Map()): string[] {
  return [...buildCatalogue(credentials, discovered, forcePrefix).offers.keys()];
}

describe('names of the catalogue', () => {
  it('lists an alias in place of the name, and several aliases of one name all (SEED-55)', () => {
    expect(names([credential('a', { models: [model('up', 'fast'), model('plain')] })])).toEqual(['fast', 'plain']);
    expect(names([credential('a', { models: [model('up', 'fast'), model('up', 'quick')] })])).toEqual([
      'fast',
      'quick',
    ]);
  });

  it('lists a prefixed model twice, or once where the prefix is forced (SEED-54)', () => {
    const credentials = [
      credential('a', { prefix: 'team', models: [model('m')] }),
      credential('b', { models: [model('n')] }),
    ];
    expect(names(credentials)).toEqual(['m', 'team/m', 'n']);
    expect(names(credentials, true)).toEqual(['team/m', 'n']);
  });

  it('keeps the plain name of a model that is called like its forced prefix, and knows no prefix with a slash inside', () => {
    expect(names([credential('a', { prefix: 'm', models: [model('m'), model('n')] })], true)).toEqual([
      'm',
      'm/m',
      'm/n',
    ]);
    expect(names([credential('a', { prefix: '/team/', models: [model('m')] })], true)).toEqual(['team/m']);
    expect(names([credential('a', { prefix: 'a/b', models: [model('m')] })], true)).toEqual(['m']);
  });

  it('hides what is excluded, by alias or by name, whatever the case (SEED-55)', () => {
    const models = [model('Big-Flash-1'), model('x', 'flash-alias'), model('pro'), model('a.b')];
    expect(names([credential('a', { models, excluded: ['*flash*', 'a?b'] })])).toEqual(['pro', 'a.b']);
    expect(names([credential('a', { models, excluded: ['*'] })])).toEqual([]);
  });

  it('takes the operator’s list, else the service’s, else what is known; and keeps known limits', () => {
    const bare = credential('a', { provider: claude });
    expect(names([bare])).toContain('claude-sonnet-4-6');
    const listedModels = new Map([['a', [{ id: 'claude-opus-5', limits: {} }]]]);
    const { offers } = buildCatalogue([bare], listedModels, false);
    expect([...offers.keys()]).toEqual(['claude-opus-5']);
    expect(offers.get('claude-opus-5')?.[0]?.model.limits.maxOutput).toBe(128_000);
    expect(names([{ ...bare, models: [model('only')] }], false, listedModels)).toEqual(['only']);
  });

  it('knows the limits of a model by its name with a date, with `latest` and without either', () => {
    const known = (id: string) =>
      buildCatalogue([credential('a', { provider: claude, models: [model(id)] })], new Map(), false).offers.get(id)?.[0]
        ?.model.limits;
    expect(known('claude-sonnet-4-5')).toEqual(known('claude-sonnet-4-5-20250929'));
    expect(known('claude-sonnet-4-5')?.context).toBe(200_000);
    expect(known('claude-3-5-haiku-latest')?.maxOutput).toBe(8192);
    expect(known('claude-sonnet-4-6-20260101')?.maxOutput).toBe(64_000);
    expect(known('claude-unheard-of')).toEqual({});
  });

  it('knows of models that it does not offer what they refuse', () => {
    const known = (id: string) =>
      buildCatalogue([credential('a', { provider: openai, models: [model(id)] })], new Map(), false).offers.get(id)?.[0]
        ?.model.limits;
    expect(known('gpt-5')).toEqual({ sampling: false });
    expect(known('gpt-5-mini-2025-08-07')).toEqual({ sampling: false });
    expect(known('gpt-5-chat-latest')).toEqual({});
    expect(names([{ ...credential('a', { provider: openai }) }])).not.toContain('gpt-5');
  });

  it('makes one pool of an alias on several models and credentials, and one candidate of what is written twice', () => {
    const { offers } = buildCatalogue(
      [
        credential('a', { models: [model('x', 'fast'), model('y', 'fast'), model('x', 'fast')] }),
        credential('b', { models: [model('z', 'fast')] }),
        credential('a', { models: [model('x', 'fast')] }),
      ],
      new Map(),
      false,
    );
    expect(offers.get('fast')?.map(({ credential: { id }, model: { id: up } }) => `${id} ${up}`)).toEqual([
      'a x',
      'a y',
      'b z',
    ]);
  });

  it('takes a thinking suffix of a configured name as the operator’s wish, and leaves other parentheses alone', () => {
    const { offers } = buildCatalogue(
      [credential('a', { models: [model('up(high)', 'deep'), model('odd (beta)')] })],
      new Map(),
      false,
    );
    expect(offers.get('deep')).toMatchObject([{ model: { id: 'up' }, thinking: { effort: 'high' } }]);
    expect(offers.get('odd (beta)')).toMatchObject([{ model: { id: 'odd (beta)' } }]);
  });
});

describe('the rules for logins', () => {
  const rules: CatalogueRules = {
    login: {
      aliases: new Map([
        [
          'claude',
          [
            { name: 'Opus', alias: 'big', fork: false, relabel: true },
            { name: 'opus', alias: 'huge', fork: false, relabel: false },
            { name: 'haiku', alias: 'small', fork: true, relabel: false, title: 'Small' },
          ],
        ],
      ]),
      excluded: new Map([['claude', ['*-preview', 'huge']]]),
    },
  };
  const models = [model('opus'), model('haiku'), model('sonnet'), model('x-preview')];

  it('rename, fork and hide the models of their channel', () => {
    const { offers } = buildCatalogue([credential('a', { channel: 'Claude', models })], new Map(), false, rules);
    expect([...offers.keys()]).toEqual(['big', 'haiku', 'small', 'sonnet']);
    expect(offers.get('big')?.[0]?.model).toMatchObject({ id: 'opus', relabel: true });
    expect(offers.get('small')?.[0]?.model).toMatchObject({ id: 'haiku', title: 'Small' });
  });

  it('never concern keys of the configuration', () => {
    const { offers } = buildCatalogue([credential('a', { models })], new Map(), false, rules);
    expect([...offers.keys()]).toEqual(['opus', 'haiku', 'sonnet', 'x-preview']);
  });
});

describe('chains', () => {
  const when = { has: [], lacks: [] };
  const chain = { alias: 'm', entries: ['m(high)', 'p/n', 'gone', 'auto'].map((name) => ({ model: name, when })) };
  const credentials = [
    credential('a', { models: [model('m'), model('n')] }),
    credential('b', { provider: serviceOf('p'), models: [model('n')] }),
  ];

  it('hold the candidates of their entries in order, name what nothing offers, and never mean a chain inside', () => {
    const { catalogue } = snapshot(credentials, {
      chains: [chain, { alias: 'empty', entries: chain.entries.slice(2) }],
    });
    const offer = catalogue.chains.get('m');
    expect(offer?.candidates.map(({ credential: { id }, model: { id: up }, link }) => [id, up, link?.place])).toEqual([
      ['a', 'm', 0],
      ['b', 'n', 1],
    ]);
    expect(offer?.candidates.map(({ name, thinking }) => [name, thinking])).toEqual([
      ['m', { effort: 'high' }],
      ['m', undefined],
    ]);
    expect([...catalogue.chains.keys()]).toEqual(['m']);
    expect(catalogue.missing).toEqual([
      { chain: 'm', model: 'gone' },
      { chain: 'm', model: 'auto' },
      { chain: 'empty', model: 'gone' },
      { chain: 'empty', model: 'auto' },
    ]);
  });

  it('are listed first, and a name is listed once', () => {
    const { catalogue } = snapshot(credentials, { chains: [{ ...chain, alias: 'best' }, chain] });
    expect([...listed(catalogue).keys()]).toEqual(['best', 'm', 'n']);
    expect([...listed(catalogue, ({ credential: { id } }) => id === 'b').keys()]).toEqual(['best', 'm', 'n']);
    expect([...listed(catalogue, () => false).keys()]).toEqual([]);
  });
});
