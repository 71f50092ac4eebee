// Loaded into the gateway's process before its own program: tells what cannot be seen from outside, when it is asked.

import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What is asked: a look, or one at which the memory is cleaned up first and the times begin anew. */
export type Question = 'look' | 'measure';

export interface Sight {
  /** Bytes that JavaScript holds, buffers included, and what the process has of the machine. */
  readonly held: number;
  readonly resident: number;
  /** What keeps the process alive: sockets, timers and so on, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** Milliseconds by which the event loop was late since the last measurement. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** From 0 to 1: how much of that time it was busy. */
  readonly busy: number;
}

const resolution = 10;
const delays = monitorEventLoopDelay({ resolution });
delays.enable();
let since: EventLoopUtilization = performance.eventLoopUtilization();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function look(): Sight {
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources: { [kind: string]: number } = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return {
    held: heapUsed + external,
    resident: rss,
    resources,
    delay: { p50: late(delays.percentile(50)), p99: late(delays.percentile(99)), max: late(delays.max) },
    busy: performance.eventLoopUtilization(since).utilization,
  };
}

process.on('message', async (question: Question) => {
  const { delay, busy } = look();
  // What was just closed lets go of its memory a moment later.
  for (let round = 0; question === 'measure' && round < 2; round++) {
    await sleep(50);
    collect();
  }
  process.send?.({ ...look(), delay, busy } satisfies Sight);
  if (question === 'look') return;
  delays.reset();
  since = performance.eventLoopUtilization();
});
process.channel?.unref();
