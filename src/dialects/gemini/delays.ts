// How long to wait, as only Google tells it: durations of its RPC errors, and the hour at which its day ends.

import { asNumber, asObject, asString, type Json } from '../../json.ts';
import { secondsOf } from '../retry-after.ts';
import { numberIn } from './wire.ts';

/** Seconds of a duration as text (`37s`), or as the vendor's `{seconds, nanos}`. */
export function durationOf(value: Json | undefined): number | undefined {
  const parts = asObject(value);
  if (!parts) return secondsOf(asString(value));
  const seconds = numberIn(parts.seconds);
  return seconds === undefined ? undefined : seconds + (asNumber(parts.nanos) ?? 0) / 1e9;
}

/** Seconds from an answer's `Date` to the next midnight in California, when daily quotas begin anew. */
export function untilPacificMidnight(date: string | undefined): number | undefined {
  const time = Date.parse(date ?? '');
  if (!Number.isFinite(time)) return undefined;
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/Los_Angeles', timeStyle: 'medium' }).format(time);
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return 86_400 - (hours * 3_600 + minutes * 60 + seconds);
}
