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

export function createTraces({ wallClock, most = 2000, bytes = 16 << 20 }: TracesOptions): Traces {
  const kept = new Map<string, Kept & { readonly size: number }>();
  let held = 0;
  const drop = (key: string): void => {
    held -= kept.get(key)?.size ?? 0;
    kept.delete(key);
  };
  const keep = (one: Kept): void => {
    // Clients may send an id twice: the later one counts, and an id of one client says nothing of another's.
    const key = keyOf(one.told.exchange, one.owner);
    drop(key);
    const size = sizeOf(one.told);
    kept.set(key, { ...one, size });
    held += size;
    for (const oldest of kept.keys()) {
      if (kept.size <= most && held <= bytes) break;
      drop(oldest);
    }
  };
  return {
    observe(observation) {
      if (observation.type === 'exchange-finished' && observation.owner !== undefined) {
        const { type: _, ...told } = observation;
        keep({ owner: observation.owner, at: wallClock() - told.milliseconds, told });
      } else if (observation.type === 'request-refused' && observation.owner !== undefined) {
        const { exchange, path, error, owner } = observation;
        const told = { exchange, path, status: error.status, kind: error.kind, message: error.message };
        keep({ owner, at: wallClock(), told });
      }
    },
    get: (id, owner) => kept.get(keyOf(id, owner)),
    last: (owner, number) =>
      [...kept.values()]
        .filter((one) => one.owner === owner)
        .slice(-number)
        .toReversed(),
  };
}

const keyOf = (id: string, owner: string): string => `${owner} ${id}`;

/** Bytes of what every exchange and every entry of its lists weighs, beside its words. */
const plain = 800;
const entry = 160;

function sizeOf(told: Outcome | Refusal): number {
  if ('path' in told) return plain + told.path.length + told.message.length;
  const { resolution = [], order = [], considered = [], attempts = [] } = told.trace ?? {};
  const words = [...resolution, ...order].reduce((sum, text) => sum + text.length, 0);
  const tried = attempts.reduce(
    (sum, { message = '', edits = [], losses = [] }) =>
      sum + 2 * entry + message.length + edits.reduce((all, edit) => all + edit.length, 0) + lossesSize(losses),
    0,
  );
  return plain + (told.detail?.length ?? 0) + words + considered.length * entry + tried;
}

function lossesSize(losses: readonly Loss[]): number {
  return losses.reduce((sum, { what, where = '', why }) => sum + what.length + where.length + why.length, 0);
}
