// What differs between two configurations, in words for a log: key paths, and values that cannot be secrets.

import { isDeepStrictEqual } from 'node:util';
import { type KeyPath, printPath } from './outline.ts';

/** One difference, at its key path. */
export interface Change {
  readonly path: KeyPath;
  readonly change: 'changed' | 'added' | 'removed';
  /** The values as they may be shown; absent where they must not be. */
  readonly from?: string;
  readonly to?: string;
}

/** What differs. Entries of a list that moved because others were put in or taken away are not told. */
export function diffOf(before: unknown, after: unknown, path: KeyPath = []): readonly Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [told('added', path, undefined, after)];
  if (after === undefined) return [told('removed', path, before, undefined)];
  if (Array.isArray(before) && Array.isArray(after)) return listDiff(before, after, path);
  if (isBlock(before) && isBlock(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => diffOf(before[key], after[key], [...path, key]));
  }
  return [told('changed', path, before, after)];
}

/** What stands the same at the beginning and at the end of both lists is left out; the rest is compared one by one. */
function listDiff(before: readonly unknown[], after: readonly unknown[], path: KeyPath): readonly Change[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && isDeepStrictEqual(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && isDeepStrictEqual(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const gone = before.slice(head, before.length - tail);
  const come = after.slice(head, after.length - tail);
  if (gone.length === come.length)
    return gone.flatMap((one, index) => diffOf(one, come[index], [...path, head + index]));
  return [
    ...gone.map((one, index) => told('removed', [...path, head + index], one, undefined)),
    ...come.map((one, index) => told('added', [...path, head + index], undefined, one)),
  ];
}

function isBlock(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function told(change: Change['change'], path: KeyPath, before: unknown, after: unknown): Change {
  const from = shown(path, before);
  const to = shown(path, after);
  return { path, change, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** Texts below these keys may be, or hold, secrets: addresses can have a password in them, headers and payloads anything. */
const guarded = /key|secret|password|token|proxy|url|cert/i;
const guardedBlocks: ReadonlySet<string | number> = new Set(['headers', 'payload', 'tls']);

/** A value as it may be shown, if it may. */
function shown(path: KeyPath, value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string' || value.length > 80) return undefined;
  const key = path.findLast((step) => typeof step === 'string') ?? '';
  return guarded.test(key) || path.some((step) => guardedBlocks.has(step)) ? undefined : value || '""';
}

/** A change in words: `port: 8317 -> 8318`, `api-keys[0]: (changed)`, `deepseek[1]: added`. */
export function printChange({ path, change, from, to }: Change): string {
  const name = printPath(path);
  if (change === 'changed')
    return from !== undefined && to !== undefined ? `${name}: ${from} -> ${to}` : `${name}: (changed)`;
  const value = change === 'added' ? to : from;
  return `${name}: ${change}${value === undefined ? '' : ` (${value})`}`;
}

/** Keys that are read once, at start. */
const fixed: ReadonlySet<string | number> = new Set(['host', 'port', 'tls', 'max-body-size', 'responses-store']);

/** The top-level keys among the changes since the start that take effect with a restart only. */
export function restartKeys(changes: readonly Change[]): readonly string[] {
  return [...new Set(changes.map(({ path }) => path[0]))].flatMap((key) =>
    key !== undefined && fixed.has(key) ? [String(key)] : [],
  );
}
