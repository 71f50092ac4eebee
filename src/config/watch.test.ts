import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createWatch, type Places } from './watch.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'cliproxy-watch-'));
  cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A watch that looks only when it is told to. */
function watching(places: Places) {
  let changes = 0;
  const watch = createWatch({
    places: () => places,
    onChange: async () => {
      changes += 1;
    },
  });
  /** How many changes two looks find. */
  const found = async (): Promise<number> => {
    const before = changes;
    await watch.check();
    await watch.check();
    return changes - before;
  };
  return { watch, found, changes: () => changes };
}

/** A file that was seen already. */
async function seen(path: string) {
  const watched = watching({ files: [path], directories: [] });
  expect(await watched.found()).toBe(1);
  expect(await watched.found()).toBe(0);
  return watched;
}

describe('a file', () => {
  it.each<readonly [string, (path: string) => void]>([
    ['written in place', (path) => writeFileSync(path, 'b')],
    [
      'written in place, as long as before and as old',
      (path) => {
        writeFileSync(path, 'b');
        utimesSync(path, 1, 1);
      },
    ],
    ['appended to', (path) => appendFileSync(path, 'b')],
    [
      'replaced by a rename',
      (path) => {
        writeFileSync(`${path}~`, 'b');
        renameSync(`${path}~`, path);
      },
    ],
    [
      'moved away and written anew, as some editors do',
      (path) => {
        renameSync(path, `${path}.bak`);
        writeFileSync(path, 'b');
      },
    ],
    ['deleted', (path) => unlinkSync(path)],
    [
      'replaced by a directory',
      (path) => {
        unlinkSync(path);
        mkdirSync(path);
      },
    ],
  ])('%s is noticed once', async (_name, change) => {
    const path = join(directory(), 'config.yaml');
    writeFileSync(path, 'a');
    utimesSync(path, 1, 1);
    const { found } = await seen(path);
    change(path);
    expect(await found()).toBe(1);
    expect(await found()).toBe(0);
  });

  it.each<readonly [string, (path: string) => void]>([
    ['touched', (path) => utimesSync(path, 5, 5)],
    ['written with what it held', (path) => writeFileSync(path, 'a')],
    [
      'replaced by its copy',
      (path) => {
        writeFileSync(`${path}~`, 'a');
        renameSync(`${path}~`, path);
      },
    ],
  ])('%s is as it was', async (_name, change) => {
    const path = join(directory(), 'config.yaml');
    writeFileSync(path, 'a');
    const { found } = await seen(path);
    change(path);
    expect(await found()).toBe(0);
  });

  it.skipIf(process.platform === 'win32')('that became a pipe is not waited for', async () => {
    const path = join(directory(), 'config.yaml');
    writeFileSync(path, 'a');
    const { found } = await seen(path);
    unlinkSync(path);
    execFileSync('mkfifo', [path]);
    expect(await found()).toBe(1);
    unlinkSync(path);
    writeFileSync(path, 'b');
    expect(await found()).toBe(1);
  });

  it('behind links that are swapped as Kubernetes does is followed', async () => {
    const root = directory();
    const revision = (name: string, text: string): void => {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'config.yaml'), text);
      symlinkSync(name, join(root, '..data_tmp'));
      renameSync(join(root, '..data_tmp'), join(root, '..data'));
    };
    revision('..2026_1', 'a');
    symlinkSync(join('..data', 'config.yaml'), join(root, 'config.yaml'));
    const { found } = await seen(join(root, 'config.yaml'));
    revision('..2026_2', 'b');
    rmSync(join(root, '..2026_1'), { recursive: true });
    expect(await found()).toBe(1);
    revision('..2026_3', 'b');
    expect(await found()).toBe(0);
  });

  it('that is not there, then cannot be read, then can', async () => {
    const path = join(directory(), 'config.yaml');
    const { found } = await seen(path);
    writeFileSync(path, 'a');
    expect(await found()).toBe(1);
    if (process.getuid?.() !== 0) {
      chmodSync(path, 0);
      expect(await found()).toBe(1);
      chmodSync(path, 0o600);
      expect(await found()).toBe(1);
    }
  });

  it('that is still being written is waited for', async () => {
    const path = join(directory(), 'config.yaml');
    writeFileSync(path, 'a');
    const { watch, changes } = await seen(path);
    for (let step = 0; step < 5; step++) {
      appendFileSync(path, 'b');
      await watch.check();
    }
    expect(changes()).toBe(1);
    await watch.check();
    expect(changes()).toBe(2);
    appendFileSync(path, 'c');
    await watch.check();
    writeFileSync(path, 'abbbbb');
    await watch.check();
    await watch.check();
    expect(changes()).toBe(2);
  });
});

describe('a directory', () => {
  it('is watched for its JSON files, whatever else happens in it', async () => {
    const path = directory();
    const { found } = watching({ files: [], directories: [path] });
    expect(await found()).toBe(1);
    writeFileSync(join(path, '.hidden.json'), '{}');
    writeFileSync(join(path, 'log.txt'), 'x');
    expect(await found()).toBe(0);
    writeFileSync(join(path, 'a.json'), '{}');
    expect(await found()).toBe(1);
    writeFileSync(join(path, 'a.json'), '{"type":1}');
    expect(await found()).toBe(1);
    renameSync(join(path, 'a.json'), join(path, 'b.json'));
    expect(await found()).toBe(1);
    unlinkSync(join(path, 'b.json'));
    expect(await found()).toBe(1);
    rmSync(path, { recursive: true });
    expect(await found()).toBe(1);
    mkdirSync(path);
    expect(await found()).toBe(1);
    expect(await found()).toBe(0);
  });
});

describe('the rhythm', () => {
  /** Time that passes when the test says so: the waits that were asked for, the last one pending. */
  function rhythm(path: string) {
    const waits: number[] = [];
    let pending: (() => void) | undefined;
    let changed = 0;
    const watch = createWatch({
      places: () => ({ files: [path], directories: [] }),
      onChange: async () => {
        changed += 1;
      },
      after: (milliseconds, callback) => {
        waits.push(milliseconds);
        pending = callback;
        return () => {
          pending = undefined;
        };
      },
    });
    cleanUps.push(watch.stop);
    /** Lets the wait end, and gives the next one. */
    const pass = async (): Promise<number> => {
      const { length } = waits;
      pending?.();
      await expect.poll(() => waits.length, { interval: 5 }).toBeGreaterThan(length);
      return waits.at(-1) ?? 0;
    };
    return { watch, pass, waits, idle: () => pending === undefined, changed: () => changed };
  }

  it('looks at once, confirms soon, then twice a second', async () => {
    const path = join(directory(), 'config.yaml');
    writeFileSync(path, 'a');
    const { watch, pass, waits, changed } = rhythm(path);
    watch.start();
    expect(waits).toEqual([0]);
    expect(await pass()).toBe(100);
    expect(changed()).toBe(0);
    expect(await pass()).toBeGreaterThanOrEqual(500);
    expect(changed()).toBe(1);
  });

  it('looks sooner after a hint of the system, and no more after the stop', async () => {
    const path = join(directory(), 'config.yaml');
    writeFileSync(path, 'a');
    const { watch, pass, waits, idle } = rhythm(path);
    watch.start();
    await pass();
    await pass();
    writeFileSync(path, 'b');
    await expect.poll(() => waits.at(-1)).toBe(20);
    watch.stop();
    expect(idle()).toBe(true);
    const { length } = waits;
    writeFileSync(path, 'c');
    await watch.check();
    expect(waits.length).toBe(length);
  });
});
