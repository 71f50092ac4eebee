// The documents keep their word: their commands run against a started gateway, their examples are read, their links lead somewhere.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { restartKeys } from '../../src/config/diff.ts';
import { loadConfig } from '../../src/config/load.ts';
import { outline } from '../../src/config/outline.ts';
import { policies } from '../../src/routing/policies/index.ts';
import { launcher, root, start, temporaryDirectory } from '../start/programs.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The code blocks of one language in a document. */
function blocks(path: string, language: string): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...read(path).matchAll(fence)].map(([, code = '']) => code);
}

/** The commands of a document's shell blocks, each with its continued lines, without comments. */
function commands(path: string): readonly string[] {
  return blocks(path, 'sh')
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/(?:^| +)# .*$/, '').trim())
    .filter((line) => line !== '');
}

/** Programs that readers have and this machine may not; how they are connected is for docs/clients.md. */
const foreign = ['export', 'claude', 'codex', 'gemini', 'qwen', 'copilot', 'opencode', 'cliproxy'];
const run = ['curl', 'npx', 'KEY=$(grep'];
const firstWord = (command: string): string => command.split(' ')[0] ?? '';

const operated = ['docs/routing.md', 'docs/failures.md', 'docs/explain.md'];
const taught = ['README.md', 'docs/clients.md', 'docs/troubleshooting.md', ...operated];

describe('commands', () => {
  it('are all of a kind that is checked here', () => {
    for (const path of [...taught, 'docs/simulator.md', 'CONTRIBUTING.md'])
      for (const command of commands(path))
        expect([path, command, [...foreign, ...run, 'npm'].includes(firstWord(command))]).toEqual([
          path,
          command,
          true,
        ]);
  });

  it('of npm are scripts of the package', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const text = read('README.md') + read('CONTRIBUTING.md');
    const named = text.matchAll(/npm (?:run )?(start|test|check|docs|bench|build|format)\b/g);
    const names = new Set([...named].map(([, name = '']) => name));
    expect([...names]).toEqual(expect.arrayContaining(['start', 'test', 'check', 'docs']));
    for (const name of names) expect(scripts).toHaveProperty(name);
    for (const command of taught.flatMap(commands).filter((command) => firstWord(command) === 'npm'))
      expect(scripts).toHaveProperty(command.replace(/^npm (?:run )?/, ''));
  });

  // Dozens of programs, each of which has to start.
  it('work as written, one after the other, from a new user’s first start', async () => {
    const home = temporaryDirectory();
    const gateway = start(process.execPath, [launcher, 'serve', '--port', '0'], {
      directory: home,
      env: { HOME: home },
    });
    const [, port = ''] =
      /started successfully on: 127\.0\.0\.1:(\d+)/.exec(await gateway.printed(/Bearer .*\n/)) ?? [];
    const script = taught
      .flatMap(commands)
      .filter((command) => run.includes(firstWord(command)))
      .map((command) => command.replaceAll(':8317', `:${port}`).replace(/^curl /, 'curl --fail-with-body '))
      .flatMap((command) => [`printf '\\n> %s\\n' ${quoted(command)}`, command]);
    expect(script.length).toBeGreaterThan(20);
    const shell = start('sh', ['-euc', script.join('\n')], {
      env: { HOME: home, CLIPROXY_PORT: port, npm_config_update_notifier: 'false', npm_config_offline: 'true' },
    });
    const { code, output, complaints } = await shell.ended;
    expect({ code, complaints: code === 0 ? '' : `${output}\n${complaints}` }).toEqual({ code: 0, complaints: '' });
    const [, ...said] = output.split(/^> (.*)\n/m);
    const silent = said.filter(
      (text, index) => index % 2 === 1 && said[index - 1]?.startsWith('curl') && text.trim() === '',
    );
    expect([said.length, silent]).toEqual([script.length, []]);
    expect(output).toContain('no problems');
    expect(output).not.toContain('No gateway runs');
    expect(output).toContain('"object":"exchange","id":"my-request-1"');
    expect(output).toMatch(/^cliproxy_requests_total\{/m);
    gateway.process.kill('SIGTERM');
    await gateway.ended;
  }, 120_000);
});

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

