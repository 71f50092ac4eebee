// What the fault load prints: one column for each phase, the failures that clients saw, and what became of each claim.

import { lines } from '../report.ts';
import type { Heard, Spread } from './clients.ts';
import type { Judged } from './judge.ts';
import type { Sight } from './watch.ts';

/** One load, from its first request to when everything had come to rest. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly heard: Heard;
  readonly judged: Judged;
  /** Upstream calls that the gateway began, and those that failed. */
  readonly attempts: number;
  readonly failed: number;
  /** Seconds of processor time. */
  readonly cpu: number;
  readonly before: Sight;
  /** When the last client had its answer, and when everything had come to rest. */
  readonly loaded: Sight;
  readonly after: Sight;
  /** Sockets open before, and after everything had come to rest. */
  readonly sockets: readonly [before: number, after: number];
  /** What had not come to rest. */
  readonly stuck: readonly string[];
}

export interface Claim {
  readonly what: string;
  readonly said: string;
  readonly holds: boolean;
}

export function table(phases: readonly Phase[]): string {
  const row = (title: string, show: (phase: Phase) => string): string[] => [title, ...phases.map(show)];
  return lines([
    row('', ({ name }) => name),
    row('requests', ({ heard }) => String(heard.requests)),
    row('… a second', ({ heard, seconds }) => (heard.requests / seconds).toFixed(0)),
    row('attempts', ({ attempts }) => String(attempts)),
    row('… that failed', ({ failed, attempts }) => `${failed} (${((100 * failed) / attempts).toFixed(1)} %)`),
    row('failures that clients saw', ({ heard }) => String(heard.failures.length)),
    row('CPU us per request', (phase) => perRequest(phase).toFixed(0)),
    row('CPU us per attempt', (phase) => perAttempt(phase).toFixed(0)),
    row('first content p50/p99/max ms', ({ heard }) => spread(heard.first)),
    row('whole answer p50/p99/max ms', ({ heard }) => spread(heard.whole)),
    row('event loop late p50/p99/max ms', ({ loaded }) => spread(loaded.delay)),
    row('event loop busy', ({ loaded }) => `${(100 * loaded.busy).toFixed(0)} %`),
    row(
      'memory held MB, before and after',
      ({ before, after }) => `${megabytes(before.held)} ${megabytes(after.held)}`,
    ),
    row(
      'RSS MB, before and after',
      ({ before, after }) => `${megabytes(before.resident)} ${megabytes(after.resident)}`,
    ),
    row('sockets open, before and after', ({ sockets }) => sockets.join(' ')),
  ]);
}

/** What clients saw, sort by sort. */
export function sightings(phases: readonly Phase[]): string {
  const rows = phases.flatMap(({ name, judged }) =>
    [...judged.sorts].map(([sort, { seen, wrong }]) => [
      wrong.length === 0 ? 'allowed' : 'WRONG',
      `${seen}`,
      sort,
      name,
      wrong.length === 0 ? '' : `${wrong.length} not allowed`,
    ]),
  );
  return rows.length === 0 ? 'Clients saw no failures.' : lines([['', 'seen', 'what clients saw', 'in', ''], ...rows]);
}

export function printClaims(claims: readonly Claim[]): string {
  return lines(claims.map(({ what, said, holds }) => [holds ? 'pass' : 'miss', what, said]));
}

export function perAttempt({ cpu, attempts }: Phase): number {
  return (cpu * 1e6) / attempts;
}

function perRequest({ cpu, heard }: Phase): number {
  return (cpu * 1e6) / heard.requests;
}

function spread({ p50, p99, max }: Spread): string {
  return [p50, p99, max].map((value) => value.toFixed(value < 10 ? 1 : 0)).join('/');
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
