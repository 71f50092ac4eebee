import { describe, expect, it } from 'vitest';
import { readerIn } from '../../test/support/configuration.ts';
import { loadConfig } from './load.ts';

const env = { HOME: '/home/me' };

const { said, loaded } = readerIn(env);

describe('upstream entries', () => {
  it.each([
    ['api-key: ""', '2:12 api-key', 'api-key is missing'],
    ['api-key: "a b"', '2:12 api-key', 'the key holds characters that cannot be sent in a header'],
    [
      '{api-key: k, base-url: example.com}',
      '2:26 base-url',
      'base-url must be an http or https URL, not "example.com"',
    ],
    [
      '{api-key: k, base-url: "http:///v1"}',
      '2:26 base-url',
      'base-url must be an http or https URL, not "http:///v1"',
    ],
    ['{api-key: k, proxy-url: "ftp://u:pw@x"}', '2:27 proxy-url', 'unsupported proxy scheme: ftp'],
    ['{api-key: k, headers: {"a b": c}}', '2:25 headers', 'the header "a b" cannot be sent'],
  ])('keeps %s as unusable, and the others at work', (entry, at, reason) => {
    const [place = '', key = ''] = at.split(' ');
    const text = `groq:\n- ${entry}\n- api-key: good\n`;
    expect(loaded(text).groq).toMatchObject([{ unusable: reason }, { 'api-key': 'good' }]);
    expect(loaded(text).groq[1]).not.toHaveProperty('unusable');
    const named = reason.startsWith(key) ? `groq[0].${reason}` : `groq[0].${key}: ${reason}`;
    expect(said(text)).toEqual([`${place} warning ${named}; this entry is not used`]);
  });

  it.each<[text: string, list: 'groq' | 'gemini-api-key', entry: object, warnings: readonly string[]]>([
    [
      '{api-key: k, prefix: /a/b}',
      'groq',
      { prefix: '' },
      ['2:24 warning groq[0].prefix must not contain "/": "/a/b"; the entry is used without a prefix'],
    ],
    ['{api-key: k, prefix: " / "}', 'groq', { prefix: '' }, []],
    ['{api-key: k, base-url: "  "}', 'groq', { 'base-url': '' }, []],
    [
      '{api-key: k, base-url: "https://x/v1/chat/completions/"}',
      'groq',
      { 'base-url': 'https://x/v1' },
      ['2:26 warning groq[0].base-url is read without /chat/completions: paths are put behind it'],
    ],
    [
      '{api-key: k, base-url: "https://x/v1beta/models"}',
      'gemini-api-key',
      { 'base-url': 'https://x' },
      ['2:26 warning gemini-api-key[0].base-url is read without /models: paths are put behind it'],
    ],
    [
      '{api-key: k, base-url: "https://x/v1/models"}',
      'groq',
      { 'base-url': 'https://x/v1' },
      ['2:26 warning groq[0].base-url is read without /models: paths are put behind it'],
    ],
    ['{api-key: k, base-url: "https://x/v1"}', 'gemini-api-key', { 'base-url': 'https://x/v1' }, []],
    ['{api-key: k, base-url: "https://x/models"}', 'groq', { 'base-url': 'https://x/models' }, []],
    [
      '{api-key: k, models: [{name: models/gem-x, alias: models/y}]}',
      'gemini-api-key',
      { models: [{ name: 'gem-x', alias: 'models/y' }] },
      [],
    ],
    ['{api-key: k, models: [{name: models/gem-x}]}', 'groq', { models: [{ name: 'models/gem-x' }] }, []],
  ])('reads %s of %s as it is meant', (entry, list, expected, warnings) => {
    const text = `${list}:\n- ${entry}\n`;
    expect(loaded(text)[list]).toMatchObject([expected]);
    expect(loaded(text)[list][0]).not.toHaveProperty('unusable');
    expect(said(text)).toEqual(warnings);
  });

  it('mentions a name of a service that clients cannot ask for, or that means another as well', () => {
    const own = (name: string) => `- {name: ${name}, base-url: "http://x/v1"}\n`;
    expect(
      said(`openai-compatibility:\n${own('a/b')}${own('Groq')}${own('openrouter')}groq: [{api-key: k}]\n`),
    ).toEqual([
      '2:10 warning openai-compatibility[0].name "a/b" holds "/": clients cannot ask for it as name/model',
      '3:10 warning openai-compatibility[1].name "Groq" is the name of groq as well: groq/model asks both',
    ]);
  });

  it.each(['?api-version=hush', '#hush', '/x?hush/'])(
    'refuses an address that no path can be put behind: %s',
    (end) => {
      const text = `groq:\n- {api-key: k, base-url: "https://x/v1${end}"}\n- {api-key: k, base-url: "https://me:hush@x"}\n`;
      expect(loaded(text).groq).toMatchObject(
        [1, 2].map(() => ({ unusable: expect.stringContaining('must not hold a query') })),
      );
      expect(said(text)).toHaveLength(2);
      expect(said(text).join()).not.toContain('hush');
    },
  );

  it.each([
    ['claude-api-key', 'https://api.anthropic.com/v1/', 'https://api.anthropic.com'],
    ['gemini-api-key', 'https://x/gemini/v1beta', 'https://x/gemini'],
    ['vertex-api-key', 'https://x/v1', 'https://x'],
    ['openai-api-key', 'https://x/v1', 'https://x/v1'],
  ] as const)('takes a version off an address of %s where its paths begin with it', (list, written, expected) => {
    expect(loaded(`${list}:\n- {api-key: k, base-url: ${written}}\n`)[list][0]?.['base-url']).toBe(expected);
  });

  it('leaves out headers that are the transport’s own, and says so', () => {
    const text =
      'groq:\n- api-key: k\n  headers:\n    X-A: b\n    Content-Length: 3\n    Keep-Alive: x\n    Host: other\n';
    expect(loaded(text).groq).toMatchObject([{ headers: { 'X-A': 'b', Host: 'other' } }]);
    expect(loaded(text).groq[0]?.headers).toEqual({ 'X-A': 'b', Host: 'other' });
    expect(loaded(text).groq[0]).not.toHaveProperty('unusable');
    expect(said(text)).toEqual([
      expect.stringMatching(/^5:5 warning groq\[0\]\.headers\.Content-Length is not sent/),
      expect.stringMatching(/^6:5 warning groq\[0\]\.headers\.Keep-Alive is not sent/),
    ]);
  });

  it('masks the password of a proxy that is no URL', () => {
    const [message] = said('groq:\n- api-key: k\n  proxy-url: "me:hunter2@::bad"\n');
    expect(message).toMatch(/warning groq\[0\]\.proxy-url: proxy config invalid/);
    expect(message).not.toContain('hunter2');
  });

  it('marks one key of a compatible service, or the whole service', () => {
    const config = loaded(
      'openai-compatibility:\n- name: a\n  base-url: http://x/v1/\n  api-key-entries:\n  - {api-key: k, proxy-url: "::"}\n  - api-key: l\n- name: b\n- {name: c, disabled: true}\n',
    );
    const [a, b, c] = config['openai-compatibility'];
    expect(a).toMatchObject({ 'base-url': 'http://x/v1', 'api-key-entries': [{ unusable: expect.any(String) }, {}] });
    expect(a).not.toHaveProperty('unusable');
    expect(a?.['api-key-entries'][1]).not.toHaveProperty('unusable');
    expect(b?.unusable).toBe('base-url is missing');
    expect(c).not.toHaveProperty('unusable');
  });

  it('takes the keys of a compatible service as older configurations write them, each once', () => {
    const text =
      'openai-compatibility:\n- name: a\n  base-url: http://x/v1\n  api-keys: [k, 7, "a b"]\n  api-key-entries: [{api-key: k, weight: 2}]\n';
    const config = loaded(text);
    expect(config['api-keys']).toEqual([]);
    expect(config['openai-compatibility'][0]).not.toHaveProperty('api-keys');
    expect(config['openai-compatibility'][0]?.['api-key-entries']).toMatchObject([
      { 'api-key': 'k', weight: 2 },
      { 'api-key': '7' },
      { 'api-key': 'a b', unusable: expect.any(String) },
    ]);
    expect(said(text)).toEqual([expect.stringMatching(/^4:20 warning openai-compatibility\[0\]\.api-keys\[2\]/)]);
  });

  it('tidies prefixes, addresses, headers and exclusions; local servers need no key', () => {
    const config = loaded(
      'ollama:\n- {prefix: " /team/ ", base-url: "http://box:1/v1//", headers: {X-A: " b ", " ": c, X-D: ""}, excluded-models: [A*, "a*", " "]}\n',
    );
    expect(config.ollama).toMatchObject([
      { prefix: 'team', 'base-url': 'http://box:1/v1', headers: { 'X-A': 'b' }, 'excluded-models': ['a*'] },
    ]);
  });

  it('reads keys from files', () => {
    const files: Record<string, string> = { '/home/me/k': ' plain \n', '/j.json': '{"api_key":"inside"}' };
    const read = (path: string): string => {
      const content = files[path];
      if (content === undefined) throw new Error(`no ${path}`);
      return content;
    };
    const result = loadConfig('groq:\n- token-file: ~/k\n- token-file: /j.json\n- token-file: /none\n', {
      env,
      path: 'config.yaml',
      read,
    });
    expect('config' in result && result.config.groq).toMatchObject([
      { 'api-key': 'plain' },
      { 'api-key': 'inside' },
      { unusable: 'token-file cannot be read: no /none' },
    ]);
  });
});
