import { describe, expect, it } from 'vitest';
import { readerIn } from '../../test/support/configuration.ts';

const { said, loaded } = readerIn({ TIER: 'team' });

describe('a value that CLIProxyAPI starts with', () => {
  it.each([
    [
      'routing: {strategy: random}',
      '1:21 warning routing.strategy must be one of round-robin, weighted, fill-first, least-busy, but line 1 says "random"; round-robin is used',
    ],
    [
      'routing:\n  session-affinity-ttl: soon',
      '2:25 warning routing.session-affinity-ttl must be a span of time such as 1h, 90m, 1h30m or a number of seconds, but line 2 says "soon"; 1h is used',
    ],
    [
      'routing: {session-affinity-ttl: 0s}',
      '1:33 warning routing.session-affinity-ttl must be a span of time such as 1h, 90m, 1h30m or a number of seconds, but line 1 says "0s"; 1h is used',
    ],
    [
      'request-retry: -1',
      '1:16 warning request-retry must be a number between 0 and 100, but line 1 says -1; 0 is used',
    ],
    [
      'max-retry-credentials: -1',
      '1:24 warning max-retry-credentials must be a number of at least 0, but line 1 says -1; 0 is used',
    ],
    [
      'max-retry-interval: 100000',
      '1:21 warning max-retry-interval must be a number between 0 and 86400, but line 1 says 100000; 86400 is used',
    ],
    [
      'transient-error-cooldown-seconds: -2',
      '1:35 warning transient-error-cooldown-seconds must be a number between -1 and 86400, but line 1 says -2; -1 is used',
    ],
    [
      'streaming: {keepalive-seconds: -1}',
      '1:32 warning streaming.keepalive-seconds must be a number between 0 and 86400, but line 1 says -1; 0 is used',
    ],
    [
      'streaming: {bootstrap-retries: 101}',
      '1:32 warning streaming.bootstrap-retries must be a number between 0 and 100, but line 1 says 101; 100 is used',
    ],
    [
      'groq:\n- {api-key: k, request-retry: -1}',
      '2:31 warning groq[0].request-retry must be a number between 0 and 100, but line 2 says -1; 0 is used',
    ],
    [
      'oauth-model-alias:\n  codex:\n  - {name: a}',
      '3:5 warning oauth-model-alias.codex[0] has no name or no alias; this rule is not used',
    ],
    [
      'payload:\n  filter:\n  - {models: [], params: [a]}',
      '3:14 warning payload.filter[0].models names no model; this rule is not used',
    ],
    [
      'payload:\n  default:\n  - {models: [{name: a, protocol: interactions}], params: {a: 1}}',
      '3:14 warning payload.default[0].models is for a protocol that nothing here speaks; this rule is not used',
    ],
  ])('%j is put right and mentioned', (text, expected) => {
    expect(said(text)).toEqual([expected]);
    expect(loaded(text)).toBeDefined();
  });

  it('is replaced by the nearest that can be, or by the default', () => {
    const config = loaded('request-retry: 900\nmax-retry-interval: -5\nrouting: {strategy: random}\n');
    expect(config).toMatchObject({
      'request-retry': 100,
      'max-retry-interval': 0,
      routing: { strategy: 'round-robin' },
    });
  });
});

