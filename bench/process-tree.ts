// What a contender costs: processor time and memory of its process and all that it started, from /proc.

import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc; 100 on every Linux that matters. */
const ticksPerSecond = 100;

/** Seconds of processor time, user and system. */
export function cpuSeconds(pid: number): number {
  return sum(pid, (one) => {
    const fields = statFields(one);
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  });
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

/** The fields behind the command's name, which may hold anything: the third (state) is the first here. */
function statFields(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** A process may end at any time; then it costs nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
