// Waiting within an exchange: ends with its time or with its client, whichever is first.

import { setTimeout as timer } from 'node:timers/promises';

/** Resolves after so many milliseconds; ends at once when the signal aborts, by rejecting or not. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** By the system's clock. */
export const sleep: Sleep = (milliseconds, signal) => timer(milliseconds, undefined, { signal });
