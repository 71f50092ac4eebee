import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Observation } from '../observe/observation.ts';
import { type Overrides, openToServe } from './open.ts';
import { createReload } from './reload.ts';
import type { Config } from './schema.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** A configuration in a directory of its own, opened as at start. */
async function opened(text: string, overrides: Overrides = {}, refuse: () => void = () => {}, name = 'config.yaml') {
  const home = mkdtempSync(join(tmpdir(), 'cliproxy-reload-'));
  cleanUps.push(() => rmSync(home, { recursive: true, force: true }));
  const path = join(home, name);
  writeFileSync(path, text);
  const surroundings = { env: { HOME: home }, directory: home };
  const result = await openToServe({ config: path, ...overrides }, surroundings);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  const applied: Config[] = [];
  const observed: Observation[] = [];
  const reload = createReload({
    opened: result,
    overrides,
    env: surroundings.env,
    apply: async (config) => {
      refuse();
      applied.push(config);
    },
    observe: (observation) => observed.push(observation),
  });
  /** Writes the file, and gives what was observed of it. */
  const save = async (content: string): Promise<Observation | undefined> => {
    writeFileSync(path, content);
    const { length } = observed;
    await reload.now();
    expect(observed.length - length).toBeLessThan(2);
    return observed.length > length ? observed.at(-1) : undefined;
  };
  return { home, path, reload, applied, observed, save, config: result.config };
}

