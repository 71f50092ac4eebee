import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asOldNode, launcher, oldNode, root, start, temporaryDirectory } from './programs.ts';

const node = oldNode ?? process.execPath;

/** Runs the program as a new user would, in a directory without anything. */
function cliproxy(words: readonly string[], env: Readonly<Record<string, string>> = {}, home = temporaryDirectory()) {
  return start(node, [launcher, ...words], { directory: home, env: { HOME: home, ...env } });
}

describe('a first start', () => {
  it('needs nothing, serves with the key it made, and what it prints to try works', async () => {
    const home = temporaryDirectory();
    const running = cliproxy(['--port', '0'], {}, home);
    const output = await running.printed(/Bearer .*\n/);
    const config = readFileSync(join(home, '.cli-proxy-api', 'config.yaml'), 'utf8');
    const [, key = ''] = /^ {2}- (cpx-\w{28})$/m.exec(config) ?? [];
    const [, line = '', url = ''] = /^ {2}(curl (\S+) -H "Authorization: Bearer .*)$/m.exec(output) ?? [];
    const refused = await fetch(url);
    expect(refused.status).toBe(401);
    const { output: answer } = await start('sh', ['-c', line.replace('curl', 'curl -sS')]).ended;
    expect(JSON.parse(answer)).toMatchObject({ object: 'list', data: expect.arrayContaining([expect.anything()]) });
    // What is printed may end in a file that others read.
    expect(key).not.toBe('');
    expect(output).not.toContain(key);
    running.process.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
  });
});

it('a configuration from a pipe is served by, and not read again for a key', async () => {
  const home = temporaryDirectory();
  const words = [launcher, '--port', '0', '--config', '/dev/stdin'];
  const running = start('sh', ['-c', 'exec "$0" "$@" <<END\napi-keys: [my-own-key]\nEND', node, ...words], {
    directory: home,
    env: { HOME: home },
  });
  const output = await running.printed(/Bearer .*\n/);
  const [, url = ''] = /curl (\S+)/.exec(output) ?? [];
  expect(output).toContain('Bearer $CLIPROXY_KEY"');
  expect((await fetch(url, { headers: { authorization: 'Bearer my-own-key' } })).status).toBe(200);
  running.process.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ code: 0, complaints: '' });
});

describe('a start by npm', () => {
  it.each([
    ['as it is', []],
    ['handed over to a newer Node', asOldNode],
  ])('ends with the shell between the two, which passes no signal on: %s', async (_case, words) => {
    const home = temporaryDirectory();
    // A shell that has something left to do stays, as dash does for npm.
    const command = `"$0" "$@"; echo ended`;
    const shell = start('sh', ['-c', command, process.execPath, ...words, launcher, '--port', '0'], {
      directory: home,
      env: { HOME: home, npm_lifecycle_event: 'start', npm_lifecycle_script: 'node bin/cliproxy.js serve' },
    });
    const [, url = ''] = /curl (\S+)/.exec(await shell.printed(/Bearer .*\n/)) ?? [];
    shell.process.kill('SIGTERM');
    // Its output ends once nobody is left who could write to it.
    const { output } = await shell.ended;
    expect(output).toContain('stopping: ');
    expect(output).not.toContain('ended');
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe('a start that fails', () => {
  it('says that the port is in use (SEED-36, SEED-45)', async () => {
    const running = cliproxy(['--port', '0']);
    const [, port] = /started successfully on: 127\.0\.0\.1:(\d+)/.exec(await running.printed(/Bearer .*\n/)) ?? [];
    const second = await cliproxy(['serve', '--port', `${port}`]).ended;
    expect(second).toMatchObject({ code: 1 });
    expect(second.complaints).toContain(
      `failed to start HTTP server: listen tcp 127.0.0.1:${port}: address already in use (EADDRINUSE)\n    Another program`,
    );
    running.process.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
  });

  it('says what is wrong with the file (SEED-43, SEED-44)', async () => {
    const home = temporaryDirectory();
    mkdirSync(join(home, 'folder'));
    writeFileSync(join(home, 'bad.yaml'), 'host: "x\n');
    writeFileSync(join(home, 'wrong.yaml'), 'port: abc\n');
    const cases = [
      ['none.yaml', /^failed to read config file: .*none\.yaml \(from --config\): no such file\n/],
      ['folder', /^failed to read config file: .*folder \(from --config\): it is a directory/],
      ['bad.yaml', /bad\.yaml:\d:\d+: problem: failed to parse config file: yaml: line \d/],
      ['wrong.yaml', /wrong\.yaml:1:7: problem: port must be a number between 1 and 65535, but line 1 says "abc"\n/],
    ] as const;
    await Promise.all(
      cases.map(async ([file, complaint]) => {
        const { code, complaints, output } = await cliproxy(['-config', file], {}, home).ended;
        expect({ code, output }).toEqual({ code: 1, output: '' });
        expect(complaints).toMatch(complaint);
      }),
    );
  });
});

describe('the other commands', () => {
  it('check the configuration and tell its path', async () => {
    const home = temporaryDirectory();
    const path = join(home, '.cli-proxy-api', 'config.yaml');
    expect(await cliproxy(['config', 'path'], {}, home).ended).toMatchObject({ code: 0, output: `${path}\n` });
    const none = await cliproxy(['config', 'check'], {}, home).ended;
    expect(none).toMatchObject({ code: 1, complaints: expect.stringContaining('there is no configuration file yet') });
    writeFileSync(join(home, 'config.yaml'), `prt: 1\ngroq: [{api-key: "\${FROM_FILE}"}]\n`);
    writeFileSync(join(home, '.env'), 'FROM_FILE=k\n');
    const checked = await cliproxy(['config', 'check'], {}, home).ended;
    expect(checked).toMatchObject({ code: 0, output: expect.stringContaining('unknown key prt is ignored') });
    mkdirSync(join(home, 'auths'));
    writeFileSync(join(home, 'auths', 'x.json'), '{');
    const broken = await cliproxy(['config', 'check'], { CLIPROXY_AUTH_DIR: 'auths' }, home).ended;
    expect(broken).toMatchObject({
      code: 0,
      output: expect.stringMatching(/x\.json: warning: it is not a JSON object/),
    });
    expect(broken.output).toContain('can be used, with 2 warnings');
  });

  it('refuse what they do not know', async () => {
    expect(await cliproxy(['--prot', '1']).ended).toMatchObject({
      code: 1,
      complaints: expect.stringMatching(/unknown option '--prot'[\s\S]*Did you mean --port[\s\S]*--help/),
    });
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await cliproxy(['--version']).ended).toMatchObject({ code: 0, output: `${version}\n` });
  });
});
