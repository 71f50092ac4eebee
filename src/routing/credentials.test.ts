import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import type { Credential } from './credential.ts';
import { plainRouting } from './credential.ts';
import { credentialsOf } from './credentials.ts';

function credentials(text: string): readonly Credential[] {
  const result = loadConfig(text, { env: {}, path: 'config.yaml' });
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return credentialsOf(result.config);
}

describe('credentials', () => {
  it('are plain where their entry says nothing', () => {
    const [keyed, local, compatible, open] = credentials(`
groq: [{api-key: k}]
ollama: [{}]
openai-compatibility:
- {name: mine, base-url: http://x, api-key-entries: [{api-key: k}]}
- {name: open, base-url: http://y}
`);
    expect(keyed).toMatchObject(plainRouting);
    expect(compatible).toMatchObject(plainRouting);
    expect(keyed).not.toHaveProperty('retries');
    expect(local).toMatchObject({ ...plainRouting, tier: 'free' });
    expect(open).toMatchObject({ ...plainRouting, tier: 'free' });
  });

  it('have what their entry says of their place and their failures', () => {
    const entry = `
  priority: -3
  weight: 4
  tier: subscription
  disable-cooling: true
  request-retry: 0
  request-scoped-errors:
  - {status: 400, match: [credit], match-regexr: ["(?i)usage.limit"], action: continue-and-cooldown}
  - {match-regexr: ["["], action: stop}
  rate-limit: {concurrency: 2, rpm: 0, tpd: 900}
  timeouts: {connect: 1, total: 0}
`;
    const all = credentials(
      `claude-api-key:\n- api-key: a${entry}groq:\n- api-key: b${entry}openai-compatibility:\n- name: mine\n  base-url: http://x\n  api-key-entries: [{api-key: c}]${entry}`,
    );
    expect(all.map(({ provider }) => provider.id)).toEqual(['claude', 'groq', 'mine']);
    for (const credential of all) {
      expect(credential).toMatchObject({ priority: -3, weight: 4, tier: 'subscription', cooling: false, retries: 0 });
      expect(credential.limits).toEqual({ concurrency: 2, tpd: 900 });
      expect(credential.timeouts).toEqual({ connect: 1000, total: 0 });
      expect(credential.errorRules).toEqual([
        { status: 400, match: ['credit'], patterns: [/usage.limit/iu], action: 'continue-and-cooldown' },
      ]);
      expect(credential).not.toHaveProperty('unusable');
    }
  });

  it('have what their entry says of their service: headers, models, names, and what it knows of caches', () => {
    const entry = 'headers: {X-Team: a}, prefix: team, models: [{name: m, alias: n}], excluded-models: [o]';
    const all = credentials(`
groq: [{api-key: k, ${entry}}]
openai-compatibility:
- {name: mine, base-url: http://x, ${entry}, api-key-entries: [{api-key: k}]}
- {name: other, base-url: http://x, api-key-entries: [{api-key: k}]}
`);
    const [keyed, compatible, other] = all;
    for (const credential of [keyed, compatible])
      expect(credential).toMatchObject({
        headers: { 'X-Team': 'a' },
        prefix: 'team',
        models: [{ id: 'm', alias: 'n' }],
        excluded: ['o'],
      });
    expect(other).toMatchObject({ headers: {}, excluded: [] });
    expect(other).not.toHaveProperty('prefix');
    expect(other).not.toHaveProperty('models');
  });

  it('of a service of the operator know the cache keys and marks that it is said to know', () => {
    const accents = credentials(`
openai-compatibility:
- {name: a, base-url: http://x, support-prompt-cache-key: true}
- {name: b, base-url: http://x, support-cache-control: true}
- {name: c, base-url: http://x, support-prompt-cache-key: false, support-cache-control: false}
`).map(({ provider }) => provider.accent);
    expect(accents.map(({ cacheKey, cacheMarks }) => [cacheKey, cacheMarks])).toEqual([
      [true, undefined],
      [undefined, true],
      [undefined, undefined],
    ]);
  });

  it('mark for Anthropic’s cache at its home, elsewhere only if told to', () => {
    const accents = credentials(`
claude-api-key:
- {api-key: a}
- {api-key: b, base-url: https://api.anthropic.com/}
- {api-key: c, base-url: http://x}
- {api-key: d, base-url: http://x, auto-cache: true}
- {api-key: e, auto-cache: false}
gemini-api-key: [{api-key: f, auto-cache: true}]
`).map(({ accent }) => accent?.autoCache);
    expect(accents).toEqual([true, true, false, true, false, undefined]);
  });

  it('of one key and address are told apart by their proxies, and by nothing else', () => {
    const ids = (proxies: readonly string[]) =>
      credentials(
        `claude-api-key:\n${proxies.map((proxy) => `- { api-key: k, proxy-url: "${proxy}" }`).join('\n')}`,
      ).map(({ id }) => id);
    const [plain = ''] = ids(['']);
    const [a, b, again] = ids(['http://a:1', 'http://b:1', 'http://a:1']);
    expect([a, again]).toEqual([plain, plain]);
    expect(b).toMatch(new RegExp(`^${plain}:`));
    expect(ids(['http://c:1'])).toEqual([plain]);
  });

  it('go by the proxy of their own key, else by that of the entry', () => {
    const proxies = credentials(
      'openai-compatibility: [{name: a, base-url: http://x, proxy-url: http://b:1, api-key-entries: [{api-key: k}, {api-key: l, proxy-url: http://c:1}]}]',
    ).map(({ proxy }) => proxy);
    expect(proxies).toEqual(['http://b:1', 'http://c:1']);
  });

  it('weigh what their own key says, else what the entry says', () => {
    const weights = credentials(
      'openai-compatibility: [{name: a, base-url: http://x, weight: 3, api-key-entries: [{api-key: k}, {api-key: l, weight: 0}]}]',
    ).map(({ weight }) => weight);
    expect(weights).toEqual([3, 0]);
  });

  it('rest after failures as the entry says, else as the configuration says', () => {
    const text = 'disable-cooling: true\ngroq: [{api-key: a}, {api-key: b, disable-cooling: false}]';
    expect(credentials(text).map(({ cooling }) => cooling)).toEqual([false, true]);
  });
});
