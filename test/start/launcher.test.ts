import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asOldNode, launcher, oldNode, start, temporaryDirectory } from './programs.ts';

const node = process.execPath;

/** A checkout whose program is `source`, with a current Node among its packages if so wished. */
function checkout(source: string, withNode: boolean): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'bin'));
  mkdirSync(join(directory, 'src'));
  cpSync(launcher, join(directory, 'bin', 'cliproxy.js'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  writeFileSync(join(directory, 'src', 'main.ts'), source);
  if (withNode) {
    mkdirSync(join(directory, 'node_modules', 'node', 'bin'), { recursive: true });
    symlinkSync(node, join(directory, 'node_modules', 'node', 'bin', 'node'));
  }
  return join(directory, 'bin', 'cliproxy.js');
}

const echo = `
const words: readonly string[] = process.argv.slice(2);
process.stdout.write(JSON.stringify({ words, node: process.versions.node }));
process.exit(7);
`;

describe('the launcher', () => {
  it('runs the sources in place with a Node that can', async () => {
    const { code, output } = await start(node, [checkout(echo, false), 'a', '--b c']).ended;
    expect(JSON.parse(output)).toEqual({ words: ['a', '--b c'], node: process.versions.node });
    expect(code).toBe(7);
  });

  it('says so where the directory it is started in is gone', async () => {
    const directory = temporaryDirectory();
    const words = ['-c', 'cd "$0" && rmdir "$0" && exec "$@"', directory, node, launcher, '--version'];
    expect(await start('sh', words).ended).toMatchObject({
      code: 1,
      output: '',
      complaints: expect.stringMatching(
        /^The directory that cliproxy was started in is gone\.\n {4}Change to another one/,
      ),
    });
  });

  it('hands over to the Node of the checkout from an old one, and ends as it ends', async () => {
    const { code, output } = await start(node, [...asOldNode, checkout(echo, true), 'a', '--b c'], {
      env: { PATH: '' },
    }).ended;
    expect(JSON.parse(output)).toEqual({ words: ['a', '--b c'], node: process.versions.node });
    expect(code).toBe(7);
  });

  it('finds a newer Node on the PATH', async () => {
    const directory = temporaryDirectory();
    symlinkSync(node, join(directory, 'node'));
    const { code } = await start(node, [...asOldNode, checkout(echo, false)], { env: { PATH: directory } }).ended;
    expect(code).toBe(7);
  });

  it('passes signals on, and how they ended the program', async () => {
    const patient = `process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1000); process.stdout.write('up');`;
    const first = start(node, [...asOldNode, checkout(patient, true)]);
    await first.printed(/up/);
    first.process.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 3, signal: null });
    const plain = `setInterval(() => {}, 1000); process.stdout.write('up');`;
    const second = start(node, [...asOldNode, checkout(plain, true)]);
    await second.printed(/up/);
    second.process.kill('SIGINT');
    expect(await second.ended).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  it('ends in order when a server is told to stop before it is up', async () => {
    const slow = `process.stdout.write('loading'); await new Promise((resolve) => setTimeout(resolve, 60_000));`;
    for (const [words, ended] of [
      [['serve'], { code: 0, signal: null }],
      [['--port', '0'], { code: 0, signal: null }],
      [['explain'], { code: null, signal: 'SIGTERM' }],
    ] as const) {
      const starting = start(node, [checkout(slow, false), ...words]);
      await starting.printed(/loading/);
      starting.process.kill('SIGTERM');
      expect(await starting.ended).toMatchObject(ended);
    }
  });

  it('says what to do when there is no Node that can', async () => {
    const { code, output, complaints } = await start(node, [...asOldNode, checkout(echo, false)], { env: { PATH: '' } })
      .ended;
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(complaints).toMatch(
      /^cliproxy needs Node 24 or newer, and this is Node 18\.19\.0\.\n {4}Run "npm ci" in .*nodejs\.org/,
    );
  });

  it('says what to do when packages are missing, and hides no defect', async () => {
    const asked = [
      `import 'a-package-that-is-not-there';`,
      `import { createRequire } from 'node:module'; createRequire(import.meta.url)('a-package/lib/file.js');`,
      `import '../node_modules/a-package/index.js';`,
    ];
    for (const source of asked) {
      const missing = await start(node, [checkout(source, false)]).ended;
      expect(missing).toMatchObject({ code: 1, output: '' });
      expect(missing.complaints).toMatch(/^cliproxy is incomplete: Cannot find (package|module) .*\n {4}Run "npm ci"/);
    }
    const misspelt = await start(node, [checkout(`import './nothing.ts';`, false)]).ended;
    expect(misspelt.complaints).toContain('ERR_MODULE_NOT_FOUND');
    const defect = await start(node, [checkout(`throw new TypeError('a defect');`, false)]).ended;
    expect(defect.code).toBe(1);
    expect(defect.complaints).toContain('TypeError: a defect');
  });

  it.skipIf(oldNode === undefined)('starts the real program under the old Node of this machine', async () => {
    const { code, output } = await start(oldNode ?? '', [launcher, 'version']).ended;
    expect(output).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });

  it('is a command by itself', async () => {
    const path = checkout(echo, false);
    chmodSync(path, 0o755);
    expect((await start(path, ['x']).ended).code).toBe(7);
    expect((await start(launcher, ['version']).ended).code).toBe(0);
  });
});
