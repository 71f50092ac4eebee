import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { credentialsOf } from './credentials.ts';
import { type Settings, settingsOf } from './settings.ts';

function settings(text: string): Settings {
  const result = loadConfig(text, { env: {}, path: 'config.yaml' });
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return settingsOf(result.config);
}

describe('settings', () => {
  it('are these where the configuration says nothing', () => {
    expect(settings('')).toEqual({
      policy: 'round-robin',
      tiers: [],
      chains: [],
      affinity: { enabled: true, ttl: 3_600_000 },
      retry: { rounds: 0, streamRounds: 0, candidates: 0, longestWait: 0, shortWait: 3000 },
      cooling: { transientSeconds: 60, longestTold: 21_600 },
      switchCredential: true,
      switchPreview: false,
      timeouts: { connect: 10_000, headers: 300_000, idle: 300_000, total: 0 },
      passHeaders: false,
      payload: { defaults: [], overrides: [], filters: [] },
      login: { aliases: new Map(), excluded: new Map(), errorRules: new Map() },
    });
  });

  it('are in the units of the code', () => {
    expect(
      settings(`
routing: {strategy: wrr, session-affinity: false, session-affinity-ttl: 90m, tiers: [subscription, free, subscription], short-wait-seconds: 0.5, longest-cooldown-hours: 0.1}
request-retry: 2
max-retry-credentials: 5
max-retry-interval: 30
disable-cooling: true
transient-error-cooldown-seconds: 7
quota-exceeded: {switch-project: false, switch-preview-model: true}
upstream-timeouts: {connect: 1, first-byte: 2, idle: 3, total: 4}
streaming: {bootstrap-retries: 3}
passthrough-headers: true
`),
    ).toMatchObject({
      policy: 'weighted',
      tiers: ['subscription', 'free'],
      affinity: { enabled: false, ttl: 5_400_000 },
      retry: { rounds: 2, streamRounds: 3, candidates: 5, longestWait: 30_000, shortWait: 500 },
      cooling: { transientSeconds: 7, longestTold: 360 },
      switchCredential: false,
      switchPreview: true,
      timeouts: { connect: 1000, headers: 2000, idle: 3000, total: 4000 },
      passHeaders: true,
    });
  });

  it.each([
    [0, 60],
    [-1, 0],
    [5, 5],
  ])('transient-error-cooldown-seconds: %d rests for %d seconds', (written, seconds) => {
    expect(settings(`transient-error-cooldown-seconds: ${written}`).cooling.transientSeconds).toBe(seconds);
  });

  it('streams never get fewer rounds than other requests', () => {
    const { retry } = settings('request-retry: 3\nstreaming: {bootstrap-retries: 1}');
    expect(retry).toMatchObject({ rounds: 3, streamRounds: 3 });
  });

  it('hold the chains', () => {
    const { chains } = settings(`
chains:
- alias: best
  tiers: [subscription, paid]
  attempts: 4
  models:
  - a(high)
  - {model: openrouter/b, when: {has: [images, tools], lacks: [audio], min-tokens: 10, max-tokens: 20}}
- alias: a
  models: [{model: a}]
`);
    expect(chains).toEqual([
      {
        alias: 'best',
        tiers: ['subscription', 'paid'],
        attempts: 4,
        entries: [
          { model: 'a(high)', when: { has: [], lacks: [] } },
          { model: 'openrouter/b', when: { has: ['images', 'tools'], lacks: ['audio'], minTokens: 10, maxTokens: 20 } },
        ],
      },
      { alias: 'a', entries: [{ model: 'a', when: { has: [], lacks: [] } }] },
    ]);
  });

  it('hold what concerns logins, by channel', () => {
    const { login } = settings(`
oauth-model-alias:
  Codex:
  - {name: gpt-5-codex, alias: codex, fork: true, display-name: Codex, force-mapping: true}
  - {name: gpt-5-codex, alias: fast}
  kiro: []
oauth-excluded-models: {CODEX: ["*-Preview", "*-preview"]}
oauth-request-scoped-errors:
  claude: [{status: 402, match: [credit], match-regexr: ["(?i)usage-limit"], action: continue-and-cooldown}]
`);
    expect(login.aliases).toEqual(
      new Map([
        [
          'codex',
          [
            { name: 'gpt-5-codex', alias: 'codex', fork: true, title: 'Codex', relabel: true },
            { name: 'gpt-5-codex', alias: 'fast', fork: false, relabel: false },
          ],
        ],
        ['kiro', []],
      ]),
    );
    expect(login.excluded).toEqual(new Map([['codex', ['*-preview']]]));
    const [rule] = login.errorRules.get('claude') ?? [];
    expect(rule).toMatchObject({ status: 402, match: ['credit'], action: 'continue-and-cooldown' });
    expect(rule?.patterns.map((pattern) => pattern.test('USAGE-LIMIT'))).toEqual([true]);
  });
});

