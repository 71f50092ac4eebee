// Waiting within an exchange: ends with its time or with its client, whichever is first.

import type { Signal } from '../signal.ts';

/** Resolves after so many milliseconds, or at once when the signal aborts; it may reject then. */
export type Sleep = (milliseconds: number, signal: Signal) => Promise<void>;

/** By the system's clock. */
export const sleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    if (signal.aborted) over();
    else signal.addEventListener('abort', over);
  });
