// A gateway in a process of its own, for tests that measure memory: configured by its first argument, asked by messages.

import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';

/** What the process answers to any message, in bytes. */
export interface Memory {
  /** Held after garbage collection, buffers included. */
  readonly held: number;
  /** The most that the process ever had of the machine. */
  readonly peak: number;
}

const loaded = loadConfig(process.argv[2] ?? '', { env: {}, path: 'config.yaml' });
if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
const app = await createApp({ config: loaded.config, observe: () => undefined });
const { port } = await app.listen(0);

process.on('message', async () => {
  // The sockets of an answered request let go of it a moment later.
  for (let round = 0; round < 3; round++) {
    await sleep(100);
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ held: heapUsed + external, peak: process.resourceUsage().maxRSS * 1024 } satisfies Memory);
});
process.on('disconnect', () => process.exit());
process.send?.({ port });