describe('a value of routing that cannot be', () => {
  it.each([
    [
      'routing: {session-affinity: 2}',
      '1:29 problem routing.session-affinity must be true or false, but line 1 says 2',
    ],
    ['routing: {tiers: paid}', '1:18 problem routing.tiers must be a list of texts, but line 1 says "paid"'],
    [
      'routing: {short-wait-seconds: 61}',
      '1:31 problem routing.short-wait-seconds must be a number between 0 and 60, but line 1 says 61',
    ],
    [
      'routing: {longest-cooldown-hours: 0}',
      '1:35 problem routing.longest-cooldown-hours must be a number between 0.01 and 720, but line 1 says 0',
    ],
    [
      'max-retry-credentials: all',
      '1:24 problem max-retry-credentials must be a number of at least 0, but line 1 says "all"',
    ],
    [
      'max-retry-interval: 1h',
      '1:21 problem max-retry-interval must be a number between 0 and 86400, but line 1 says "1h"',
    ],
    ['disable-cooling: 1', '1:18 problem disable-cooling must be true or false, but line 1 says 1'],
    [
      'quota-exceeded: {switch-project: often}',
      '1:34 problem quota-exceeded.switch-project must be true or false, but line 1 says "often"',
    ],
    [
      'upstream-timeouts: {total: -1}',
      '1:28 problem upstream-timeouts.total must be a number between 0 and 86400, but line 1 says -1',
    ],
    ['chains: [best]', '1:10 problem chains[0] must be a block of keys, but line 1 says "best"'],
    ['chains:\n- alias: best', '2:3 problem chains[0].models is missing'],
    [
      'chains:\n- {alias: best, models: []}',
      '2:25 problem chains[0].models must be a list of one or more texts or entries, but line 2 says a list',
    ],
    ['chains:\n- {alias: best, models: [""]}', '2:26 problem chains[0].models[0].model must not be empty'],
    [
      'chains:\n- alias: best\n  models:\n  - {model: a, when: {has: [images, smells]}}',
      '4:37 problem chains[0].models[0].when.has[1] must be one of images, documents, audio, video, tools, reasoning, but line 4 says "smells"',
    ],
    [
      'chains:\n- alias: best\n  models:\n  - {model: a, when: {max-tokens: few}}',
      '4:35 problem chains[0].models[0].when.max-tokens must be a number of at least 1, but line 4 says "few"',
    ],
    [
      'chains:\n- {alias: best, models: [{model: a, when: {min-tokens: 9, max-tokens: 8}}]}',
      '2:71 problem chains[0].models[0].when.max-tokens is below min-tokens: no request fits',
    ],
    [
      'chains:\n- {alias: best, models: [{model: a, when: {has: [tools, images], lacks: [images]}}]}',
      '2:73 problem chains[0].models[0].when.lacks names "images", as has does: no request fits',
    ],
    [
      'chains:\n- {alias: best, models: [a]}\n- {alias: best, models: [b]}',
      '3:11 problem chains[1].alias "best" is taken by chains[0]',
    ],
    [
      'openai-api-key:\n- {api-key: k, priority: high}',
      '2:26 problem openai-api-key[0].priority must be a whole number, but line 2 says "high"',
    ],
    [
      'groq:\n- {api-key: k, weight: 1000001}',
      '2:24 problem groq[0].weight must be a whole number of at most 1000000, but line 2 says 1000001',
    ],
    [
      'groq:\n- {api-key: k, rate-limit: {tpm: -5}}',
      '2:34 problem groq[0].rate-limit.tpm must be a number of at least 0, but line 2 says -5',
    ],
    [
      'groq:\n- {api-key: k, timeouts: {idle: 1.5}}',
      '2:33 problem groq[0].timeouts.idle must be a number between 0 and 86400, but line 2 says 1.5',
    ],
    [
      'groq:\n- api-key: k\n  request-scoped-errors:\n  - {status: 400, action: retry}',
      '4:27 problem groq[0].request-scoped-errors[0].action must be one of stop, stop-and-cooldown, continue, continue-and-cooldown, but line 4 says "retry"',
    ],
    [
      'oauth-model-alias: {codex: {a: b}}',
      '1:28 problem oauth-model-alias.codex must be a list of entries, but line 1 says a block of keys',
    ],
    ['payload:\n  default:\n  - params: {a: 1}', '3:5 problem payload.default[0].models is missing'],
    [
      'payload:\n  override-raw:\n  - {models: [{name: x}], params: {a: [1]}}',
      '3:39 problem payload.override-raw[0].params.a must be text, but line 3 says a list',
    ],
  ])('%j is told with its place', (text, expected) => {
    expect(said(text)).toEqual([expected]);
  });

  it('names the protocols there are', () => {
    const [message] = said('payload:\n  filter:\n  - {models: [{protocol: smtp}], params: [a]}');
    expect(message).toMatch(
      /^3:26 problem payload\.filter\[0\]\.models\[0\]\.protocol must be one of openai, .*"smtp"$/,
    );
  });
});

