import { describe, expect, it } from 'vitest';
import { credential, model, serviceOf, snapshot } from '../../test/support/routing.ts';
import type { GatewayError } from '../errors.ts';
import { resolve } from './names.ts';

const when = { has: [], lacks: [] };
const iflow = serviceOf('iflow');
const other = serviceOf('other');
const { catalogue } = snapshot(
  [
    credential('i', {
      provider: iflow,
      models: [model('minimax-m2.5'), model('glm-4.5-tab', 'glm/tab'), model('odd(high)', 'odd(high)'), model('m')],
    }),
    credential('o', { provider: other, models: [model('m'), model('moonshot', 'iflow/m'), model('deepseek-chat')] }),
    credential('p', { provider: other, prefix: 'team', models: [model('m')] }),
  ],
  {
    chains: [
      {
        alias: 'minimax-m2.5',
        entries: [
          { model: 'm', when },
          { model: 'minimax-m2.5', when },
        ],
      },
    ],
  },
);
const found = (name: string) => {
  const { candidates, steps, ...rest } = resolve(catalogue, name);
  return {
    ...rest,
    steps: steps.join('; '),
    to: candidates.map(({ credential: { id }, model: up }) => `${id} ${up.id}`),
  };
};

describe('a name means, in this order (SEED-10)', () => {
  it('a chain, even where a model has the same name', () => {
    expect(found('minimax-m2.5')).toMatchObject({
      name: 'minimax-m2.5',
      to: ['i m', 'o m', 'p m', 'i minimax-m2.5'],
      steps: '"minimax-m2.5" is a chain of 2 models',
    });
  });

  it('what is listed, whole: also with a slash or with parentheses', () => {
    expect(found('iflow/m')).toMatchObject({ to: ['o moonshot'], steps: '"iflow/m" is offered by o as "moonshot"' });
    expect(found('odd(high)')).toMatchObject({ name: 'odd(high)', to: ['i odd'] });
    expect(found('odd(high)')).not.toHaveProperty('thinking');
    expect(found('team/m').to).toEqual(['p m']);
    expect(found('m')).toMatchObject({ to: ['i m', 'o m', 'p m'], steps: '"m" is offered by 3 candidates' });
  });

  it('a provider’s id and what it offers, split at the first slash (SEED-12, SEED-29)', () => {
    expect(found('iflow/minimax-m2.5')).toMatchObject({
      name: 'iflow/minimax-m2.5',
      to: ['i minimax-m2.5'],
      steps: '"iflow/minimax-m2.5" is pinned to the provider iflow; "minimax-m2.5" is offered by i',
    });
    expect(found('iflow/glm/tab').to).toEqual(['i glm-4.5-tab']);
    expect(found('other/team/m').to).toEqual(['p m']);
    expect(found('other/m').to).toEqual(['o m', 'p m']);
    expect(() => found('other/minimax-m2.5')).toThrow('not offered');
    expect(() => found('/m')).toThrow('not offered');
  });

  it('the same without what it says of thinking', () => {
    expect(found('m(High)')).toMatchObject({
      name: 'm',
      thinking: { effort: 'high' },
      steps: 'the suffix "(High)" asks for high thinking; "m" is offered by 3 candidates',
    });
    expect(found('iflow/glm/tab(8192)')).toMatchObject({ to: ['i glm-4.5-tab'], thinking: { budget: 8192 } });
    expect(found('minimax-m2.5(none)')).toMatchObject({ thinking: { effort: 'none' }, to: { length: 4 } });
    for (const [word, thinking] of [
      ['auto', { auto: true }],
      ['-1', { auto: true }],
      ['0', { effort: 'none' }],
      ['max', { effort: 'max' }],
    ] as const)
      expect(found(`m(${word})`).thinking).toEqual(thinking);
    // Only the last pair counts.
    expect(() => found('m(low)(high)')).toThrow('not offered');
  });

  it('nothing of thinking where the suffix is empty or no word for it, and says so', () => {
    for (const word of ['', 'fast', '-2', '1.5', '99999999999']) {
      expect(found(`m(${word})`)).toMatchObject({
        name: 'm',
        steps: expect.stringContaining(`"(${word})" names no level`),
      });
      expect(found(`m(${word})`)).not.toHaveProperty('thinking');
    }
  });

  it('the first listed model that is ready, by the name of auto', () => {
    expect(found('auto')).toMatchObject({ name: 'minimax-m2.5' });
    const ready = ({ model: { id } }: { model: { id: string } }) => id === 'deepseek-chat';
    expect(resolve(catalogue, 'auto(low)', ready)).toMatchObject({
      name: 'deepseek-chat',
      thinking: { effort: 'low' },
      steps: [
        'the suffix "(low)" asks for low thinking',
        '"auto" is the first listed model that is ready: "deepseek-chat"',
        '"deepseek-chat" is offered by o',
      ],
    });
    // One of several that go by a name is enough.
    const atOther = ({ credential: { id } }: { credential: { id: string } }) => id === 'p';
    expect(resolve(catalogue, 'auto', atOther)).toMatchObject({ name: 'minimax-m2.5', candidates: { length: 4 } });
    expect(resolve(catalogue, 'auto', () => false).steps[0]).toContain('as none is ready');
    const own = snapshot([credential('a', { models: [model('x'), model('real', 'auto')] })]);
    expect(resolve(own.catalogue, 'auto').candidates[0]?.model.id).toBe('real');
  });
});

it('an unknown name is refused with the nearest ones, and case counts (SEED-10, SEED-53)', () => {
  const refused = (name: string): GatewayError => {
    try {
      resolve(catalogue, name);
    } catch (thrown) {
      return thrown as GatewayError;
    }
    return expect.unreachable();
  };
  expect(refused('deepseek-caht')).toMatchObject({
    kind: 'model-not-found',
    status: 400,
    message: expect.stringMatching(/"deepseek-caht" is not offered .*Did you mean "deepseek-chat"\?/),
    facts: { code: 'model_not_found', param: 'model' },
  });
  expect(refused('DeepSeek-Chat').message).toContain('Did you mean "deepseek-chat"?');
  expect(refused('glm/tba').message).toContain('"glm/tab"');
  expect(refused('x'.repeat(400)).message.length).toBeLessThan(400);
  expect(() => resolve(snapshot([]).catalogue, 'auto')).toThrow('"auto" is not offered');
});
