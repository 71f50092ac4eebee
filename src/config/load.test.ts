import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';

const env = { HOME: '/home/me', KEY: 'from-env', PORT: '9000', DEBUG: 'true' };

/** What is said of a file: `line:column level message`. */
function said(text: string): readonly string[] {
  const result = loadConfig(text, { env, path: 'config.yaml' });
  const notices = 'problems' in result ? [...result.problems, ...result.notices] : result.notices;
  return notices.map(({ line, column, level, message }) => `${line}:${column} ${level} ${message}`);
}

function loaded(text: string): Config {
  const result = loadConfig(text, { env, path: 'config.yaml' });
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.config;
}

describe('a file that cannot be used', () => {
  it.each([
    [
      'a bad indent',
      'port: 1\n debug: true\n',
      /^1:7 problem failed to parse config file: yaml: line 1, column 7: Nested/,
    ],
    ['a tab', 'tls:\n\tenable: true\n', /^2:1 problem failed to parse config file: yaml: line 2, column 1: Tabs/],
    [
      'an open quote',
      'debug: true\nhost: "127.0.0.1\nport: 1\n',
      /^2:7 problem .*line 2, column 7: the quote .* not closed$/,
    ],
    ['a quote closed by the next one', 'host: "é\nprefix: "a"\nport: 1\n', /^1:7 problem .* the quote .* not closed$/],
    ['an open quote in an entry', "groq:\n- api-key: 'k\n  prefix: 'a'\n", /^2:12 problem .* the quote .* not closed$/],
    ['a quote within a quote', "host: 'it's'\nport: 1\n", /^1:\d+ problem .*Unexpected scalar at node end$/],
    ['an open quote behind another document', 'a: b\n---\nc: "d\n', /^2:1 problem .*a second document begins here/],
    [
      'a key set twice',
      'port: 1\ndebug: true\nport: 2\n',
      /^3:1 problem the key "port" is set a second time on line 3$/,
    ],
    ['two documents', 'port: 1\n---\nport: 2\n', /^2:1 problem .*a second document begins here, with ---$/],
    [
      'an unknown alias',
      'host: *nobody\n',
      /^1:7 problem failed to parse config file: yaml: line 1, column 7: .*alias/,
    ],
    ['a pattern without quotes', 'groq:\n- excluded-models:\n  - a\n  - *flash*\n', /^4:5 problem .* alias/],
    ['an alias of itself', 'payload: &loop\n  inner: *loop\n', /problem failed to parse config file/],
    ['a list', '- port: 1\n', /^1:1 problem .*must be a block of keys/],
    ['a single value', 'hello\n', /^1:1 problem .*must be a block of keys/],
    [
      'a word for a number',
      'debug: true\n\nport: abc\n',
      /^3:7 problem port must be a number between 1 and 65535, but line 3 says "abc"$/,
    ],
    ['a port that cannot be', 'port: 70000', /^1:7 problem port must be a number between 1 and 65535, .* says 70000$/],
    ['half a port', 'port: 1.5', /^1:7 problem port must be a number between 1 and 65535, .* says 1.5$/],
    ['a text for a switch', 'debug: maybe', /^1:8 problem debug must be true or false, but line 1 says "maybe"$/],
    [
      'a text for a list',
      'api-keys: secret',
      /^1:11 problem api-keys must be a list of texts, but line 1 says something else$/,
    ],
    ['a block for a list', 'groq:\n  api-key: x', /^2:3 problem groq must be a list of entries, .* a block of keys$/],
    ['a list for a block', 'tls: [1]', /^1:6 problem tls must be a block of keys, but line 1 says a list$/],
    ['a missing name', 'groq:\n- models:\n  - alias: x', /^3:5 problem groq\[0\]\.models\[0\]\.name is missing$/],
    [
      'an empty name',
      'openai-compatibility:\n- name: " "',
      /^2:9 problem openai-compatibility\[0\]\.name must not be empty$/,
    ],
    [
      'an unset variable',
      `groq:\n- api-key: \${NO}`,
      /^2:12 problem groq\[0\]\.api-key asks for .* NO, which is not set$/,
    ],
    ['a broken global proxy', 'proxy-url: ftp://me:secret@x', /^1:12 problem unsupported proxy scheme: ftp$/],
    ['TLS without files', 'tls: {enable: true, cert: a}', /^1:6 problem tls.cert or tls.key is empty$/],
  ])('names the place: %s', (_case, text, expected) => {
    expect(said(text)).toHaveLength(1);
    expect(said(text)[0]).toMatch(expected);
  });

  it('tells all problems and warnings at once, in the order of the file', () => {
    expect(said(`port: abc\nhsot: x\ndebug: 7\nhost: \${NO}\nproxy-url: [x]\n`)).toEqual([
      '1:7 problem port must be a number between 1 and 65535, but line 1 says "abc"',
      '3:8 problem debug must be true or false, but line 3 says 7',
      '4:7 problem host asks for the environment variable NO, which is not set',
      '5:12 problem proxy-url must be text, but line 5 says a list',
      '2:1 warning unknown key hsot is ignored',
    ]);
  });

  it('never shows a secret', () => {
    const messages = said('api-keys: {a: top-secret}\ngroq:\n- api-key: [top-secret]\n  headers: top-secret\n');
    expect(messages).toHaveLength(3);
    expect(messages.join()).not.toContain('top-secret');
  });

  it.each([
    ['a management key one level too high', 'remote-management: top-secret'],
    ['a key in place of an entry', 'groq: [top-secret]'],
    ['a key in place of a list of entries', 'groq: top-secret'],
    ['a key in place of a service', 'openai-compatibility: [top-secret]'],
    ['a cookie in place of a list not in effect', 'cursor: top-secret'],
    ['a text where YAML expects none', 'groq:\n- {api-key: "a"}top-secret'],
    ['a text after a bracket too many', 'groq:\n- api-key: }top-secret'],
  ])('never shows what stands where secrets are kept: %s', (_case, text) => {
    expect(said(text).join()).toContain('problem ');
    expect(said(text).join()).not.toContain('top-secret');
  });

  it('tells a variable that is not set once, whatever would have to stand there', () => {
    expect(said(`port: \${NO}\nproxy-url: \${NO}\ngroq:\n- weight: \${NO}\n`)).toEqual([
      '1:7 problem port asks for the environment variable NO, which is not set',
      '2:12 problem proxy-url asks for the environment variable NO, which is not set',
      '4:11 problem groq[0].weight asks for the environment variable NO, which is not set',
    ]);
  });
});

