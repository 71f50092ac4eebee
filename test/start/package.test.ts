import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { root, start, temporaryDirectory } from './programs.ts';

it('the packed program works from where it was installed, under both of its names', { timeout: 60_000 }, async () => {
  const project = temporaryDirectory();
  const installed = temporaryDirectory();
  for (const path of ['package.json', 'bin', 'config.example.yaml'])
    cpSync(join(root, path), join(project, path), { recursive: true });
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const built = await start(tsc, ['-p', 'tsconfig.build.json', '--outDir', join(project, 'dist')]).ended;
  expect(built).toMatchObject({ code: 0, output: '' });
  const packed = await start('npm', ['pack', '--ignore-scripts', '--loglevel=error'], { directory: project }).ended;
  expect(packed).toMatchObject({ code: 0 });
  const home = join(installed, 'lib', 'node_modules', 'cliproxyapi-plusplus');
  mkdirSync(home, { recursive: true });
  const archive = join(project, packed.output.trim());
  await start('tar', ['-xzf', archive, '--strip-components=1', '-C', home]).ended;
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));

  // The links that npm makes of the manifest's `bin`.
  const { bin, version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const names = Object.entries<string>(bin);
  expect(names.map(([name]) => name).toSorted()).toEqual(['cliproxy', 'cliproxyapi++']);
  mkdirSync(join(installed, 'bin'));
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  for (const [name, target] of names) {
    const link = join(installed, 'bin', name);
    symlinkSync(join(home, target), link);
    expect(await start(link, ['version'], { env: { PATH } }).ended).toMatchObject({ code: 0, output: `${version}\n` });
  }
  const running = start(join(installed, 'bin', 'cliproxy'), ['--port', '0'], {
    env: { PATH, HOME: installed },
    directory: installed,
  });
  expect(await running.printed(/Bearer .*\n/)).toContain('demo');
  running.process.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
});
