// Which credential a conversation was served by last: a preference, so that prompt caches stay warm, never a lock.

import { LRUCache } from 'lru-cache';

/** A client's conversation, told apart from those of all clients. */
export interface Conversation {
  readonly id: string;
  /** It begins with this request, as far as can be seen: who served another that began like it says nothing. */
  readonly begins?: true;
  /** What it went by when it began. */
  readonly began?: string;
}

/** What a conversation is bound to. */
export interface Binding {
  readonly credential: string;
  /** The upstream's id of the model. */
  readonly model: string;
}

/** A binding with its last use, in wall-clock milliseconds. */
export interface Bound extends Binding {
  readonly at: number;
}

/** Which credential answered each conversation last. */
export interface Affinity {
  /**
   * `session` tells a conversation of one client for one name apart from all others. A binding lasts `lifetime` milliseconds from
   * its last use; asked for each time, since a reload may change it.
   */
  bindingOf(session: string, now: number, lifetime?: number): Bound | undefined;
  /** The conversation was answered by it. Moves an older binding. */
  bind(session: string, binding: Binding, now: number): void;
  /** Forgets those bound to credentials that are gone. */
  keep(credentials: ReadonlySet<string>): void;
  /** Bindings there are. */
  readonly size: number;
}

/** Conversations that are remembered; the one that was quiet longest goes first. */
const most = 50_000;

/** Nothing is bound yet. */
export function createAffinity(): Affinity {
  /** Made when there is something to bind, since it takes a megabyte from the start: where there is no choice, nothing is. */
  let bound: LRUCache<string, Bound> | undefined;
  return {
    bindingOf(session, now, lifetime = Number.POSITIVE_INFINITY) {
      const found = bound?.get(session);
      if (!found || now - found.at < lifetime) return found;
      bound?.delete(session);
      return undefined;
    },
    bind(session, { credential, model }, now) {
      bound ??= new LRUCache<string, Bound>({ max: most });
      bound.set(session, { credential, model, at: now });
    },
    keep(credentials) {
      for (const [session, { credential }] of bound ?? []) if (!credentials.has(credential)) bound?.delete(session);
    },
    get size() {
      return bound?.size ?? 0;
    },
  };
}

/** Milliseconds of silence after which prompt caches are cold: Anthropic's and OpenAI's last five minutes. */
const coldAfter = 5 * 60_000;

/** Whether the caches of a conversation are cold, so that moving it costs little. */
export function isCold({ at }: Bound, now: number): boolean {
  return now - at > coldAfter;
}

/** Whether a credential has so much less under way, this request included, that moving a cold conversation to it pays. */
export function lessBusy(other: number, own: number): boolean {
  return other + 1 < own / 2;
}
