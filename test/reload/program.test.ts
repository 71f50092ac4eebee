// The real program with real files: what is saved counts within two seconds, however it is saved, and what is broken changes nothing.

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { launcher, start, temporaryDirectory } from '../start/programs.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 'reload' });
});
afterAll(() => simulator.close());

/** A service with one model, under this alias. */
const service = (alias: string, key = 'upstream-key') => `
openai-compatibility:
  - name: service
    base-url: ${simulator.url}/v1
    api-key-entries: [{ api-key: ${key} }]
    models: [{ name: m-chat, alias: ${alias} }]
`;

interface Called {
  readonly status: number;
  readonly text: string;
}

/** Starts the program in a home of its own; the configuration is where `place` says. */
async function running(text: string, place = 'config.yaml', prepare: (home: string) => void = () => {}) {
  const home = temporaryDirectory();
  const path = join(home, place);
  prepare(home);
  if (place === 'config.yaml') writeFileSync(path, text);
  const program = start(process.execPath, [launcher, '--port', '0', '--config', path], {
    directory: home,
    env: { HOME: home },
  });
  const [, port] = /started successfully on: 127\.0\.0\.1:(\d+)/.exec(await program.printed(/Try it/)) ?? [];
  const url = `http://127.0.0.1:${port}`;
  const ask = async (key: string, model: string, more: object = {}): Promise<Called> => {
    const response = await send(key, model, more);
    return { status: response.status, text: await response.text() };
  };
  const send = (key: string, model: string, more: object = {}): Promise<Response> =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], ...more }),
    });
  const models = async (): Promise<readonly string[]> => {
    const response = await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer one' } });
    const { data = [] } = (await response.json()) as { data?: { id: string }[] };
    return data.map(({ id }) => id);
  };
  /** Waits as long as a change may take, and as long again for a machine that has much to do. */
  const soon = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 4000, interval: 20 });
  return { home, path, program, ask, send, models, soon };
}

const status = async (called: Promise<Called>): Promise<number> => (await called).status;

