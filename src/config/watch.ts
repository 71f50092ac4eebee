// Notices that files changed, however they were changed: in place, by an editor's or a tool's rename, by a swapped symbolic link,
// on a network drive or in a file mounted by itself. It looks, by reading, twice a second; `fs.watch` only makes a look come sooner.
// No event source is believed alone: inotify tells nothing of network drives and of what happens behind a mount or a link, and
// watchers built on it need their rules for each of those cases. Looking needs none, and what it costs for a few small files is nothing.

import { createHash } from 'node:crypto';
import { type FSWatcher, watch as hintsOf } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from './failure.ts';

/** What is looked at; absolute paths. */
export interface Places {
  /** Read whole at every look: opening a file asks a network drive anew where `stat` may be answered from a cache. */
  readonly files: readonly string[];
  /** Of these, the `*.json` directly in them count; they may be many, so they are not opened. */
  readonly directories: readonly string[];
}

/** What is looked at, and who is told. */
export interface WatchOptions {
  /** Asked at every look: a configuration says which other files belong to it. */
  readonly places: () => Places;
  /** Something is different from what it was, and stays so. Called for what is found first, too. Never called twice at a time. */
  readonly onChange: () => Promise<void>;
  /** Calls back once after so many milliseconds unless the result is called before; tests put in their own. */
  readonly after?: (milliseconds: number, callback: () => void) => () => void;
}

/** Looks at files only between `start` and `stop`, or when it is asked to. */
export interface Watch {
  /** Looks at once, and again and again from now on. Once more: looks at once. */
  start(): void;
  /** Looks now. A difference counts when the next look finds the same: until then somebody may still be writing. */
  check(): Promise<void>;
  /** A look that is under way may still end in a call of `onChange`. */
  stop(): void;
}

/** Milliseconds between two looks; and between a difference and the look that confirms it. */
const pause = 500;
const confirmAfter = 100;
/** Milliseconds in which several hints become one look. */
const gather = 20;
/** Looks take at most this part of the time, even at a directory of thousands. */
const share = 20;

/** Watches files. Neither it nor its timers keep the process alive. */
export function createWatch({ places, onChange, after = afterwards }: WatchOptions): Watch {
  let known = '';
  let differing: string | undefined;
  let looking: Promise<void> | undefined;
  let cancel = () => {};
  let running = false;
  const hints = createHints((milliseconds) => next(milliseconds));

  const look = async (): Promise<void> => {
    const seen = await appearance(places());
    if (seen === known) differing = undefined;
    else if (seen !== differing) differing = seen;
    else {
      known = seen;
      differing = undefined;
      await onChange();
    }
  };
  const check = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const round = async (): Promise<void> => {
    const began = performance.now();
    await check();
    if (!running) return;
    await hints.follow(places());
    next(differing === undefined ? Math.max(pause, share * (performance.now() - began)) : confirmAfter);
  };
  const next = (milliseconds: number): void => {
    cancel();
    cancel = () => {};
    if (running) cancel = after(milliseconds, () => void round());
  };
  return {
    start() {
      running = true;
      next(0);
    },
    check,
    stop() {
      running = false;
      cancel();
      hints.stop();
    },
  };
}

function afterwards(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds).unref();
  return () => clearTimeout(timer);
}

/** What there is to see, as one text that differs when anything does. */
async function appearance({ files, directories }: Places): Promise<string> {
  const parts = await Promise.all([...files.map(contentOf), ...directories.map(listingOf)]);
  return parts.join('\n');
}

async function contentOf(path: string): Promise<string> {
  try {
    // Reading a pipe would wait for a writer, and take from the program what was meant for it.
    if (!(await stat(path)).isFile()) return `${path} is no file`;
    return `${path} ${createHash('sha256')
      .update(await readFile(path))
      .digest('base64')}`;
  } catch (error) {
    return `${path} ${codeOf(error)}`;
  }
}

async function listingOf(path: string): Promise<string> {
  try {
    const names = (await readdir(path)).filter(isCredentialFile).toSorted();
    const marks = await Promise.all(names.map((name) => markOf(join(path, name))));
    return [path, ...marks].join('\n');
  } catch (error) {
    return `${path} ${codeOf(error)}`;
  }
}

/** A write changes at least the time of change; a replaced file has another number. */
async function markOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${path} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `${path} ${codeOf(error)}`;
  }
}

/** Names of files that may be credentials; temporary files of a tool that is still writing begin with a dot. */
export function isCredentialFile(name: string): boolean {
  return name.endsWith('.json') && !name.startsWith('.');
}

interface Hints {
  /** Listens where these are, and nowhere else. */
  follow(places: Places): Promise<void>;
  stop(): void;
}

/** Asks for a look soon after the system tells of an event. A directory that cannot be listened to is looked at all the same. */
function createHints(look: (milliseconds: number) => void): Hints {
  const listening = new Map<string, FSWatcher>();
  let names: ReadonlySet<string> = new Set();
  let stopped = false;
  const matters = (name: string | null): boolean =>
    name === null || names.has(name) || isCredentialFile(name) || name.startsWith('..');
  const drop = (directory: string): void => {
    listening.get(directory)?.close();
    listening.delete(directory);
  };
  const listen = (directory: string): void => {
    try {
      const watcher = hintsOf(directory, { persistent: false }, (_event, name) => {
        if (matters(name)) look(gather);
      });
      watcher.on('error', () => drop(directory));
      listening.set(directory, watcher);
    } catch {
      // No such directory, or no more watchers to be had.
    }
  };
  return {
    async follow({ files, directories }) {
      const behind = await Promise.all(files.map((path) => realpath(path).catch(() => path)));
      if (stopped) return;
      names = new Set([...files, ...behind].map((path) => basename(path)));
      const wanted = new Set([...[...files, ...behind].map((path) => dirname(path)), ...directories]);
      for (const directory of listening.keys()) if (!wanted.has(directory)) drop(directory);
      for (const directory of wanted) if (!listening.has(directory)) listen(directory);
    },
    stop() {
      stopped = true;
      for (const directory of [...listening.keys()]) drop(directory);
    },
  };
}