describe('examples', () => {
  const configurations = ['README.md', ...operated].flatMap((path) =>
    blocks(path, 'yaml').map((example, index) => [`${path} ${index + 1}`, example] as const),
  );

  it('of the configuration are there', () => {
    expect(configurations.length).toBeGreaterThan(4);
  });

  it.each(configurations)('of the configuration in %s are accepted without a word', (_, example) => {
    const names = [...example.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'k-1'] as const);
    const text = `api-keys: [a-client-key-of-mine]\n${example}`;
    const loaded = loadConfig(text, { env: Object.fromEntries(names), path: 'config.yaml' });
    expect('problems' in loaded ? loaded.problems : loaded.notices).toEqual([]);
  });

  it('in JSON are JSON', () => {
    const examples = taught.flatMap((path) => blocks(path, 'json'));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(() => JSON.parse(example)).not.toThrow();
  });
});

describe('lists', () => {
  const words = (text: string, pattern: RegExp): ReadonlySet<string> =>
    new Set([...text.matchAll(pattern)].map(([, word = '']) => word));

  it('of metrics name each that there is, and no other', () => {
    const named = /\b((?:cliproxy|process|nodejs)_\w+)/g;
    expect(words(read('docs/explain.md'), named)).toEqual(words(read('src/observe/metrics.ts'), named));
  });

  it('of keys that need a restart are complete, wherever they are told', () => {
    const changed = Object.keys(outline.properties ?? {}).map((key) => ({ path: [key], change: 'changed' }) as const);
    const keys = restartKeys(changed);
    expect(keys.length).toBeGreaterThan(3);
    for (const path of ['docs/routing.md', 'docs/troubleshooting.md', 'CHANGELOG.md']) {
      const [told = ''] = /`host`, `port`,(?:(?!restart)[\s\S])*restart/.exec(read(path)) ?? [];
      expect([path, [...words(told, /`([\w-]+)`/g)].toSorted()]).toEqual([path, [...keys].toSorted()]);
    }
  });

  it('of strategies and of options are those of the program', () => {
    for (const policy of Object.keys(policies)) expect(read('docs/routing.md')).toContain(`| \`${policy}\``);
    const explain = read('src/cli/program.ts').split("asking('explain'")[1]?.split('.action(')[0] ?? '';
    const options = words(explain, /'(--[a-z]+)/g);
    expect(options.size).toBeGreaterThan(4);
    for (const option of options) expect(read('docs/explain.md')).toMatch(new RegExp(`\`${option}\\b`));
  });

  it('of dependencies are those of the package', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, object>;
    const first = read('docs/dependencies.md').matchAll(/^\| (`[^|]+`) \|/gm);
    const named = [...first].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(named.toSorted()).toEqual(Object.keys({ ...dependencies, ...devDependencies }).toSorted());
  });
});

/** The sections of a document, as links name them. */
function anchors(path: string): readonly string[] {
  const headings = read(path).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('links', () => {
  const documents = globSync('**/*.md', { cwd: root, exclude: ['node_modules/**', 'dist/**'] });

  it.each(documents)('of %s lead somewhere', (path) => {
    const prose = read(path).replace(/^```[\s\S]*?^```$/gm, '');
    const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const relative = targets
      .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
      .map((target) => target.split('#')[0] ?? '');
    expect(relative.filter((target) => !existsSync(join(root, dirname(path), target)))).toEqual([]);
    const sections = targets.filter((target) => /^[^:]*\.md#/.test(target)).map((target) => target.split('#'));
    for (const [page = '', section = ''] of sections)
      expect([page, ...anchors(join(dirname(path), page))]).toContain(section);
  });
});
