// How long to wait, in the many ways it is told: durations, headers, prose, and the hour at which Google's day ends.

import { asNumber, asObject, type Json } from '../../json.ts';

const unitSeconds: ReadonlyMap<string, number> = new Map([
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
  ['ms', 0.001],
]);

/** Seconds of a duration: `37s`, `1h2m3.5s`, `850ms`, or the vendor's `{seconds, nanos}`. */
export function secondsOf(value: Json | undefined): number | undefined {
  const parts = asObject(value);
  if (parts) {
    const seconds = asNumber(typeof parts.seconds === 'string' ? Number(parts.seconds) : parts.seconds);
    return seconds === undefined ? undefined : seconds + (asNumber(parts.nanos) ?? 0) / 1e9;
  }
  if (typeof value !== 'string' || !/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(value)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g))
    seconds += Number(amount) * (unitSeconds.get(unit ?? '') ?? 0);
  return Math.round(seconds * 1000) / 1000;
}

/** `Retry-After-Ms`, then `Retry-After` in seconds or as a date, measured from the answer's own `Date`. */
export function headerDelay(headers: Readonly<Record<string, string>>): number | undefined {
  const milliseconds = plainNumber(headers['retry-after-ms']);
  if (milliseconds !== undefined) return milliseconds / 1000;
  const after = headers['retry-after'];
  const seconds = plainNumber(after);
  if (seconds !== undefined || after === undefined) return seconds;
  const wait = (Date.parse(after) - Date.parse(headers.date ?? '')) / 1000;
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function plainNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** "Please retry in 12.3s", "quota resets after 1h2m3s". */
export function proseDelay(message: string): number | undefined {
  const told = /(?:retry in|try again in|reset after|resets after|after)\s+((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)/i.exec(
    message,
  )?.[1];
  return secondsOf(told);
}

/** Seconds from an answer's `Date` to the next midnight in California, when daily quotas begin anew. */
export function untilPacificMidnight(date: string | undefined): number | undefined {
  const time = Date.parse(date ?? '');
  if (!Number.isFinite(time)) return undefined;
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/Los_Angeles', timeStyle: 'medium' }).format(time);
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return 86_400 - (hours * 3_600 + minutes * 60 + seconds);
}
