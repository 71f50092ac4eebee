import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { App, AppDescription } from '../app.ts';
import type { Environment } from '../config/environment.ts';
import { StartFailure } from '../config/failure.ts';
import { type CreateApp, serve } from './serve.ts';
import type { Terminal } from './terminal.ts';

const directory = mkdtempSync(join(tmpdir(), 'cliproxy-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function written(text: string): string {
  const path = join(directory, `${Math.abs(hash(text))}.yaml`);
  writeFileSync(path, text);
  return path;
}
const hash = (text: string) => [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);

/** A terminal that keeps what it is told. */
function terminal(env: Environment = {}, interactive = false) {
  const heard = { printed: '', complained: '', ended: [] as number[], signal: () => {} };
  const fake: Terminal = {
    env,
    directory,
    interactive,
    print: (text) => {
      heard.printed += text;
    },
    complain: (text) => {
      heard.complained += text;
    },
    end: (code) => {
      heard.ended.push(code);
    },
    onSignal: (listener) => {
      heard.signal = () => listener('SIGTERM');
    },
  };
  return { heard, fake };
}

/** An app that listens where it is told, and closes when `closed` does. */
function appOf(
  closed: Promise<boolean> = Promise.resolve(true),
  listen?: () => Promise<never>,
  described: Partial<AppDescription> = {},
): CreateApp {
  return async ({ config }) =>
    ({
      listen: listen ?? (async () => ({ host: config.host, port: config.port })),
      close: () => closed,
      reload: async () => {},
      observe: () => {},
      describe: () => ({
        demo: false,
        models: [],
        providers: [{ id: 'groq', title: 'Groq', models: 2, awaited: false, unusable: 0 }],
        ...described,
      }),
    }) satisfies App;
}

const settled = () => new Promise((done) => setImmediate(done));

describe('a start', () => {
  it('tells the address, where the key is, what is served, and a command to try', async () => {
    const path = written('port: 9\napi-keys: ["a$b"]\ngroq: [{api-key: k}]\n');
    const { heard, fake } = terminal({}, true);
    await serve({ config: path }, fake, appOf());
    expect(heard.complained).toBe('');
    expect(heard.printed).toContain('API server started successfully on: 127.0.0.1:9\n');
    expect(heard.printed).toContain(path);
    expect(heard.printed).toContain('in api-keys in the configuration (1 key)');
    expect(heard.printed).toContain('groq: 2 models');
    expect(heard.printed).toContain('  curl http://127.0.0.1:9/v1/models -H "Authorization: Bearer a\\$b"\n');
  });

  it('does not count as served what a service has not said to have', async () => {
    const path = written('port: 9\napi-keys: ["a$b"]\ngroq: [{api-key: k}]\n');
    const { heard, fake } = terminal({}, true);
    const providers = [
      { id: 'claude', title: 'Claude', models: 15, awaited: true, unusable: 0 },
      { id: 'own', title: 'Own', models: 0, awaited: true, unusable: 0 },
    ];
    await serve({ config: path }, fake, appOf(undefined, undefined, { providers }));
    expect(heard.printed).toContain('claude: 15 models known, its list is being fetched\n');
    expect(heard.printed).toContain('own: its list of models is being fetched\n');
  });

  it('announces the demo with the names of its models', async () => {
    const { heard, fake } = terminal();
    const models = ['demo-openai-chat', 'demo-gemini', 'llama'];
    await serve({ config: written('api-keys: [k]\n') }, fake, appOf(undefined, undefined, { demo: true, models }));
    expect(heard.printed).toContain('no account: demo-openai-chat, demo-gemini\n');
  });

  it('shows keys to a person only: in what others may read it says where they are, and how to come by them', async () => {
    const key = /cpx-\w{28}/;
    const path = written('host: 0.0.0.0\napi-keys: [an-old-key]\n');
    const { heard, fake } = terminal();
    await serve({ config: path }, fake, appOf());
    expect(heard.printed).not.toContain('an-old-key');
    expect(heard.printed).toContain(
      `curl http://127.0.0.1:8317/v1/models -H "Authorization: Bearer $(sed -n 2p '${path}' | cut -c 12-21)"\n`,
    );
    const made = written("host: 0.0.0.0\n# it's new\n");
    const first = terminal();
    await serve({ config: made }, first.fake, appOf());
    expect(first.heard.printed).not.toMatch(key);
    expect(first.heard.printed).toContain('made now and written to api-keys in the configuration\n');
    expect(first.heard.printed).toContain(`Bearer $(grep -o 'cpx-[A-Za-z0-9]*' '${made}' | head -n 1)"\n`);
    expect(first.heard.printed).toContain('listening on this machine only, because there was no client key');
    const person = terminal({}, true);
    await serve({ config: written('host: 127.0.0.2\n') }, person.fake, appOf());
    expect(person.heard.printed).toMatch(/curl .* -H "Authorization: Bearer cpx-\w{28}"\n/);
  });

  it.each([
    ['api-keys: # mine\r\n  - "my-own-key" # it\r\n', 'my-own-key'],
    ["api-keys:\n- sha256:HASH\n- your-api-key\n- 'it$`!`s'\n", 'it$`!`s'],
    ['api-keys: [\n  k1, k2]\n', 'k1'],
    ['# cpx-none\napi-keys: [x, cpx-y]\n', 'x'],
    ['# cpx-none\n', /^cpx-\w{28}$/],
    [`api-keys:\n- \${SHELL_KEY}\n`, 'from-the-shell'],
    [`api-keys:\n- \${SHELL_KEY}\n- plain\n`, 'plain'],
    ['api-keys: ["sha256:HASH"]\n', 'CLIPROXY_KEY'],
    ['api-keys: ["a\\u0062c"]\n', 'CLIPROXY_KEY'],
    ['"api-keys": ["ké", "k"]\n', 'CLIPROXY_KEY'],
  ])('prints a command that finds a key of one’s own: %j', async (text, key) => {
    const path = written(text.replace('HASH', 'a'.repeat(64)));
    const { heard, fake } = terminal({ SHELL_KEY: 'from-the-shell' });
    await serve({ config: path }, fake, appOf());
    const [, bearer = ''] = /Bearer (.*)"/.exec(heard.printed) ?? [];
    const env = { PATH: process.env.PATH, SHELL_KEY: 'from-the-shell', CLIPROXY_KEY: 'CLIPROXY_KEY' };
    const found = execFileSync('sh', ['-c', `printf %s "${bearer}"`], { encoding: 'utf8', env });
    expect(found).toMatch(key);
    if (typeof key === 'string') expect(found).toBe(key);
  });

  it('takes host and port from flags, then from the environment', async () => {
    const path = written('port: 9\napi-keys: [k]\n');
    const { heard, fake } = terminal({ CLIPROXY_HOST: '::1', CLIPROXY_PORT: '7' });
    await serve({ config: path, port: '8' }, fake, appOf());
    expect(heard.printed).toContain('started successfully on: [::1]:8\n');
    const refused = serve({ config: path }, terminal({ CLIPROXY_PORT: '70000' }).fake, appOf());
    await expect(refused).rejects.toThrow('CLIPROXY_PORT must be a number between 1 and 65535, but says "70000"');
  });

  it('prints every problem of the file, and fails with their number', async () => {
    const path = written('port: x\ndebug: z\nzzz: 1\n');
    const { heard, fake } = terminal();
    await expect(serve({ config: path }, fake, appOf())).rejects.toThrow(`${path} has 2 problems`);
    expect(heard.complained).toContain(`${path}:1:7: problem: port must be`);
    expect(heard.complained).toContain(`${path}:2:8: problem: debug must be`);
    expect(heard.complained).toContain(`${path}:3:1: warning: unknown key zzz`);
    expect(heard.printed).toBe('');
  });
});

describe('a port that cannot be opened', () => {
  it('is told with the reason of the system and what to do', async () => {
    const occupant = createServer();
    await new Promise<void>((done) => occupant.listen(0, '127.0.0.1', done));
    const address = occupant.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const listen = () =>
      new Promise<never>((_, failed) => {
        createServer().on('error', failed).listen(port, '127.0.0.1');
      });
    const path = written(`port: ${port}\napi-keys: [k]\n`);
    const thrown: unknown = await serve({ config: path }, terminal().fake, appOf(undefined, listen)).catch((e) => e);
    occupant.close();
    expect(thrown).toBeInstanceOf(StartFailure);
    expect(thrown).toMatchObject({
      message: `failed to start HTTP server: listen tcp 127.0.0.1:${port}: address already in use (EADDRINUSE)`,
      advice: expect.stringContaining(`lsof -i :${port}`),
    });
  });

  it.each([
    ['EACCES', 80, /permission denied/, /below 1024/],
    ['EACCES', 8317, /permission denied/, /Hyper-V.*--port 8318/],
    ['EADDRNOTAVAIL', 8317, /cannot assign/, /0\.0\.0\.0/],
    ['ENOTFOUND', 8317, /no such host/, /127\.0\.0\.1/],
  ])('%s at %i', async (code, port, message, advice) => {
    const listen = () => Promise.reject(Object.assign(new Error('listen'), { code }));
    const path = written(`port: ${port}\napi-keys: [k]\n`);
    const thrown: unknown = await serve({ config: path }, terminal().fake, appOf(undefined, listen)).catch((e) => e);
    expect(thrown).toMatchObject({ message: expect.stringMatching(message), advice: expect.stringMatching(advice) });
  });

  it('leaves other failures as they are', async () => {
    const defect = new TypeError('a defect');
    const path = written('api-keys: [k]\n');
    await expect(
      serve(
        { config: path },
        terminal().fake,
        appOf(undefined, () => Promise.reject(defect)),
      ),
    ).rejects.toBe(defect);
  });
});

describe('the end', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const config = () => written('api-keys: [k]\nshutdown-timeout-seconds: 5\n');

  it('comes with the last open stream', async () => {
    const { heard, fake } = terminal();
    let drained: (value: boolean) => void = () => {};
    const closed = new Promise<boolean>((done) => {
      drained = done;
    });
    await serve({ config: config() }, fake, appOf(closed));
    heard.signal();
    await settled();
    expect(heard.ended).toEqual([]);
    drained(true);
    await settled();
    expect(heard.ended).toEqual([0]);
  });

  it('comes at once with a second signal, but not with an echo of the first', async () => {
    const { heard, fake } = terminal();
    await serve({ config: config() }, fake, appOf(new Promise(() => {})));
    heard.signal();
    heard.signal();
    expect(heard.ended).toEqual([]);
    vi.advanceTimersByTime(500);
    heard.signal();
    expect(heard.ended).toEqual([0]);
  });

  it('comes in any case', async () => {
    const { heard, fake } = terminal();
    await serve({ config: config() }, fake, appOf(new Promise(() => {})));
    heard.signal();
    vi.advanceTimersByTime(5000);
    expect(heard.ended).toEqual([]);
    vi.advanceTimersByTime(5000);
    expect(heard.ended).toEqual([0]);
  });
});
