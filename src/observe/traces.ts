// The last exchanges and what is known of each, for the client that made them: a ring bounded in number and in bytes.

import type { Loss } from '../loss.ts';
import type { Observe, Outcome } from './observation.ts';

/** A request that became no exchange. */
export interface Refusal {
  readonly exchange: string;
  readonly path: string;
  readonly status: number;
  readonly kind: string;
  readonly message: string;
}

export interface Kept {
  /** The client's fingerprint. */
  readonly owner: string;
  /** Wall-clock milliseconds when it began, or was refused. */
  readonly at: number;
  readonly told: Outcome | Refusal;
}

export interface Traces {
  readonly observe: Observe;
  /** One exchange of this client; those of others are not there for it. */
  get(id: string, owner: string): Kept | undefined;
  /** The last ones of this client, the newest first. */
  last(owner: string, most: number): readonly Kept[];
}

export interface TracesOptions {
  /** Milliseconds. */
  readonly wallClock: () => number;
  readonly most?: number;
  /** As far as they can be told without writing anything out. */
  readonly bytes?: number;
}

interface Entry extends Kept {
  readonly key: string;
  readonly size: number;
}

export function createTraces({ wallClock, most = 2000, bytes = 16 << 20 }: TracesOptions): Traces {
  const known = new Map<string, Entry>();
  /** All that is held, in turn: how many were ever taken in and let go says where the next one lies. */
  const ring: (Entry | undefined)[] = Array.from({ length: most });
  let taken = 0;
  let gone = 0;
  let held = 0;
  const dropOldest = (): void => {
    const oldest = ring[gone % most];
    ring[gone % most] = undefined;
    gone += 1;
    if (!oldest) return;
    held -= oldest.size;
    if (known.get(oldest.key) === oldest) known.delete(oldest.key);
  };
  const keep = (owner: string, at: number, told: Outcome | Refusal): void => {
    const key = keyOf(told.exchange, owner);
    const entry = { owner, at, told, key, size: sizeOf(told) };
    if (taken - gone === most) dropOldest();
    ring[taken % most] = entry;
    taken += 1;
    held += entry.size;
    // Clients may send an id twice: the later one counts, and an id of one client says nothing of another's.
    known.set(key, entry);
    while (held > bytes && gone < taken) dropOldest();
  };
  return {
    observe(observation) {
      const { type } = observation;
      if (type === 'exchange-finished' && observation.owner !== undefined)
        keep(observation.owner, wallClock() - observation.milliseconds, observation);
      else if (type === 'request-refused' && observation.owner !== undefined) {
        const { exchange, path, error, owner } = observation;
        const told = { exchange, path, status: error.status, kind: error.kind, message: error.message };
        keep(owner, wallClock(), told);
      }
    },
    get: (id, owner) => known.get(keyOf(id, owner)),
    last(owner, number) {
      const own: Kept[] = [];
      for (let turn = taken - 1; turn >= gone && own.length < number; turn--) {
        const entry = ring[turn % most];
        if (entry?.owner === owner && known.get(entry.key) === entry) own.push(entry);
      }
      return own;
    },
  };
}

const keyOf = (id: string, owner: string): string => `${owner} ${id}`;

/** Bytes of what every exchange and every entry of its lists weighs, beside its words. */
const plain = 800;
const entry = 160;

function sizeOf(told: Outcome | Refusal): number {
  if ('path' in told) return plain + told.path.length + told.message.length;
  let size = plain + (told.detail?.length ?? 0);
  if (!told.trace) return size;
  const { resolution, order, considered, attempts } = told.trace;
  size += lengthOf(resolution) + lengthOf(order) + considered.length * entry;
  for (const { message, edits, losses, replyLosses } of attempts)
    size +=
      2 * entry +
      (message?.length ?? 0) +
      lengthOf(edits ?? none) +
      lossesSize(losses ?? none) +
      lossesSize(replyLosses ?? none);
  return size;
}

const none: readonly never[] = [];

function lengthOf(texts: readonly string[]): number {
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}

function lossesSize(losses: readonly Loss[]): number {
  let size = 0;
  for (const { what, where, why } of losses) size += what.length + (where?.length ?? 0) + why.length;
  return size;
}
