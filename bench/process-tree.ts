// What a contender costs: processor time and memory of its process and all that it started, from /proc.

import { readdirSync, readFileSync } from 'node:fs';

/**
 * Seconds of processor time, user and system, to the nanosecond: of threads that are there. Those of Node and nginx stay. The
 * figures of whole processes count in hundredths of a second, which a slice under a light load has few of.
 */
export function cpuSeconds(pid: number): number {
  return sum(pid, (one) =>
    threads(one).reduce((total, thread) => {
      const [nanoseconds = '0'] = read(`/proc/${one}/task/${thread}/schedstat`).split(' ');
      return total + Number(nanoseconds) / 1e9;
    }, 0),
  );
}

/** Resident memory in MB. */
export function residentMegabytes(pid: number): number {
  return sum(pid, (one) => Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${one}/status`))?.[1] ?? 0) / 1024);
}

function sum(pid: number, of: (pid: number) => number): number {
  return tree(pid).reduce((total, one) => total + of(one), 0);
}

function tree(pid: number): number[] {
  const children = threads(pid).flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' '));
  return [pid, ...children.filter((child) => child !== '').flatMap((child) => tree(Number(child)))];
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process may end at any time; then it costs nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
