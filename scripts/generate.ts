// `npm run docs` writes the generated files; with `--check` it only tells which of them are out of date.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Page, pages } from './pages.ts';

const root = join(import.meta.dirname, '..');

/** The pages whose file does not say what is rendered now. */
export async function outdated(candidates: readonly Page[], directory: string): Promise<readonly string[]> {
  const found = await Promise.all(
    candidates.map(async ({ path, render }) => {
      const written = await readFile(join(directory, path), 'utf8').catch(() => undefined);
      return written === (await render()) ? [] : [path];
    }),
  );
  return found.flat();
}

/** Writes every page. */
export async function generate(candidates: readonly Page[], directory: string): Promise<void> {
  for (const { path, render } of candidates) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), await render());
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = await outdated(pages, root);
    for (const path of stale) process.stderr.write(`${path} is out of date; run "npm run docs"\n`);
    if (stale.length > 0) process.exitCode = 1;
  } else {
    await generate(pages, root);
  }
}
