// How long an OpenAI-style error asks to wait: body fields, headers, then prose, in order of trust.

import { asNumber, asObject, asString, type JsonObject, objects } from '../json.ts';
import { headerWait, instantOf, proseWait, secondsOf } from './retry-after.ts';

/** Seconds until another try makes sense; undefined where nothing says so. */
export function secondsToWait(
  error: JsonObject,
  headers: Readonly<Record<string, string>>,
  message: string,
): number | undefined {
  const now = instantOf(headers.date) ?? Number.NaN;
  return fromBody(error, now) ?? headerWait(headers) ?? fromWindows(headers, now) ?? proseWait(message);
}

function fromBody(error: JsonObject, now: number): number | undefined {
  const told =
    until(asNumber(error.resets_at), now) ??
    asNumber(error.resets_in_seconds) ??
    asNumber(error.retry_after) ??
    asNumber(asObject(error.metadata)?.retry_after_seconds);
  if (told !== undefined) return positive(told);
  // Google's compatible endpoint keeps RetryInfo in `details`.
  for (const detail of objects(error.details)) {
    const delay = secondsOf(asString(detail.retryDelay));
    if (delay !== undefined) return delay;
  }
  const reset = asObject(asObject(error.metadata)?.headers)?.['X-RateLimit-Reset'];
  return until(asNumber(Number(reset)), now);
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