describe('other spellings', () => {
  it.each([
    ['roundrobin', 'round-robin'],
    ['RR', 'round-robin'],
    [' Round-Robin ', 'round-robin'],
    ['weighted-round-robin', 'weighted'],
    ['weightedroundrobin', 'weighted'],
    ['wrr', 'weighted'],
    ['fillfirst', 'fill-first'],
    ['ff', 'fill-first'],
    ['least-busy', 'least-busy'],
  ])('the strategy %j is %s', (written, strategy) => {
    const text = `routing: {strategy: "${written}"}`;
    expect(loaded(text).routing.strategy).toBe(strategy);
    expect(said(text)).toEqual([]);
  });

  it('a name alone is an entry of a chain, also where YAML reads a number', () => {
    expect(loaded('chains:\n- {alias: a, models: [x, 4.0, {model: y}]}').chains[0]?.models).toEqual([
      { model: 'x' },
      { model: '4.0' },
      { model: 'y' },
    ]);
  });

  it('words of the schema in capitals, numbers from texts, seconds without a unit', () => {
    const config = loaded(
      `routing: {session-affinity-ttl: 5400}\ngroq:\n- api-key: k\n  tier: \${TIER}\n  priority: "7"\n  request-scoped-errors: [{status: 400, action: Stop}]\n`,
    );
    expect(config.routing['session-affinity-ttl']).toBe('5400');
    expect(config.groq).toMatchObject([
      { tier: 'team', priority: 7, 'request-scoped-errors': [{ status: 400, action: 'stop' }] },
    ]);
  });

  it('oauth-model-mappings is read as oauth-model-alias, which wins where both have a channel', () => {
    const config = loaded(`
oauth-model-alias:
  Codex: [{name: a, alias: b}]
  kiro: []
oauth-model-mappings:
  codex: [{name: a, alias: c}]
  kiro: [{name: a, alias: c}]
  qwen: [{name: a, alias: d, fork: true}]
`);
    expect(config['oauth-model-alias']).toMatchObject({
      codex: [{ name: 'a', alias: 'b', fork: false }],
      kiro: [],
      qwen: [{ name: 'a', alias: 'd', fork: true }],
    });
    expect(config['oauth-model-mappings']).toEqual({});
  });
});

describe('rules that cannot be applied', () => {
  it('are left out with their place, and the others stay', () => {
    const text = `
groq:
- api-key: k
  request-scoped-errors:
  - {status: 400, match-regexr: [ok, "(open"], action: stop}
  - {action: stop}
  - {match: [quota], action: continue}
openai-compatibility:
- name: mine
  base-url: http://x
  request-scoped-errors: [{match-regexr: ["["], action: stop}]
oauth-request-scoped-errors:
  Codex: [{status: 402, action: continue}, {match-regexr: ["*"], action: stop}]
oauth-model-alias:
  codex: [{name: a, alias: a}, {name: a, alias: b}, {name: c, alias: b}]
payload:
  override-raw:
  - {models: [{name: x}], params: {good: "1", bad.one: "[1"}}
  - {models: [{name: x}], params: {good: '"1"'}}
  default-raw:
  - {models: [{name: x}], params: {bad: word}}
`;
    expect(said(text).map((line) => line.replace(/ cannot be read: .*;/, ' cannot be read;'))).toEqual([
      '5:38 warning groq[0].request-scoped-errors[0].match-regexr[1] cannot be read; this rule is not used',
      '6:5 warning groq[0].request-scoped-errors[1] would concern every error; this rule is not used',
      '11:43 warning openai-compatibility[0].request-scoped-errors[0].match-regexr[0] cannot be read; this rule is not used',
      '13:60 warning oauth-request-scoped-errors.Codex[1].match-regexr[0] cannot be read; this rule is not used',
      '15:28 warning oauth-model-alias.codex[0].alias is the name itself; this rule is not used',
      '15:70 warning oauth-model-alias.codex[2].alias "b" is taken by another model of this channel; this rule is not used',
      '18:56 warning payload.override-raw[0].params.bad.one is not JSON; this rule is not used',
      '21:41 warning payload.default-raw[0].params.bad is not JSON; this rule is not used',
    ]);
    const config = loaded(text);
    expect(config.groq[0]?.['request-scoped-errors']).toEqual([{ match: ['quota'], action: 'continue' }]);
    expect(config.groq[0]).not.toHaveProperty('unusable');
    expect(config['openai-compatibility'][0]?.['request-scoped-errors']).toEqual([]);
    expect(config['oauth-request-scoped-errors']).toEqual({ Codex: [{ status: 402, action: 'continue' }] });
    expect(config['oauth-model-alias']).toMatchObject({ codex: [{ name: 'a', alias: 'b' }] });
    expect(config.payload).toMatchObject({ 'default-raw': [], 'override-raw': [{ params: { good: '"1"' } }] });
  });
});

describe('payload values', () => {
  it('are kept as they are, nothing among them', () => {
    const [rule] = loaded('payload:\n  override:\n  - {models: [{}], params: {a.b: null, c: {d: null}, e: }}').payload
      .override;
    expect(rule?.params).toEqual({ 'a.b': null, c: { d: null }, e: null });
  });
});