describe('a file that is put right', () => {
  it.each([
    ['prot: 1', 'Did you mean "port"?'],
    ['api_keys: [a]', 'Did you mean "api-keys"?'],
    ['tls: {enabled: true}', 'Did you mean "enable"?'],
    ['groq:\n- api-key: k\n  baseurl: x', 'Did you mean "base-url"?'],
    ['upstream-timeouts: {debug: true}', '"debug" belongs at the top level, without indentation.'],
    ['zzzzzz: 1', 'Remove it, or check its spelling.'],
    ['claude-api-keys: []', 'Did you mean "claude-api-key"?'],
    ['openai-api-keys: []', 'Did you mean "openai-api-key"?'],
    ['vertex-key: []', 'Did you mean "vertex-api-key"?'],
    ['xai-key: []', 'Did you mean "xai-api-key"?'],
    ['groq:\n- {api-key: k, models: [{name: m, api-keys: [k]}]}', 'Remove it, or check its spelling.'],
  ])('mentions the unknown key of %j', (text, advice) => {
    const result = loadConfig(text, { env, path: 'config.yaml' });
    expect(result.notices).toMatchObject([{ level: 'warning', advice }]);
  });

  it('takes scalars as they are meant: numbers as keys, texts from the environment as numbers, spaces as nothing', () => {
    const config = loaded(
      `port: \${PORT}\ndebug: \${DEBUG}\nhost: "  ::1 "\napi-keys:\n- 0123456\n- " \${KEY} "\n- $\${KEY}\n- from-env\n`,
    );
    expect(config).toMatchObject({ port: 9000, debug: true, host: '::1' });
    expect(config['api-keys']).toEqual(['0123456', 'from-env', `\${KEY}`]);
  });

  it('takes a key without a value as one that is not set', () => {
    expect(loaded('port:\napi-keys:\ngroq:\ntls:\n')).toEqual(loaded(''));
  });

  it('understands anchors and merges', () => {
    const config = loaded('groq:\n- &one {api-key: a, prefix: p}\n- <<: *one\n  api-key: b\n');
    expect(config.groq).toMatchObject([
      { 'api-key': 'a', prefix: 'p' },
      { 'api-key': 'b', prefix: 'p' },
    ]);
  });

  it('has the documented defaults', () => {
    expect(loaded('')).toMatchObject({
      host: '127.0.0.1',
      port: 8317,
      'api-keys': [],
      debug: false,
      'proxy-url': '',
      strict: false,
      'max-body-size': 64,
      streaming: { 'keepalive-seconds': 15, 'bootstrap-retries': 0 },
      'shutdown-timeout-seconds': 10,
      'upstream-timeouts': { connect: 10, 'first-byte': 300, idle: 300, total: 0 },
      'responses-store': { 'max-size-mb': 64, 'ttl-hours': 24 },
    });
  });

  it('listens everywhere when the host is empty, as older configurations say it', () => {
    expect(loaded('host: ""').host).toBe('0.0.0.0');
  });
});

