import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeClientKey } from './client-keys.ts';
import { StartFailure } from './failure.ts';
import { findConfig, openConfig } from './find.ts';
import { isLoopback, type Opened, type Overrides, openToServe } from './open.ts';
import { readPipe } from './pipe.ts';

let root: string;
let directory: string;
let home: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cliproxy-'));
  directory = join(root, 'work');
  home = join(root, 'home');
  mkdirSync(directory);
  mkdirSync(home);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = async (overrides: Overrides, env: Record<string, string> = {}): Promise<Opened> => {
  const opened = await openToServe(overrides, { env: { HOME: home, ...env }, directory });
  if ('problems' in opened) throw new Error(opened.problems[0]?.message);
  return opened;
};
const failure = async (work: Promise<unknown>): Promise<StartFailure> => {
  const thrown: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  if (thrown instanceof StartFailure) return thrown;
  throw thrown;
};
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('where the configuration is looked for', () => {
  it('takes the first of flag, variables, working directory and home', () => {
    writeFileSync(join(directory, 'config.yaml'), 'port: 1\n');
    const all = {
      HOME: home,
      CLIPROXY_CONFIG: '~/a.yaml',
      CLIPROXY_CONFIG_PATH: 'b.yaml',
      CONFIG: 'c.yml',
      CONFIG_PATH: '/d.yaml',
    };
    const found = (flag: string | undefined, ...names: (keyof typeof all)[]) =>
      findConfig(flag, {
        env: Object.fromEntries(['HOME' as const, ...names].map((name) => [name, all[name]])),
        directory,
      });
    expect(found('x.yaml', 'CLIPROXY_CONFIG', 'CONFIG').path).toBe(join(directory, 'x.yaml'));
    expect(found(undefined, 'CONFIG', 'CLIPROXY_CONFIG_PATH', 'CLIPROXY_CONFIG').path).toBe(join(home, 'a.yaml'));
    expect(found(undefined, 'CONFIG', 'CLIPROXY_CONFIG_PATH').path).toBe(join(directory, 'b.yaml'));
    expect(found(undefined, 'CONFIG_PATH', 'CONFIG')).toMatchObject({
      path: join(directory, 'c.yml'),
      origin: '$CONFIG',
    });
    expect(found(undefined, 'CONFIG_PATH').path).toBe('/d.yaml');
    expect(found(undefined).path).toBe(join(directory, 'config.yaml'));
    const elsewhere = findConfig(undefined, { env: { HOME: home, CONFIG: 'Release' }, directory: home });
    expect(elsewhere).toMatchObject({ path: join(home, '.cli-proxy-api', 'config.yaml'), required: false });
  });
});

describe.skipIf(process.platform === 'win32')('a configuration that is no file', () => {
  const pipe = (): string => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    return path;
  };

  it('is read from a pipe that somebody writes to', async () => {
    const path = pipe();
    const opening = open({ config: path });
    const writer = await openFile(path, 'w');
    await writer.writeFile('port: 1234\napi-keys: [k]\n');
    await writer.close();
    expect((await opening).config).toMatchObject({ port: 1234, 'api-keys': ['k'] });
  });

  it('is refused when it is a device', async () => {
    const { message, advice } = await failure(open({ config: '/dev/null' }));
    expect(message).toBe('failed to read config file: /dev/null: it is a socket or a device');
    expect(advice).toMatch(/^Name a regular file/);
  });

  it('is not waited for longer than a writer may take', async () => {
    const path = pipe();
    expect(await readPipe(path, 10)).toBeUndefined();
    const writer = await openFile(path, 'r+');
    expect(await readPipe(path, 10)).toBeUndefined();
    await writer.close();
  });
});

describe('a first start', () => {
  it('writes a configuration that only its owner can read, with a key that no other start gets', async () => {
    const opened = await open({});
    const path = join(home, '.cli-proxy-api', 'config.yaml');
    expect(opened.found.place.path).toBe(path);
    expect([modeOf(path), modeOf(join(home, '.cli-proxy-api'))]).toEqual([0o600, 0o700]);
    expect(readdirSync(join(home, '.cli-proxy-api'))).toEqual(['config.yaml']);
    expect(opened.config).toMatchObject({ host: '127.0.0.1', port: 8317, 'api-keys': [opened.found.createdKey] });
    expect(opened.found.createdKey).toMatch(/^cpx-[A-Za-z2-9]{28}$/);
    expect(new Set(Array.from({ length: 50 }, makeClientKey)).size).toBe(50);
    expect(opened.notices).toEqual([]);
    const again = await open({});
    expect(again.found.createdKey).toBeUndefined();
    expect(again.madeKey).toBeUndefined();
    expect(again.config['api-keys']).toEqual(opened.config['api-keys']);
  });

  it('says so when it cannot write one', async () => {
    writeFileSync(join(home, '.cli-proxy-api'), 'in the way');
    const { message, advice } = await failure(open({}));
    const path = join(home, '.cli-proxy-api', 'config.yaml');
    expect(message).toBe(`failed to write config file: ${path}: a part of this path is a file`);
    expect(advice).toMatch(/^Move the file away that stands at .*\.cli-proxy-api or above, .* --config/);
  });

  it('closes to others the directory that it writes to', async () => {
    mkdirSync(join(home, '.cli-proxy-api'), { mode: 0o755 });
    await open({});
    expect(modeOf(join(home, '.cli-proxy-api'))).toBe(0o700);
  });
});