describe('payload rules', () => {
  it('are one list a kind, raw values read without losing digits', () => {
    const { payload } = settings(`
payload:
  default-raw:
  - {models: [{name: raw}], params: {list: '[1, {"a": null}]', long: 12345678901234567890}}
  default:
  - {models: [{name: plain}], params: {a.b: 1, gone: null, endless: .inf}}
  override-raw:
  - {models: [{name: raw}], params: {text: '"x"'}}
  override:
  - {models: [{name: plain}], params: {deep: {list: [true]}}}
  filter:
  - {models: [{name: "*"}], params: [x, y.0]}
`);
    expect(payload.defaults).toEqual([
      {
        models: [{ name: 'plain' }],
        params: [
          ['a.b', 1],
          ['gone', null],
          ['endless', null],
        ],
      },
      {
        models: [{ name: 'raw' }],
        params: [
          ['list', [1, { a: null }]],
          ['long', expect.anything()],
        ],
      },
    ]);
    expect(JSON.stringify(payload.defaults[1]?.params[1])).toBe('["long",12345678901234567890]');
    expect(payload.overrides.map(({ params }) => params)).toEqual([[['deep', { list: [true] }]], [['text', 'x']]]);
    expect(payload.filters).toEqual([{ models: [{ name: '*' }], params: ['x', 'y.0'] }]);
  });

  it('say of whom they are in the words of the code', () => {
    const { payload } = settings(`
payload:
  filter:
  - params: [x]
    models:
    - name: gemini-*
      protocol: Gemini
      from-protocol: responses
      headers: {X-Team: a*}
      match: [{stream: true, a.b: null}, {n: 1}]
      not-match: [{m: x}]
      exist: [tools]
      not-exist: [user]
`);
    expect(payload.filters[0]?.models).toEqual([
      {
        name: 'gemini-*',
        protocol: 'gemini',
        fromProtocol: 'openai-responses',
        headers: { 'X-Team': 'a*' },
        match: [
          ['stream', true],
          ['a.b', null],
          ['n', 1],
        ],
        notMatch: [['m', 'x']],
        exist: ['tools'],
        notExist: ['user'],
      },
    ]);
  });

  it.each([
    ['openai', 'openai-chat'],
    ['openai-response', 'openai-responses'],
    ['openai-responses', 'openai-responses'],
    ['response', 'openai-responses'],
    ['responses', 'openai-responses'],
    ['codex', 'openai-responses'],
    ['claude', 'anthropic-messages'],
    ['anthropic', 'anthropic-messages'],
    ['gemini', 'gemini'],
    ['antigravity', 'gemini'],
    ['openai-completions', 'openai-completions'],
  ])('the protocol %s is %s', (word, dialect) => {
    const { payload } = settings(`payload: {filter: [{models: [{protocol: ${word}}], params: [x]}]}`);
    expect(payload.filters[0]?.models).toEqual([{ protocol: dialect }]);
  });
});

describe('whatever stands under the keys of routing', () => {
  it('becomes settings and credentials, or problems', () => {
    const key = fc.constantFrom(
      ...[
        'strategy',
        'tiers',
        'alias',
        'models',
        'model',
        'name',
        'when',
        'has',
        'max-tokens',
        'default',
        'override-raw',
      ],
      ...[
        'filter',
        'params',
        'match',
        'headers',
        'protocol',
        'codex',
        'status',
        'match-regexr',
        'action',
        'rpm',
        'idle',
      ],
      ...['api-key', 'rate-limit', 'timeouts', 'request-scoped-errors', '__proto__', 'constructor'],
    );
    const scalar = fc.constantFrom(
      null,
      true,
      0,
      -1,
      1.5,
      1e20,
      '',
      'x',
      '*',
      '[',
      '(?i)a',
      'stop',
      'images',
      'RR',
      '1h',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      ),
    }));
    const keys = [
      'routing',
      'chains',
      'payload',
      'oauth-model-alias',
      'oauth-request-scoped-errors',
      'groq',
      'quota-exceeded',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value, { minKeys: 1 }), (configuration) => {
        const result = loadConfig(JSON.stringify(configuration), { env: {}, path: 'config.yaml' });
        if ('problems' in result) return result.problems.length > 0;
        const { retry, affinity } = settingsOf(result.config);
        return retry.streamRounds >= retry.rounds && affinity.ttl > 0 && credentialsOf(result.config).length >= 0;
      }),
      { numRuns: 500 },
    );
  });
});
