// Writing the configuration file: never half-written, and readable by its owner only when it is new.

import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { codeOf } from './failure.ts';

/** Writes a new file (0600) and the directories it needs (0700); the one it is put into is closed to others if it was there before. */
export async function createPrivate(path: string, content: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // Not everyone's to change, nor on every file system; the file itself is closed in any case.
  await chmod(directory, 0o700).catch(() => undefined);
  await writeFileAtomic(path, content, { mode: 0o600 });
}

/** Replaces a file's content; its owner and mode stay. */
export async function replaceContent(path: string, content: string): Promise<void> {
  try {
    await writeFileAtomic(path, content);
  } catch (error) {
    // A file that is mounted by itself into a container cannot be replaced, only written to.
    if (!['EBUSY', 'EXDEV', 'EACCES', 'EPERM'].includes(codeOf(error))) throw error;
    await writeFile(path, content);
  }
}