it('an empty host on the command line counts over that of the file', async () => {
  writeFileSync(join(directory, 'config.yaml'), 'api-keys: [k]\n');
  expect((await open({ host: '' })).config.host).toBe('');
});

it('the environment names the directory of credentials and the level of the log, over the file', async () => {
  writeFileSync(join(directory, 'config.yaml'), 'api-keys: [k]\nauth-dir: ./no\ndebug: true\n');
  mkdirSync(join(directory, 'auths'));
  writeFileSync(join(directory, 'auths', 'x.json'), '{"type":"groq","api_key":"from-a-file"}');
  const env = { CLIPROXY_AUTH_DIR: ` ${join(directory, 'auths')} `, CLIPROXY_LOG_LEVEL: 'info' };
  expect((await open({}, env)).config).toMatchObject({ groq: [{ 'api-key': 'from-a-file' }], debug: false });
  expect((await open({}, { CLIPROXY_LOG_LEVEL: 'DEBUG' })).config).toMatchObject({ groq: [], debug: true });
});

describe('a file that cannot be read', () => {
  it('is named with the reason and what to do', async () => {
    mkdirSync(join(directory, 'folder'));
    writeFileSync(join(directory, 'empty.yaml'), ' \n\n');
    writeFileSync(join(directory, 'latin.yaml'), Buffer.from([0x70, 0xff, 0xfe]));
    const cases = [
      ['none.yaml', /failed to read config file: .*none\.yaml \(from --config\): no such file/, /found by themselves/],
      ['folder', /folder \(from --config\): it is a directory/, /Name the YAML file in it/],
      ['empty.yaml', /empty\.yaml is empty/, /^Write a first line into it, .*config\.example\.yaml/],
      ['latin.yaml', /latin\.yaml is not UTF-8/, /Save it as UTF-8/],
      ['latin.yaml/x', /not a directory/, /part of the path is a file/],
    ] as const;
    for (const [config, message, advice] of cases) {
      const thrown = await failure(open({ config }));
      expect(thrown.message).toMatch(message);
      expect(thrown.message).toContain(join(directory, config));
      expect(thrown.advice).toMatch(advice);
    }
  });

  it('is advised to be deleted only where one is written in its place', async () => {
    writeFileSync(join(directory, 'config.yaml'), '\n');
    expect((await failure(open({}))).advice).toContain('delete it');
    rmSync(join(directory, 'config.yaml'));
    expect((await open({})).found.createdKey).toBeDefined();
    writeFileSync(join(directory, 'config.yaml'), '\n');
    const { advice } = await failure(open({}, { CLIPROXY_CONFIG: 'config.yaml' }));
    expect(advice).not.toContain('delete');
    writeFileSync(join(directory, 'config.yaml'), 'port: 8317\n');
    expect((await open({ config: 'config.yaml' })).madeKey).toBeDefined();
  });

  it('says which variable named it, and finds a directory in the place of ./config.yaml', async () => {
    expect((await failure(open({}, { CLIPROXY_CONFIG: '/none' }))).message).toContain('(from $CLIPROXY_CONFIG)');
    mkdirSync(join(directory, 'config.yaml'));
    expect((await failure(open({}))).message).toMatch(/\(from the working directory\): it is a directory/);
    expect(existsSync(join(home, '.cli-proxy-api'))).toBe(false);
  });

  it.skipIf(process.platform === 'win32')(
    'says of a link to nowhere that it is one, and looks no further',
    async () => {
      const path = join(directory, 'config.yaml');
      symlinkSync(join(directory, 'elsewhere.yaml'), path);
      const { message, advice } = await failure(open({}));
      expect(message).toBe(
        `failed to read config file: ${path} (from the working directory): it is a link to a file that does not exist`,
      );
      expect(advice).toMatch(/^Mend the link/);
      expect((await failure(open({ config: path }))).message).toMatch(/\(from --config\): it is a link/);
      expect(existsSync(join(home, '.cli-proxy-api'))).toBe(false);
      rmSync(path);
      const usual = join(home, '.cli-proxy-api', 'config.yaml');
      mkdirSync(join(home, '.cli-proxy-api'));
      symlinkSync(join(home, 'elsewhere.yaml'), usual);
      expect((await failure(open({}))).message).toMatch(/\(from the default place\): it is a link/);
      expect(existsSync(join(home, 'elsewhere.yaml'))).toBe(false);
    },
  );

  it.skipIf(process.getuid?.() === 0)('says that permission is missing', async () => {
    const path = join(directory, 'config.yaml');
    writeFileSync(path, 'port: 1\n');
    chmodSync(path, 0);
    expect((await failure(openConfig(findConfig(path, { env: {}, directory })))).message).toMatch(/permission denied/);
  });
});

