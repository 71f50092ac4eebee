import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Held } from '../support/reload-process.ts';

let child: ChildProcess | undefined;
afterAll(() => child?.kill('SIGKILL'));

it('a hundred reloads leave nothing behind, and the process ends by itself', async () => {
  const program = join(import.meta.dirname, '..', 'support', 'reload-process.ts');
  child = fork(program, [], { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise<number | null>((resolve) => child?.on('exit', resolve));
  const told = new Promise<{ before: Held; after: Held }>((resolve, reject) => {
    child?.on('message', (message) => resolve(message as { before: Held; after: Held }));
    void ended.then((code) => reject(new Error(`ended with ${code}`)));
  });
  const { before, after } = await told;
  for (const [kind, number] of Object.entries(after.resources))
    expect(number, kind).toBeLessThanOrEqual((before.resources[kind] ?? 0) + 2);
  // Every second configuration has sixty entries: all that is made of it takes 66 kB, so fifty that stayed would be 3.3 MB.
  expect(after.bytes - before.bytes).toBeLessThan(1_800_000);
  expect(await ended).toBe(0);
});
