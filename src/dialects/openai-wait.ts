// How long an OpenAI-style error asks to wait: body fields, headers, then prose, in order of trust. Absolute times are read against
// the answer's own `Date` header, so that no clock is needed.

import { asNumber, asObject, asString, type JsonObject, objects } from '../json.ts';

/** Seconds until another try makes sense; undefined where nothing says so. */
export function secondsToWait(
  error: JsonObject,
  headers: Readonly<Record<string, string>>,
  message: string,
): number | undefined {
  const now = headers.date === undefined ? Number.NaN : Date.parse(headers.date) / 1000;
  return fromBody(error, now) ?? fromHeaders(headers, now) ?? fromProse(message);
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
    const delay = seconds(asString(detail.retryDelay));
    if (delay !== undefined) return delay;
  }
  const reset = asObject(asObject(error.metadata)?.headers)?.['X-RateLimit-Reset'];
  return until(asNumber(Number(reset)), now);
}

function fromHeaders(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const milliseconds = asNumber(Number.parseFloat(headers['retry-after-ms'] ?? ''));
  if (milliseconds !== undefined) return positive(milliseconds / 1000);
  const after = headers['retry-after'];
  if (after !== undefined) {
    const told = /^\s*\d/.test(after) ? Number.parseFloat(after) : Date.parse(after) / 1000 - now;
    if (Number.isFinite(told)) return positive(told);
  }
  return fromSpentWindows(headers) ?? until(asNumber(Number.parseFloat(headers['x-ratelimit-reset'] ?? '')), now);
}

/** `x-ratelimit-reset-requests: 6m0s`: counts only for a window that is spent, or whose rest is not told. */
function fromSpentWindows(headers: Readonly<Record<string, string>>): number | undefined {
  const waits = ['requests', 'tokens']
    .filter((window) => Number.parseFloat(headers[`x-ratelimit-remaining-${window}`] ?? '0') <= 0)
    .map((window) => seconds(headers[`x-ratelimit-reset-${window}`]))
    .filter((wait) => wait !== undefined);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

const prose =
  /(?:try again|retry|wait|available|resets?)\b[^.\d]{0,40}?((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|sec(?:onds?)?|m|min(?:utes?)?|h|hours?|d|days?)\b\s*)+|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)/i;

function fromProse(message: string): number | undefined {
  return seconds(prose.exec(message)?.[1]);
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, milli: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `1h2m3.5s`, `850ms`, `20 seconds`, `7` (seconds). */
function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d+(?:\.\d+)?\s*$/.test(text)) return Number.parseFloat(text);
  let total: number | undefined;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|milli|[smhd])/gi)) {
    const key = unit.toLowerCase();
    total = (total ?? 0) + Number.parseFloat(amount) * (unitSeconds[key] ?? 1);
  }
  return total;
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
