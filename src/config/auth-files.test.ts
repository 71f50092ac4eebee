import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { readAuthFile } from './auth-file.ts';
import { withAuthFiles } from './auth-files.ts';
import { loadConfig } from './load.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

function loaded(text: string) {
  const result = loadConfig(text, { env: {}, path: 'config.yaml' });
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result;
}

/** The configuration with a directory of these files; texts as they are, other values as JSON. */
async function withFiles(files: Readonly<Record<string, unknown>>, text = '') {
  const directory = mkdtempSync(join(tmpdir(), 'cliproxy-auth-'));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  const result = await withAuthFiles(loaded(`auth-dir: ${directory}\n${text}`), {});
  const said = result.notices.map(({ file, message }) => `${file?.replace(directory, 'DIR') ?? ''} ${message}`);
  return { directory, said, ...result };
}

describe('files of the directory of credentials', () => {
  it('with an API key are entries of their provider, with all that an entry may say', async () => {
    const { config, said } = await withFiles(
      {
        'deepseek-1.json': {
          type: 'deepseek',
          api_key: ' k1 ',
          proxy_url: 'direct',
          prefix: '/team/',
          priority: '7',
          weight: 3,
          headers: { 'X-A': 'b' },
          excluded_models: ['A*'],
          note: 'mine',
          request_retry: 2,
          disable_cooling: 'true',
          base_url: 'https://deepseek.example/v1/',
          last_refresh: 'x',
          email: null,
        },
        'claude.json': { type: 'claude', 'api-key': 'k2', 'excluded-models': null },
        'groq-api-key.json': { api_key: 'k3' },
      },
      'deepseek: [{ api-key: first }]',
    );
    expect(said).toEqual([]);
    expect(config.deepseek).toMatchObject([
      { 'api-key': 'first' },
      {
        'api-key': 'k1',
        'proxy-url': 'direct',
        prefix: 'team',
        priority: 7,
        weight: 3,
        headers: { 'X-A': 'b' },
        'excluded-models': ['a*'],
        'request-retry': 2,
        'disable-cooling': true,
        'base-url': 'https://deepseek.example/v1',
        source: 'deepseek-1.json',
      },
    ]);
    expect(config['claude-api-key']).toMatchObject([{ 'api-key': 'k2', source: 'claude.json' }]);
    expect(config.groq).toMatchObject([{ 'api-key': 'k3', source: 'groq-api-key.json' }]);
  });

  it('may hold a key for a service of the operator', async () => {
    const own = 'openai-compatibility: [{ name: mine, base-url: "http://h/v1", prefix: p, models: [{ name: m }] }]';
    const { config, said } = await withFiles({ 'x.json': { type: 'mine', api_key: 'k', prefix: 'q' } }, own);
    expect(said).toEqual([]);
    expect(config['openai-compatibility']).toMatchObject([
      { name: 'mine', prefix: 'p', 'api-key-entries': [] },
      { name: 'mine', prefix: 'q', models: [{ name: 'm' }], 'api-key-entries': [{ 'api-key': 'k' }], source: 'x.json' },
    ]);
  });

  it('SEED-41: that are broken, empty, without type or unreadable are named, and keep nothing else from being used', async () => {
    const { config, said } = await withFiles({
      'a.json': '{',
      'b.json': ' ',
      'c.json': { api_key: 'k' },
      'd.json': '[1]',
      'e.json': { type: 'nobody', api_key: 'k' },
      'f.json': { type: 'groq', api_key: 'k', headers: 7 },
      'g.json': { type: 'groq' },
      'h.json': { type: 'codex', api_key: 'k' },
      'z.json': { type: 'groq', api_key: 'good' },
      '.temporary.json': '{',
      'notes.txt': '{',
    });
    expect(config.groq).toMatchObject([{ 'api-key': 'good' }]);
    expect(said).toEqual([
      'DIR/h.json base-url is missing; this entry is not used',
      'DIR/a.json it is not a JSON object; it is not used',
      'DIR/b.json it is empty; it is not used',
      'DIR/c.json it has no "type", which names its provider; it is not used',
      'DIR/d.json it is not a JSON object; it is not used',
      'DIR/e.json its type "nobody" is no provider that takes an API key here; it is not used',
      expect.stringMatching(/^DIR\/f\.json its headers cannot be used/),
      'DIR/g.json it holds neither an "api_key" nor a login; it is not used',
    ]);
  });

  it('with logins are counted in one notice', async () => {
    const { config, said, notices, directory } = await withFiles({
      'claude-a@b.json': { type: 'claude', access_token: 's3cret', refresh_token: 'x' },
      'gemini.json': { type: 'gemini', token: { access_token: 's3cret' } },
      'iflow.json': { type: 'iflow', api_key: 's3cret', cookie: 'c' },
      'off.json': { type: 'groq', api_key: 'k', disabled: true },
    });
    expect(said).toEqual(['DIR 3 logins are not usable yet in this version: claude-a@b.json, gemini.json, iflow.json']);
    expect(notices).toMatchObject([{ level: 'notice', file: directory }]);
    expect(JSON.stringify({ config, notices })).not.toContain('s3cret');
    expect(config.groq).toEqual([]);
  });

  it('that the configuration has already, by key or as a token file, are not used twice', async () => {
    const { config } = await withFiles({ 'a.json': { type: 'groq', api_key: 'k' } }, 'groq: [{ api-key: k }]');
    expect(config.groq).toHaveLength(1);
    const first = await withFiles({ 'groq-api-key.json': { api_key: 'k' } });
    const file = join(first.directory, 'groq-api-key.json');
    const both = await withAuthFiles(loaded(`auth-dir: ${first.directory}\ngroq: [{ token-file: "${file}" }]`), {});
    expect(both.config.groq).toMatchObject([{ 'api-key': 'k', 'token-file': file }]);
    expect(both.notices).toEqual([]);
    const own = 'openai-compatibility: [{ name: mine, base-url: "http://h/v1", api-key-entries: [{ api-key: k }] }]';
    const files = {
      'a.json': { type: 'mine', api_key: 'k' },
      'b.json': { type: 'mine', api_key: 'other' },
      'c.json': { type: 'mine', api_key: 'other' },
    };
    const services = (await withFiles(files, own)).config['openai-compatibility'];
    expect(services.map((entry) => entry['api-key-entries'])).toMatchObject([
      [{ 'api-key': 'k' }],
      [{ 'api-key': 'other' }],
    ]);
  });

  it('are looked for under the home directory, where there may be none', async () => {
    const home = mkdtempSync(join(tmpdir(), 'cliproxy-home-'));
    cleanUps.push(() => rmSync(home, { recursive: true, force: true }));
    const none = await withAuthFiles(loaded(''), { HOME: home });
    expect(none.notices).toEqual([]);
    mkdirSync(join(home, '.cli-proxy-api'));
    writeFileSync(join(home, '.cli-proxy-api', 'k.json'), '{"type":"groq","api_key":"k"}');
    expect((await withAuthFiles(loaded(''), { HOME: home })).config.groq).toMatchObject([{ 'api-key': 'k' }]);
    if (process.getuid?.() === 0) return;
    chmodSync(join(home, '.cli-proxy-api', 'k.json'), 0);
    expect((await withAuthFiles(loaded(''), { HOME: home })).notices).toMatchObject([
      { message: expect.stringContaining('EACCES') },
    ]);
  });

  it('that are gone when they are read, and what is no file, are nothing', async () => {
    const { directory } = await withFiles({ 'a.json': { type: 'groq', api_key: 'k' } });
    symlinkSync(join(directory, 'gone'), join(directory, 'b.json'));
    mkdirSync(join(directory, 'c.json'));
    const { config, notices } = await withAuthFiles(loaded(`auth-dir: ${directory}`), {});
    expect(config.groq).toHaveLength(1);
    expect(notices).toEqual([]);
  });

  it('may hold anything at all', () => {
    const { config } = loaded('');
    const place = { path: '/d/x.json', name: 'x.json' };
    const fields = ['type', 'api_key', 'headers', 'priority', 'proxy_url', 'excluded_models', 'models', 'token'];
    const content = fc.dictionary(fc.constantFrom(...fields), fc.oneof(fc.constant('groq'), fc.jsonValue()));
    fc.assert(
      fc.property(fc.oneof(content, fc.jsonValue()), (value) => {
        expect(readAuthFile(JSON.stringify(value), place, config).is).toMatch(/^(key|own|login|broken|nothing)$/);
      }),
    );
  });
});
