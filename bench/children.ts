// The bench's own processes: started beside the contenders, so that they cost little of what they measure, and asked for one answer at a time.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** Starts a file of this folder. */
export function started(file: string): ChildProcess {
  return fork(join(import.meta.dirname, file), [], { stdio: 'inherit' });
}

/** The next message of a process; rejects where it ends instead. */
export function reply<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Error('A process of the bench itself ended.'));
    child.once('exit', lost);
    child.once('message', (message) => {
      child.off('exit', lost);
      resolve(message as T);
    });
  });
}
