// How long an OpenAI-style error asks to wait: body fields, headers, then prose, in order of trust.

import { asNumber, asObject, asString, type Json, type JsonObject, objects } from '../json.ts';
import { headerWait, instantOf, proseWait, secondsOf } from './retry-after.ts';

/** Seconds until another try makes sense; undefined where nothing says so. */
export function secondsToWait(
  error: JsonObject,
  headers: Readonly<Record<string, string>>,
  message: string,
): number | undefined {
  const now = instantOf(headers.date) ?? Number.NaN;
  return (
    fromBody(error, now) ??
    headerWait(headers) ??
    fromPlan(headers, now) ??
    fromWindows(headers, now) ??
    proseWait(message)
  );
}

/** The members in which services put the time of a reset, and the wait until then. */
const instants = ['resets_at', 'reset_at', 'resetAt', 'reset_time', 'resetTime'];
const durations = ['resets_in_seconds', 'reset_in', 'resetIn', 'retry_after', 'retry_after_seconds', 'retryDelay'];

function fromBody(error: JsonObject, now: number): number | undefined {
  const metadata = asObject(error.metadata) ?? {};
  // Google's compatible endpoint keeps RetryInfo in `details`.
  for (const source of [error, metadata, ...objects(error.details)]) {
    const told =
      first(instants, (key) => instantIn(source[key], now)) ?? first(durations, (key) => waitIn(source[key]));
    if (told !== undefined) return positive(told);
  }
  return until(asNumber(Number(asObject(metadata.headers)?.['X-RateLimit-Reset'])), now);
}

function first<T>(keys: readonly string[], read: (key: string) => T | undefined): T | undefined {
  for (const key of keys) {
    const found = read(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function instantIn(value: Json | undefined, now: number): number | undefined {
  return until(asNumber(value) ?? instantOf(asString(value)), now);
}

function waitIn(value: Json | undefined): number | undefined {
  return asNumber(value) ?? secondsOf(asString(value));
}

/** The windows of a ChatGPT plan that are spent. */
function fromPlan(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const waits = ['primary', 'secondary']
    .filter((window) => Number.parseFloat(headers[`x-codex-${window}-used-percent`] ?? '') >= 100)
    .map((window) => until(instantOf(headers[`x-codex-${window}-reset-at`]), now))
    .filter((wait) => wait !== undefined);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

/** `x-ratelimit-reset-requests: 6m0s` counts only for a window that is spent, or whose rest is not told. */
function fromWindows(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const waits = ['requests', 'tokens']
    .filter((window) => Number.parseFloat(headers[`x-ratelimit-remaining-${window}`] ?? '0') <= 0)
    .map((window) => secondsOf(headers[`x-ratelimit-reset-${window}`]))
    .filter((wait) => wait !== undefined);
  if (waits.length > 0) return Math.max(...waits);
  return until(asNumber(Number.parseFloat(headers['x-ratelimit-reset'] ?? '')), now);
}

/** From now to a reset given as unix seconds, unix milliseconds, or plain seconds to wait. */
function until(reset: number | undefined, now: number): number | undefined {
  if (reset === undefined || reset <= 0) return undefined;
  if (reset < 10_000_000) return reset;
  const left = (reset > 100_000_000_000 ? reset / 1000 : reset) - now;
  return Number.isFinite(left) ? positive(left) : undefined;
}

function positive(wait: number): number {
  return Math.max(0, wait);
}