describe('client keys', () => {
  it('leaves out what cannot be a key, and says why', () => {
    const hash = 'A'.repeat(64);
    const text = `api-keys: ["  ", your-api-key-2, your-api-key, sk-...sample, "sha256:12", "a b", mine, "sha256:${hash}"]`;
    expect(loaded(text)['api-keys']).toEqual(['mine', `sha256:${hash.toLowerCase()}`]);
    expect(said(text).map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'warning a blank client key is ignored',
      'warning the client key "your-api-key-2" is a published sample that strangers try; it is refused',
      'warning the client key "your-api-key" is a published sample that strangers try; it is refused',
      'warning the client key "sk-...sample" is a published sample that strangers try; it is refused',
      'warning a client key that begins with sha256: is not followed by 64 hex digits; it is ignored',
      'warning a client key holds characters that cannot be sent in a header; it is ignored',
    ]);
  });

  it('leaves out published samples also where they are written as digests', () => {
    const samples = ['your-api-key-1', 'YOUR_API_KEY', 'your-api-key-12', 'sk-xxx', 'change-me'];
    const digest = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`;
    const text = `api-keys: ["${[...samples, 'mine'].map(digest).join('", "')}"]`;
    expect(loaded(text)['api-keys']).toEqual([digest('mine')]);
    expect(said(text).map((line) => line.replace(/^\S+ /, ''))).toEqual(
      samples.map((key) => `warning the client key "${key}" is a published sample that strangers try; it is refused`),
    );
  });
});

describe('upstream entries', () => {
  it.each([
    ['api-key: ""', '2:12 api-key', 'api-key is missing'],
    ['api-key: "a b"', '2:12 api-key', 'the key holds characters that cannot be sent in a header'],
    ['{api-key: k, prefix: a/b}', '2:24 prefix', 'prefix must not contain "/": "a/b"'],
    [
      '{api-key: k, base-url: example.com}',
      '2:26 base-url',
      'base-url must be an http or https URL, not "example.com"',
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

describe('keys without effect', () => {
  it('mentions each one that is set, once, and reads nothing from it', () => {
    const text = `remote-management: {secret-key: x, anything: 1}
ws-auth: true
logging-to-file: false
ampcode: {upstream-api-key: "\${NOT_SET}"}
quota-exceeded: {antigravity-credits: true, switch-project: false}
claude-api-key:
- {api-key: k, rate-limit: {wait-on-limit: true, rpm: 5}, cloak: {mode: always}}
codex: {identity-confuse: true}
disable-claude-cloak-mode: true
`;
    expect(said(text)).toEqual([
      '1:1 notice remote-management is not yet in effect in this version',
      '2:1 notice ws-auth is not yet in effect in this version',
      '4:1 notice ampcode is not yet in effect in this version',
      '5:18 notice quota-exceeded.antigravity-credits is not yet in effect in this version',
      '7:29 notice claude-api-key[0].rate-limit.wait-on-limit is not yet in effect in this version',
      '7:59 notice claude-api-key[0].cloak is ignored: this gateway never disguises itself as another program',
      '8:1 notice codex is not yet in effect in this version',
      '8:9 notice codex.identity-confuse is ignored: this gateway never disguises itself as another program',
      '9:1 notice disable-claude-cloak-mode is ignored: this gateway never disguises itself as another program',
    ]);
    expect(loaded(text)).not.toHaveProperty('remote-management');
    expect(loaded(text)['quota-exceeded']['switch-project']).toBe(false);
  });
});

describe('whatever stands in a file', () => {
  it('is loaded or rejected with reasons, and never thrown at', () => {
    const word = fc.constantFrom(
      'port',
      'api-keys',
      'groq',
      'models',
      'name',
      'headers',
      'tls',
      '__proto__',
      'x',
      '<<',
      '*a',
      '&a',
    );
    const scalar = fc.oneof(
      fc.constantFrom('', '~', '.nan', '0x1F', `\${KEY}`, '[', '{a: b}', '- 1', '"', '\t'),
      fc.string(),
    );
    const line = fc.tuple(fc.nat(3), fc.boolean(), word, scalar).map(([depth, item, key, value]) => {
      return `${'  '.repeat(depth)}${item ? '- ' : ''}${key}: ${value}`;
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const result = loadConfig(lines.join('\n'), { env, path: 'config.yaml' });
        expect('config' in result || result.problems.length > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