describe('a configuration without a usable client key', () => {
  const text = `# mine
host: 0.0.0.0 # everywhere

port: 9 # nine
api-keys: # none yet
  - "  " # blank
  - your-api-key-1
groq:
  - {api-key: a-very-long-key-${'x'.repeat(120)}, prefix: p}
`;

  it('gets one, keeps its comments, and serves this machine only until it is started again', async () => {
    const path = join(directory, 'config.yaml');
    writeFileSync(path, text, { mode: 0o640 });
    chmodSync(path, 0o640);
    const first = await open({});
    const key = first.madeKey?.key ?? '';
    expect(first).toMatchObject({ madeKey: { written: true }, heldBack: '0.0.0.0', config: { host: '127.0.0.1' } });
    expect(first.config['api-keys']).toEqual([key]);
    const written = readFileSync(path, 'utf8');
    expect(written).toBe(text.replace('api-keys: # none yet\n', `api-keys: # none yet\n  - ${key}\n`));
    expect(modeOf(path)).toBe(0o640);
    const second = await open({});
    expect(second.config).toMatchObject({ host: '0.0.0.0', 'api-keys': [key] });
    expect(second.heldBack).toBeUndefined();
  });

  it.each([
    ['a file without the key', 'debug: true\n', 'debug: true\napi-keys:\n  - KEY\n'],
    ['a last line without an end', 'debug: true', 'debug: true\napi-keys:\n  - KEY\n'],
    ['lines of Windows', 'api-keys:\r\n- ""\r\n', 'api-keys:\r\n- KEY\r\n- ""\r\n'],
    ['an empty list', 'api-keys: []   # c\ndebug: true\n', 'api-keys: [KEY]   # c\ndebug: true\n'],
    ['a list in brackets', 'api-keys: [ " " ]\n', 'api-keys: [KEY,  " " ]\n'],
    ['comments alone', '# nothing yet\n', '# nothing yet\napi-keys:\n  - KEY\n'],
    ['nothing behind the key', 'debug: true # c\napi-keys:\n', 'debug: true # c\napi-keys:\n  - KEY\n'],
    ['braces', '{debug: true} # c\n', '{ debug: true, api-keys: [ KEY ] } # c\n'],
    ['nothing, and says so', 'null\n', 'api-keys:\n  - KEY\n'],
    ['an end mark', 'debug: true\n...\n', 'debug: true\napi-keys:\n  - KEY\n...\n'],
  ])('works for %s', async (_case, before, after) => {
    const path = join(directory, 'config.yaml');
    writeFileSync(path, before);
    const { madeKey } = await open({ host: '0.0.0.0' });
    const key = madeKey?.key ?? '';
    const written = readFileSync(path, 'utf8');
    expect(written).toBe(after.replace('KEY', key));
    expect((await open({})).config['api-keys']).toEqual([key]);
  });

  it('keeps it in memory when the file cannot be written', async () => {
    // The name leaves no room for the file that would be written beside it, whoever asks.
    const config = join(directory, `${'x'.repeat(245)}.yaml`);
    writeFileSync(config, text);
    const opened = await open({ config });
    expect(opened).toMatchObject({ madeKey: { written: false }, heldBack: '0.0.0.0', config: { host: '127.0.0.1' } });
    expect(opened.config['api-keys']).toEqual([opened.madeKey?.key]);
    expect(readFileSync(config, 'utf8')).toBe(text);
  });
});

it.each([
  [true, ['127.0.0.1', '127.8.9.1', '::1', 'localhost', 'LocalHost']],
  [false, ['', '0.0.0.0', '::', '10.0.0.1', '127.example.com', 'localhost.example.com', '::ffff:1.2.3.4']],
])('whether an address is this machine’s own is %s', (own, hosts) => {
  expect(hosts.map(isLoopback)).toEqual(hosts.map(() => own));
});

describe('what wins over the file', () => {
  it('is the host and port of the command line', async () => {
    writeFileSync(join(directory, 'config.yaml'), 'host: 127.0.0.1\nport: 1\napi-keys: [k]\n');
    expect((await open({ host: '::', port: 0 })).config).toMatchObject({ host: '::', port: 0 });
    expect((await open({ host: '[::1]' })).config).toMatchObject({ host: '::1', port: 1 });
    writeFileSync(join(directory, 'config.yaml'), 'host: "[::]"\napi-keys: [k]\n');
    expect((await open({})).config.host).toBe('::');
  });
});