describe('a configuration read again', () => {
  it('is applied whole, and told with what changed', async () => {
    const { save, applied, reload } = await opened('api-keys: [one]\nport: 9\n');
    expect(await save('api-keys: ["  two "]\nport: 10\nzzz: 1\n')).toMatchObject({
      type: 'config-loaded',
      changes: ['port: 9 -> 10', 'api-keys[0]: (changed)'],
      restart: ['port'],
      notices: [{ level: 'warning', line: 3, column: 1, message: expect.stringContaining('unknown key zzz') }],
    });
    expect(applied).toMatchObject([{ 'api-keys': ['two'], port: 10 }]);
    expect(reload.config['api-keys']).toEqual(['two']);
  });

  it('is nothing new when it means the same', async () => {
    const text = 'api-keys: [one]\ndebug: false\n';
    const { save, applied } = await opened(text);
    expect(await save(text)).toBe(undefined);
    expect(await save(`# a comment\n${text}`)).toBe(undefined);
    expect(applied).toEqual([]);
  });

  it('that cannot be used is told once with its lines, and nothing changes', async () => {
    const { save, applied, reload, observed } = await opened('api-keys: [one]\n');
    expect(await save('api-keys: [one\nport: 9\n')).toMatchObject({
      type: 'config-rejected',
      problems: [
        { level: 'problem', line: 2, message: expect.stringContaining('yaml: line 2'), advice: expect.any(String) },
      ],
    });
    await reload.now();
    expect(observed).toHaveLength(1);
    expect(await save('api-keys: [one]\nport: many\n')).toMatchObject({
      problems: [{ line: 2, column: 7, message: expect.stringContaining('port must be') }],
    });
    expect(applied).toEqual([]);
    // Back to what is in force: that there is nothing wrong any more is worth a word.
    expect(await save('api-keys: [one]\n')).toMatchObject({ type: 'config-loaded', changes: [] });
    expect(applied).toEqual([]);
  });

  it('asks for a restart while it says something else than at start, and no longer', async () => {
    const { save } = await opened('api-keys: [one]\nport: 9\n');
    expect(await save('api-keys: [one]\nport: 10\n')).toMatchObject({ restart: ['port'] });
    expect(await save('api-keys: [one]\nport: 10\ndebug: true\n')).toMatchObject({ restart: ['port'] });
    expect(await save('api-keys: [one]\nport: 9\n')).toMatchObject({ changes: expect.any(Array), restart: [] });
  });

  it('that became empty is told, and what was there goes on', async () => {
    const { save, applied } = await opened('api-keys: [one]\n');
    expect(await save('')).toMatchObject({
      type: 'config-rejected',
      problems: [{ message: expect.stringContaining('is empty') }],
    });
    expect(applied).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('and what belongs to it may be pipes: nobody waits for them', async () => {
    const { home, path, reload, observed, save } = await opened('api-keys: [one]\n');
    const token = join(home, 'token');
    mkdirSync(join(home, 'auths'));
    execFileSync('mkfifo', [token, join(home, 'auths', 'x.json')]);
    expect(await save(`api-keys: [one]\nauth-dir: ${home}/auths\ngroq: [{ token-file: ${token} }]\n`)).toMatchObject({
      type: 'config-loaded',
      notices: [{ message: expect.stringContaining('it is no regular file') }],
    });
    unlinkSync(path);
    execFileSync('mkfifo', [path]);
    await reload.now();
    expect(observed).toHaveLength(1);
  });

  it('that is gone or cannot be read is told once', async () => {
    const { path, reload, observed, save, applied } = await opened('api-keys: [one]\n');
    unlinkSync(path);
    await reload.now();
    await reload.now();
    expect(observed).toMatchObject([
      { type: 'config-rejected', problems: [{ message: expect.stringContaining('no such file') }] },
    ]);
    mkdirSync(path);
    await reload.now();
    expect(observed.at(-1)).toMatchObject({ problems: [{ message: expect.stringContaining('it is a directory') }] });
    rmSync(path, { recursive: true });
    expect(await save('api-keys: [two]\n')).toMatchObject({ type: 'config-loaded' });
    expect(applied).toHaveLength(1);
  });

  it('that cannot be applied is told, and is not in force', async () => {
    let fails = true;
    const { save, reload } = await opened('api-keys: [one]\n', {}, () => {
      if (fails) throw new Error('no more sockets');
    });
    expect(await save('api-keys: [two]\n')).toMatchObject({
      type: 'config-rejected',
      problems: [{ message: 'failed to reload: no more sockets' }],
    });
    expect(reload.config['api-keys']).toEqual(['one']);
    fails = false;
    expect(await save('api-keys: [two] \n')).toMatchObject({
      type: 'config-loaded',
      changes: ['api-keys[0]: (changed)'],
    });
  });

  it('SEED-48: without a key is closed to everybody, with a warning', async () => {
    const { save, applied } = await opened('api-keys: [one]\n');
    expect(await save('api-keys: ["  "]\n')).toMatchObject({
      type: 'config-loaded',
      notices: [
        { level: 'warning', message: expect.stringContaining('blank client key') },
        { level: 'warning', message: expect.stringContaining('every request is refused with 401') },
      ],
    });
    expect(applied).toMatchObject([{ 'api-keys': [] }]);
  });

  it('says nothing of the key that the start wrote, nor of the address it held back', async () => {
    const { path, reload, observed, applied, config } = await opened('host: 0.0.0.0\n');
    expect(config.host).toBe('127.0.0.1');
    await reload.now();
    expect(observed).toEqual([]);
    writeFileSync(path, `host: 0.0.0.0\napi-keys: [${config['api-keys'][0]}]\ndebug: true\n`);
    await reload.now();
    expect(observed).toMatchObject([{ changes: ['debug: false -> true'], restart: [] }]);
    expect(applied).toHaveLength(1);
  });

  it('keeps a key that could be written nowhere until the file has one', async () => {
    // The name leaves no room for the file that would be written beside it, whoever asks.
    const { save, applied, config } = await opened('port: 9\n', {}, undefined, `${'x'.repeat(245)}.yaml`);
    await save('port: 10\n');
    await save('port: 10\napi-keys: [own]\n');
    expect(applied.map((one) => one['api-keys'])).toEqual([config['api-keys'], ['own']]);
  });

  it('keeps what flags said', async () => {
    const { save, applied } = await opened('api-keys: [one]\nport: 9\n', { port: 7, host: '::1' });
    expect(await save('api-keys: [one]\nport: 10\nhost: 0.0.0.0\n')).toBe(undefined);
    expect(applied).toEqual([]);
  });

  it('holds the keys of files, and says where they are', async () => {
    const { home, save, reload, observed, path } = await opened('api-keys: [one]\n');
    const file = join(home, 'token');
    writeFileSync(file, 'k1');
    await save(`api-keys: [one]\nauth-dir: ${home}/auths\ngroq: [{ token-file: ${file} }]\n`);
    expect(reload.places()).toEqual({ files: [path, file], directories: [join(home, 'auths')] });
    expect(reload.config.groq).toMatchObject([{ 'api-key': 'k1' }]);
    writeFileSync(file, 'k2');
    await reload.now();
    expect(observed.at(-1)).toMatchObject({ changes: ['groq[0].api-key: (changed)'] });
    mkdirSync(join(home, 'auths'));
    writeFileSync(join(home, 'auths', 'x.json'), '{');
    await reload.now();
    await reload.now();
    expect(observed.slice(2)).toMatchObject([
      {
        changes: [],
        notices: [{ file: join(home, 'auths', 'x.json'), message: expect.stringContaining('not a JSON') }],
      },
    ]);
    writeFileSync(join(home, 'auths', 'x.json'), '{"type":"groq","api_key":"k3"}');
    await reload.now();
    expect(observed.at(-1)).toMatchObject({ changes: ['groq[1]: added'], notices: [] });
    expect(JSON.stringify(observed)).not.toMatch(/k[123]"/);
  });
});
