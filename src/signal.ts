// Telling that something is no longer wanted: as much of an AbortSignal as the gateway needs, which every AbortSignal has.

/** What is told; an object is told through its `handleEvent`, so that it needs no function of its own for that. */
export type SignalListener = (() => void) | { handleEvent(): void };

/** Fires at most once. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Who begins to listen once it has fired is not told: look at `aborted` first. */
  addEventListener(type: 'abort', listener: SignalListener, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: SignalListener): void;
}

/** A signal of our own: one object, where an AbortController with its signal and its events is a dozen. */
export class Departure implements Signal {
  aborted = false;
  reason: unknown;
  #listeners: SignalListener[] | undefined;

  addEventListener(_type: 'abort', listener: SignalListener): void {
    if (this.aborted) return;
    if (this.#listeners) this.#listeners.push(listener);
    else this.#listeners = [listener];
  }

  removeEventListener(_type: 'abort', listener: SignalListener): void {
    const at = this.#listeners?.lastIndexOf(listener) ?? -1;
    if (at >= 0) this.#listeners?.splice(at, 1);
  }

  /** Tells all who listen, each once, in the order in which they began to. */
  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) {
      if (typeof listener === 'function') listener();
      else listener.handleEvent();
    }
  }
}
