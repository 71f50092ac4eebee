import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate, outdated } from '../../scripts/generate.ts';
import { pages } from '../../scripts/pages.ts';
import { outline } from '../../src/config/outline.ts';
import { root, temporaryDirectory } from './programs.ts';

describe('the generated files', () => {
  it('are as they are generated now', async () => {
    expect(await outdated(pages, root)).toEqual([]);
  });

  it('are told apart from edited and missing ones', async () => {
    const directory = temporaryDirectory();
    const [first, second] = [
      { path: 'a.md', render: () => 'a\n' },
      { path: 'deep/b.md', render: async () => 'b\n' },
    ];
    await generate([first], directory);
    expect(await outdated([first, second], directory)).toEqual(['deep/b.md']);
    await generate([second], directory);
    writeFileSync(join(directory, 'a.md'), 'b\n');
    expect(await outdated([first, second], directory)).toEqual(['a.md']);
  });

  it('the reference names every key', () => {
    const page = readFileSync(join(root, 'docs/reference/config.md'), 'utf8');
    for (const key of Object.keys(outline.properties ?? {})) expect(page).toContain(`| \`${key}\` |`);
  });
});
