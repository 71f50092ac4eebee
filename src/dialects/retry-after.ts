// How long an error asks to wait, where any service may say it: durations, headers, prose. Absolute times are read against the
// answer's own `Date`, so that no clock is needed.

type Headers = Readonly<Record<string, string>>;

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, milli: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a duration: `1h2m3.5s`, `850ms`, `20 seconds`, `7` (seconds). */
export function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const plain = plainNumber(text);
  if (plain !== undefined) return plain;
  let total: number | undefined;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|milli|[smhd])/gi))
    total = (total ?? 0) + Number(amount) * (unitSeconds[unit.toLowerCase()] ?? 1);
  return total === undefined ? undefined : Math.round(total * 1000) / 1000;
}

function plainNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** Unix seconds of unix seconds, RFC 3339 or an HTTP date. */
export function instantOf(text: string | undefined): number | undefined {
  const seconds = plainNumber(text) ?? Date.parse(text ?? '') / 1000;
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** `Retry-After-Ms`, then `Retry-After` in seconds or as a date. */
export function headerWait(headers: Headers): number | undefined {
  const milliseconds = plainNumber(headers['retry-after-ms']);
  if (milliseconds !== undefined) return milliseconds / 1000;
  const after = headers['retry-after'];
  const seconds = plainNumber(after);
  if (seconds !== undefined) return seconds;
  const [until, now] = [instantOf(after), instantOf(headers.date)];
  return until === undefined || now === undefined ? undefined : Math.max(0, until - now);
}

const prose =
  /(?:try again|retry|wait|available|resets?)\b[^.\d]{0,40}?((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|sec(?:onds?)?|m|min(?:utes?)?|h|hours?|d|days?)\b[\s,]*)+|(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)/i;

/** "Please try again in 7.2s", "quota resets after 1h2m3s". */
export function proseWait(message: string): number | undefined {
  return secondsOf(prose.exec(message)?.[1]);
}

/** Unix seconds of "on 2026-12-01 at 00:00 UTC" or "on 2026-12-01T00:00:00Z". */
export function proseInstant(message: string): number | undefined {
  const found = /\bon (\d{4}-\d\d-\d\d)(?:(?: at |T)(\d\d:\d\d(?::\d\d)?))?/i.exec(message);
  return found ? instantOf(`${found[1]}T${found[2] ?? '00:00'}Z`) : undefined;
}
