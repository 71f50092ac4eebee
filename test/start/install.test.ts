import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, start, temporaryDirectory } from './programs.ts';

type Packages = Readonly<Record<string, { version: string; optional?: boolean; link?: boolean; integrity?: string }>>;

/** Runs the installer in a project with this lock file and this record of what is installed; npm is one that notes its words. */
async function install(wanted: Packages, present: Packages | undefined, refused = 'nothing', gone: string[] = []) {
  const project = temporaryDirectory();
  mkdirSync(join(project, 'bin'));
  cpSync(join(root, 'bin', 'install.js'), join(project, 'bin', 'install.js'));
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  const lock = { packages: { '': { version: '1.0.0' }, ...wanted } };
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify(lock));
  if (present) {
    mkdirSync(join(project, 'node_modules'));
    writeFileSync(join(project, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: present }));
    for (const path of Object.keys(present).filter((path) => !gone.includes(path)))
      mkdirSync(join(project, path), { recursive: true });
  }
  const npm = join(temporaryDirectory(), 'npm-cli.js');
  const noted = join(project, 'noted');
  writeFileSync(
    npm,
    `require('fs').appendFileSync(${JSON.stringify(noted)}, process.cwd() + ' ' + process.argv.slice(2).join(' ') + '\\n');
     process.exit(${JSON.stringify(refused)}.includes(process.argv[2]) ? 1 : 0);`,
  );
  const ended = await start(process.execPath, [join(project, 'bin', 'install.js')], { env: { npm_execpath: npm } })
    .ended;
  const words = await Promise.resolve()
    .then(() => readFileSync(noted, 'utf8').replaceAll(project, '.'))
    .catch(() => undefined);
  return { ...ended, words };
}

const one = { 'node_modules/a': { version: '1.0.0', integrity: 'x' } };
const ci = '. ci --include=dev --no-audit --no-fund --loglevel=error\n';
const plain = '. install --no-save --include=dev --no-audit --no-fund --loglevel=error\n';

describe('the installer', () => {
  it('does nothing, and says nothing, when all is there', async () => {
    const other = {
      'node_modules/b': { version: '1.0.0', optional: true },
      'node_modules/c': { version: '1', link: true },
    };
    expect(await install({ ...one, ...other }, one)).toMatchObject({
      code: 0,
      words: undefined,
      complaints: '',
      output: '',
    });
  });

  it.each([
    ['nothing is installed', one, undefined, 'dependencies are not installed yet'],
    ['a package is missing', { ...one, 'node_modules/@s/b': { version: '1' } }, one, '@s/b is not as'],
    ['a version differs', { 'node_modules/a': { version: '1.0.1' } }, one, 'a is not as'],
    ['a content differs', { 'node_modules/a': { version: '1.0.0', integrity: 'y' } }, one, 'a is not as'],
  ])('runs npm ci when %s', async (_case, wanted, present, reason) => {
    const { code, words, complaints } = await install(wanted, present);
    expect({ code, words }).toEqual({ code: 0, words: ci });
    expect(complaints).toContain(`cliproxy: ${reason}`);
  });

  it('runs npm ci when the folder of a package was deleted', async () => {
    const two = { ...one, 'node_modules/@s/b': { version: '1.0.0' } };
    const { code, words, complaints } = await install(two, two, 'nothing', ['node_modules/@s/b']);
    expect({ code, words }).toEqual({ code: 0, words: ci });
    expect(complaints).toContain('cliproxy: @s/b is gone from node_modules');
  });

  it('goes by the lock file with npm install where npm ci refuses it', async () => {
    expect(await install(one, undefined, 'ci')).toMatchObject({ code: 0, words: ci + plain });
  });

  it('fails when npm does, and says how to go on', async () => {
    const { code, complaints, words } = await install(one, undefined, 'ci install');
    expect({ code, words }).toEqual({ code: 1, words: ci + plain });
    expect(complaints).toMatch(/npm install failed\n {4}Run it in /);
  });

  it('finds this very checkout in order', async () => {
    const { code, complaints } = await start(process.execPath, [join(root, 'bin', 'install.js')]).ended;
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  });
});
