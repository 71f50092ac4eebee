// Runs real processes for the start tests: a program with its output, and whichever old Node this machine has.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach } from 'vitest';

export const root = join(import.meta.dirname, '..', '..');
export const launcher = join(root, 'bin', 'cliproxy.js');

/** Makes the current Node believe it is an old one. */
export const asOldNode = [
  '--import',
  "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.19.0'})",
];

/** A Node on the PATH that is too old to run the program, if there is one. */
export const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'node'))
  .find((path) => existsSync(path) && Number(/\d+/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))) < 24);

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** A new directory that is gone after the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'cliproxy-start-'));
  cleanUps.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly complaints: string;
}
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The output once it has this in it; fails when the process ends before. */
  printed(pattern: RegExp): Promise<string>;
}

interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** Starts a program. It inherits nothing but the PATH. */
export function start(
  program: string,
  words: readonly string[],
  { env = {}, directory = root }: Setting = {},
): Running {
  const child = spawn(program, words, {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  let output = '';
  let complaints = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    complaints += bytes.toString();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output, complaints }));
  });
  return {
    process: child,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(output) && resolve(output);
        listeners.add(look);
        look();
        ended.then((end) => reject(new Error(`ended with ${end.code}: ${end.output}${end.complaints}`)), reject);
      }),
  };
}