describe('a saved configuration', () => {
  it('SEED-05, SEED-47: rotates the client keys live, and open streams come to their end', async () => {
    const { path, ask, send, soon, program } = await running(`api-keys: [one]\n${service('m')}`);
    expect(await status(ask('one', 'm'))).toBe(200);
    const slow = { stream: true, messages: [{ role: 'user', content: '#sim text 80; pace 20' }] };
    const reader = (await send('one', 'm', slow)).body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    writeFileSync(path, `api-keys: ["  two  "]\n${service('m')}`);
    await soon(() => status(ask('two', 'm'))).toBe(200);
    const refused = await ask('one', 'm');
    expect(refused.status).toBe(401);
    expect(refused.text).not.toContain('two');
    expect((await ask('upstream-key', 'm')).status).toBe(401);
    let rest = '';
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
      rest += Buffer.from(read.value).toString();
    expect(rest).toMatch(/data: \[DONE\]\n\n$/);
    const log = await program.printed(/configuration updated/);
    expect(log).toContain('"api-keys[0]: (changed)"');
  });

  it('SEED-48: that holds only blank keys is closed to everybody', async () => {
    const { path, ask, soon, program } = await running(`api-keys: [one]\n${service('m')}`);
    writeFileSync(path, `api-keys: ["  "]\n${service('m')}`);
    await soon(() => status(ask('one', 'm'))).toBe(401);
    expect(await status(ask(' ', 'm'))).toBe(401);
    await program.printed(/every request is refused with 401/);
  });

  it('SEED-38: applies an edited alias, and keeps what was there when the edit is broken, saying the line', async () => {
    const { path, ask, soon, program } = await running(`api-keys: [one]\n${service('before')}`);
    expect(await status(ask('one', 'before'))).toBe(200);
    writeFileSync(path, `api-keys: [one]\n${service('after')}`);
    await soon(() => status(ask('one', 'after'))).toBe(200);
    expect(await status(ask('one', 'before'))).toBe(400);
    await program.printed(/configuration updated/);
    writeFileSync(path, `api-keys: [one\n${service('broken')}`);
    expect(await program.printed(/config-rejected|cannot be used/)).toMatch(/yaml: line 3/);
    expect(await status(ask('one', 'after'))).toBe(200);
    writeFileSync(path, `api-keys: [one]\nport: 9999\n${service('again')}`);
    await soon(() => status(ask('one', 'again'))).toBe(200);
  });

  it('counts however it was saved, links and deletion included', async () => {
    const revision = (home: string, name: string, text: string): void => {
      mkdirSync(join(home, name));
      writeFileSync(join(home, name, 'config.yaml'), text);
      symlinkSync(name, join(home, '..data_tmp'));
      renameSync(join(home, '..data_tmp'), join(home, '..data'));
    };
    const text = (alias: string): string => `api-keys: [one]\n${service(alias)}`;
    const { home, path, models, soon, program } = await running('', join('..data', 'config.yaml'), (directory) =>
      revision(directory, '..first', text('first')),
    );
    await soon(models).toEqual(['first']);
    revision(home, '..second', text('second'));
    await soon(models).toEqual(['second']);
    writeFileSync(`${path}.tmp`, text('renamed'));
    renameSync(`${path}.tmp`, path);
    await soon(models).toEqual(['renamed']);
    writeFileSync(path, text('in-place'));
    await soon(models).toEqual(['in-place']);
    unlinkSync(path);
    await program.printed(/failed to read config file: [^"]*no such file/);
    expect(await models()).toEqual(['in-place']);
    writeFileSync(path, text('back'));
    await soon(models).toEqual(['back']);
  });

  it('says what takes a restart, and goes on where it was', async () => {
    const { path, ask, program } = await running(`api-keys: [one]\nmax-body-size: 1\n${service('m')}`);
    writeFileSync(path, `api-keys: [one]\nmax-body-size: 2\nhost: 0.0.0.0\n${service('m')}`);
    const log = await program.printed(/restart to apply/);
    expect(log).toContain('restart to apply host, max-body-size');
    expect(await status(ask('one', 'm'))).toBe(200);
  });

  it.skipIf(process.platform === 'win32')('is looked at on SIGHUP, which ends nothing', async () => {
    const { path, models, program, soon } = await running(`api-keys: [one]\n${service('m')}`);
    program.process.kill('SIGHUP');
    expect(await models()).toEqual(['m']);
    writeFileSync(path, `api-keys: [one]\n${service('n')}`);
    program.process.kill('SIGHUP');
    await soon(models).toEqual(['n']);
    program.process.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
  });
});

describe('files beside it', () => {
  it('SEED-41: credentials in auth-dir are used, repaired and taken away live, and never written', async () => {
    const auths = (home: string): string => join(home, 'auths');
    const file = (home: string): string => join(auths(home), 'x.json');
    const { home, models, ask, soon, program } = await running(
      'api-keys: [one]\nauth-dir: ./auths\n',
      'config.yaml',
      (at) => {
        mkdirSync(auths(at));
        writeFileSync(file(at), '{');
      },
    );
    expect(await models()).toContain('demo-gemini');
    const good = { type: 'openai', api_key: 'planted-key-in-a-file', base_url: `${simulator.url}/v1`, prefix: 'team' };
    writeFileSync(file(home), JSON.stringify(good));
    // The service's own list, which takes the place of the shipped one a moment later.
    await soon(models).toContain('team/demo-openai-chat');
    expect(await models()).not.toContain('demo-gemini');
    expect(await status(ask('one', 'team/demo-openai-chat'))).toBe(200);
    rmSync(file(home));
    await soon(async () => (await models()).some((id) => id.startsWith('team/'))).toBe(false);
    expect(await models()).toContain('demo-gemini');
    expect(readdirSync(auths(home))).toEqual([]);
    program.process.kill('SIGTERM');
    const { output, complaints } = await program.ended;
    expect(complaints.match(/x\.json: warning: it is not a JSON object/g)).toHaveLength(1);
    expect(output + complaints).not.toContain('planted-key');
  });

  it('hold keys that are rotated live', async () => {
    const { home, path, ask, soon } = await running('api-keys: [one]\n');
    const token = join(home, 'token');
    writeFileSync(token, 'first-upstream-key\n');
    writeFileSync(path, `api-keys: [one]\n${service('m').replace('api-key: upstream-key', `token-file: ${token}`)}`);
    await soon(() => status(ask('one', 'm'))).toBe(200);
    const used = (): string | undefined => simulator.recorded().at(-1)?.headers.authorization;
    expect(used()).toContain('first-upstream-key');
    writeFileSync(token, 'second-upstream-key\n');
    await soon(async () => {
      await ask('one', 'm');
      return used();
    }).toContain('second-upstream-key');
    expect(readFileSync(path, 'utf8')).toContain('token-file');
  });
});
