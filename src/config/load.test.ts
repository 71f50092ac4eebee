import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readerIn } from '../../test/support/configuration.ts';
import { loadConfig } from './load.ts';

const env = { HOME: '/home/me', KEY: 'from-env', PORT: '9000', DEBUG: 'true' };

const { said, loaded } = readerIn(env);

/** So many lists, each of nine times the one before. */
const tower = (floors: number): string =>
  Array.from({ length: floors }, (_, floor) => `a${floor}: &a${floor} [${`*a${floor - 1}, `.repeat(9)}]\n`)
    .join('')
    .replaceAll('*a-1', 'x');

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
    ['aliases upon aliases', tower(6), /problem failed to parse config file: yaml: aliases .* stand for too much/],
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
    [
      'a missing name',
      'openai-compatibility:\n- base-url: http://x',
      /^2:3 problem openai-compatibility\[0\]\.name is missing$/,
    ],
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

  it.each([
    ['x-service: &s {prefix: p}\ngroq:\n- {api-key: k, <<: *s}', []],
    ['x-keys: [&k key-of-groq]\ngroq:\n- api-key: *k', []],
    ['.groq: &g [{api-key: k}]\ngroq: *g', []],
    ['keep-for-later: &s {prefix: p}\ngroq:\n- {api-key: k, <<: *s}', []],
    ['api_keys: &k [a]\napi-keys: *k', ['Did you mean "api-keys"?']],
    ['x-service: &s {prefix: p}', ['Remove it, or check its spelling.']],
    ['x-service: {a: &s {prefix: p}, b: *s}', ['Remove it, or check its spelling.']],
  ])('takes no key for mistyped whose anchors others repeat: %j', (text, advice) => {
    const { notices } = loadConfig(text, { env, path: 'config.yaml' });
    expect(notices.map((notice) => notice.advice)).toEqual(advice);
  });

  it('takes scalars as they are meant: numbers as keys, texts from the environment as numbers, spaces as nothing', () => {
    const config = loaded(
      `port: \${PORT}\ndebug: \${DEBUG}\nhost: "  ::1 "\napi-keys:\n- 0123456\n- " \${KEY} "\n- $\${KEY}\n- from-env\n`,
    );
    expect(config).toMatchObject({ port: 9000, debug: true, host: '::1' });
    expect(config['api-keys']).toEqual(['0123456', 'from-env', `\${KEY}`]);
  });

  it('takes the booleans of YAML 1.1', () => {
    expect(loaded('debug: yes\nstrict: On\ndemo: "no"\nforce-model-prefix: off\n')).toMatchObject({
      debug: true,
      strict: true,
      demo: false,
      'force-model-prefix': false,
    });
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

  it('takes an empty directory of credentials as one that is not set', () => {
    expect(loaded('auth-dir: ""')['auth-dir']).toBe('~/.cli-proxy-api');
  });

  it('keeps an empty host, by which older configurations mean every address', () => {
    expect(loaded('host: ""').host).toBe('');
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
