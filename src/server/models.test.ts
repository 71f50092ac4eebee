import { describe, expect, it } from 'vitest';
import { credential, model, serviceOf, snapshot, stage } from '../../test/support/routing.ts';
import type { ModelLimits } from '../envelope.ts';
import type { JsonObject } from '../json.ts';
import { listed } from '../routing/catalogue.ts';
import { createLive } from '../routing/live.ts';
import { shownNow } from '../routing/shown.ts';
import { type ListShape, printModels } from './models.ts';
import { printOffers } from './offers.ts';

const limits: ModelLimits = {
  context: 200_000,
  maxOutput: 64_000,
  input: ['text', 'image', 'document'],
  reasoning: { levels: ['low', 'high'], budget: { min: 1024, max: 32_000 }, off: true, auto: false },
};
const when = { has: [], lacks: [] };
const whole = snapshot(
  [
    credential('a', { provider: serviceOf('one'), models: [model('known', undefined, { limits, title: 'Known' })] }),
    credential('b', { provider: serviceOf('two'), models: [model('bare'), model('known')] }),
  ],
  {
    chains: [
      {
        alias: 'best',
        entries: [
          { model: 'bare', when },
          { model: 'known', when },
        ],
      },
    ],
  },
);
const print = (shape: ListShape, query = '', shown?: Parameters<typeof printModels>[3]): JsonObject =>
  printModels(whole.catalogue, shape, new URLSearchParams(query), shown);
const ids = (list: JsonObject) => (list.data as JsonObject[]).map(({ id }) => id);

describe('what is known of a model is told in the words of each list', () => {
  it('OpenAI’s has extra members', () => {
    const list = print('openai');
    expect(ids(list)).toEqual(['best', 'known', 'bare']);
    expect(list.data).toMatchObject([
      { id: 'best', object: 'model', owned_by: 'chain', context_length: 200_000 },
      {
        id: 'known',
        object: 'model',
        owned_by: 'one',
        context_length: 200_000,
        max_completion_tokens: 64_000,
        input_modalities: ['text', 'image', 'document'],
        reasoning: {
          supported: true,
          levels: ['low', 'high'],
          budget: { min: 1024, max: 32_000 },
          off: true,
          auto: false,
        },
      },
      { id: 'bare' },
    ]);
    expect(Object.keys((list.data as JsonObject[])[2] ?? {})).toEqual(['id', 'object', 'created', 'owned_by']);
  });

  it('Anthropic’s has capabilities, and what is not known is null', () => {
    const supported = { supported: true };
    const not = { supported: false };
    expect(print('anthropic').data).toMatchObject([
      { id: 'best', display_name: 'best', max_input_tokens: 200_000, capabilities: null },
      {
        id: 'known',
        display_name: 'Known',
        max_input_tokens: 200_000,
        max_tokens: 64_000,
        capabilities: {
          image_input: supported,
          pdf_input: supported,
          thinking: { supported: true, types: { enabled: supported, adaptive: not, disabled: supported } },
          effort: { supported: true, low: supported, medium: not, high: supported, xhigh: not, max: not },
        },
      },
      { id: 'bare', max_input_tokens: null, max_tokens: null, capabilities: null },
    ]);
  });

  it('Gemini’s and Codex’ have members of their own', () => {
    expect(print('gemini').models).toMatchObject([
      { name: 'models/best', inputTokenLimit: 200_000 },
      {
        name: 'models/known',
        displayName: 'Known',
        inputTokenLimit: 200_000,
        outputTokenLimit: 64_000,
        thinking: true,
      },
      { name: 'models/bare' },
    ]);
    expect(print('codex').models).toMatchObject([
      { slug: 'best', context_window: 200_000 },
      {
        slug: 'known',
        context_window: 200_000,
        input_modalities: ['text', 'image'],
        supported_reasoning_levels: [{ effort: 'low' }, { effort: 'high' }],
      },
      { slug: 'bare', supported_reasoning_levels: [] },
    ]);
  });
});

it('names with a provider’s pin are listed on request (SEED-35)', () => {
  expect(ids(print('openai', 'pinned=true'))).toEqual(['best', 'known', 'bare', 'one/known', 'two/known', 'two/bare']);
});

describe('a model whose credentials all rest is not listed (SEED-16)', () => {
  it.each([
    ['unauthorized', 401, false],
    ['payment_required', 402, false],
    ['forbidden', 403, false],
    ['not_found', 404, false],
    ['model_not_supported', 400, false],
    ['payment_required', 429, true],
    ['quota', 429, true],
    ['transient', 500, true],
    ['unreachable', 502, true],
  ] as const)('as %s (%i): listed: %s', (label, status, isListed) => {
    const play = stage();
    play.rest('b bare', play.now + 1000, { label, status });
    const at = (now: number) =>
      ids(print('openai', '', shownNow(play.live, now, { policy: 'round-robin' }))).includes('bare');
    expect(at(play.now)).toBe(isListed);
    expect(at(play.now + 1000)).toBe(true);
  });

  it('nor is one that no request would be given, its weight being 0 (SEED-53)', () => {
    const play = stage();
    const weightless = snapshot([
      credential('a', { models: [model('m')], weight: 0 }),
      credential('b', { models: [model('n')] }),
    ]);
    const names = (policy: 'weighted' | 'round-robin') => [
      ...listed(weightless.catalogue, shownNow(play.live, play.now, { policy })).keys(),
    ];
    expect(names('weighted')).toEqual(['n']);
    expect(names('round-robin')).toEqual(['m', 'n']);
  });

  it('but is while one of them does not', () => {
    const play = stage();
    play.rest('a', play.now + 1000, { label: 'unauthorized' });
    expect(ids(print('openai', '', shownNow(play.live, play.now, { policy: 'round-robin' })))).toEqual([
      'best',
      'known',
      'bare',
    ]);
    play.rest('b', play.now + 1000, { label: 'unauthorized' });
    expect(ids(print('openai', '', shownNow(play.live, play.now, { policy: 'round-robin' })))).toEqual([]);
  });
});

it('the catalogue tells the same limits, also of a chain and of a name whose first account cannot be used', () => {
  const unusable = credential('c', { provider: serviceOf('three'), models: [model('known')], unusable: 'no key' });
  const all = snapshot([unusable, ...whole.credentials], { chains: whole.settings.chains });
  const shown = print('openai');
  const told = printOffers(all, createLive(), 0).data as JsonObject[];
  const limitsIn = (list: readonly JsonObject[]) =>
    list.map(({ id, context_length, max_completion_tokens }) => ({ id, context_length, max_completion_tokens }));
  expect(limitsIn(told)).toEqual(limitsIn(shown.data as JsonObject[]));
});
