// What comes out of a pipe, such as that of `--config <(…)`. It may be read once only, and nobody may ever write to it.

import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

/** Milliseconds that whoever writes may take. */
const patience = 10_000;

/** All that is written to a pipe; undefined when its writer does not come to an end in time. */
export async function readPipe(path: string, wait = patience): Promise<Buffer | undefined> {
  // A read that blocks could not be broken off, not even by the end of the process.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  const pieces: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(undefined);
      socket.destroy();
    }, wait);
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('error', reject);
    socket.on('end', () => resolve(Buffer.concat(pieces)));
    socket.on('close', () => clearTimeout(timer));
  });
}
