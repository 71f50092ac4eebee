// Errors: Google's `{error:{code,message,status,details}}`, classified by its details; and any gateway error in that shape.

import { type ErrorFacts, type ErrorKind, GatewayError, kindOfStatus, wordless } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { asArray, asNumber, asObject, asString, compact, type JsonObject, objects, readJson } from '../../json.ts';
import type { ErrorCodec } from '../dialect.ts';
import { challenge, concernsAccount, kindOfProse } from '../refusals.ts';
import { headerWait, instantOf, proseWait } from '../retry-after.ts';
import { durationOf, untilPacificMidnight } from './delays.ts';
import { camel } from './wire.ts';

/** `{error: {code, message, status, details}}`; a 200 that holds one has the status that it names. */
export const error: ErrorCodec = { decode, encode };

type Headers = Readonly<Record<string, string>>;

/** What an error body says. */
interface Told {
  readonly message?: string;
  readonly status: string;
  readonly code?: number;
  readonly details: readonly JsonObject[];
}

function decode(status: number, body: string, headers: Headers): GatewayError {
  const page = challenge(status, body, headers);
  if (page) return page;
  const told = read(body);
  const real = status >= 400 ? status : statusOf(told);
  const kind = kindOf(real, told);
  const reason = reasonOf(told);
  const retryAfter = delayOf(kind, told, headers);
  const code = codeOf(kind);
  const scope = scopeOf(kind, told);
  return new GatewayError(kind, told.message ?? wordless(real, body), {
    status: real,
    ...(code !== undefined && { code }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(scope && { scope }),
    ...(told.status !== '' && { detail: [told.status, reason].filter((word) => word !== '').join(' ') }),
    wire: { status, body, headers },
  });
}

/** The error that a 200 body or a stream chunk turns out to be. */
export function failureOf(chunk: JsonObject): GatewayError | undefined {
  const { error } = chunk;
  if (error === undefined || error === null || error === false || error === '') return undefined;
  return decode(200, JSON.stringify({ error }), {});
}

/** A body may be the error object, an array around it, or hold another body as JSON text in its message. */
function read(body: string): Told {
  const value = readJson(body);
  const outer = asObject(asArray(value)?.[0] ?? value);
  const error = asObject(outer?.error) ?? (asString(outer?.error) ? { message: outer?.error } : undefined) ?? outer;
  if (!error) return { status: '', details: [] };
  const message = asString(error.message)?.trim();
  const nested = message?.startsWith('{') ? asObject(asObject(readJson(message))?.error) : undefined;
  return compact({
    message: asString(nested?.message) ?? (message || undefined),
    status: asString(nested?.status) ?? asString(error.status) ?? '',
    code: asNumber(nested?.code) ?? asNumber(error.code),
    details: [...objects(nested?.details), ...objects(error.details)],
  });
}

const statusWords: ReadonlyMap<string, number> = new Map([
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['OUT_OF_RANGE', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['ABORTED', 409],
  ['ALREADY_EXISTS', 409],
  ['RESOURCE_EXHAUSTED', 429],
  ['CANCELLED', 499],
  ['INTERNAL', 500],
  ['UNKNOWN', 500],
  ['DATA_LOSS', 500],
  ['UNIMPLEMENTED', 501],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
]);

function statusOf({ code, status }: Told): number {
  if (code !== undefined && code >= 400 && code < 600) return Math.trunc(code);
  return statusWords.get(status) ?? 502;
}

/** The machine-readable words of all details in one string. */
function reasonOf({ details }: Told): string {
  return details.flatMap((detail) => asString(detail.reason) ?? []).join(' ');
}

function kindOf(status: number, told: Told): ErrorKind {
  const message = told.message ?? '';
  if (status === 400) return kindOf400(told, message);
  if (status === 403 && /leaked|API key not valid/i.test(message)) return 'unauthorized';
  if (status === 404 && /model/i.test(message)) return 'model-not-found';
  if (status === 403 || status === 404) return kindOfProse(status, message) ?? kindOfStatus(status);
  if (status === 429) return kindOf429(told, message);
  // Google cancelled the call, not our client: another try may well succeed.
  return status === 499 ? 'upstream' : kindOfStatus(status);
}

function kindOf400(told: Told, message: string): ErrorKind {
  if (/API_KEY_INVALID|API_KEY_EXPIRED/.test(reasonOf(told)) || /API key (?:not valid|expired)/i.test(message))
    return 'unauthorized';
  if (told.status === 'FAILED_PRECONDITION' || /location is not supported/i.test(message)) return 'forbidden';
  if (
    /token count.{0,100}exceeds|exceeds the maximum number of (?:input )?tokens|context (?:length|window)/is.test(
      message,
    )
  )
    return 'context-overflow';
  return kindOfProse(400, message) ?? 'bad-request';
}

/** A quota longer than this is a window that is spent, not a burst. */
const longestBurst = 300;

function kindOf429(told: Told, message: string): ErrorKind {
  const reason = reasonOf(told);
  if (/\blimit: 0\b/.test(message)) return 'forbidden';
  if (/MODEL_CAPACITY_EXHAUSTED|MODEL_CAPACITY_EXCEEDED/.test(reason) || /no capacity available/i.test(message))
    return 'overloaded';
  if (/QUOTA_EXHAUSTED|INSUFFICIENT_G1_CREDITS_BALANCE/.test(reason) || isDaily(told)) return 'quota-exhausted';
  return (bodyDelay(told) ?? 0) > longestBurst ? 'quota-exhausted' : 'rate-limited';
}

/** The quotas that are used up, by Google's ids for them. */
function quotasOf({ details }: Told): readonly string[] {
  const violations = details.flatMap((detail) => objects(detail.violations).map(camel));
  return violations.flatMap((violation) => asString(violation.quotaId) ?? []);
}

function isDaily(told: Told): boolean {
  return quotasOf(told).some((quota) => /PerDay|Daily/i.test(quota));
}

const wholeProject = /SERVICE_DISABLED|CONSUMER_SUSPENDED|CONSUMER_INVALID|BILLING_DISABLED/;

/** A quota's id says whether it is one model's or the whole project's. */
function scopeOf(kind: ErrorKind, told: Told): ErrorFacts['scope'] {
  if (kind === 'quota-exhausted' || kind === 'rate-limited') {
    const quotas = quotasOf(told);
    if (quotas.some((quota) => /PerProject/i.test(quota) && !/PerModel|PerBaseModel/i.test(quota))) return 'credential';
    const ofModel = quotas.length > 0 || told.details.some(({ metadata }) => asString(asObject(metadata)?.model));
    return ofModel ? 'model' : undefined;
  }
  if (kind !== 'forbidden') return undefined;
  const whole = told.status === 'FAILED_PRECONDITION' || wholeProject.test(reasonOf(told));
  return whole || concernsAccount(kind, told.message ?? '') ? 'credential' : undefined;
}

function codeOf(kind: ErrorKind): string | undefined {
  if (kind === 'context-overflow') return 'context_length_exceeded';
  if (kind === 'model-not-found') return 'model_not_found';
  if (kind === 'seal-refused') return 'invalid_thought_signature';
  return kind === 'quota-exhausted' ? 'insufficient_quota' : undefined;
}

/** Seconds until another try: the body first, then headers, then prose; a spent day ends at midnight in California. */
function delayOf(kind: ErrorKind, told: Told, headers: Headers): number | undefined {
  const given = bodyDelay(told) ?? stampDelay(told, headers) ?? headerWait(headers) ?? proseWait(told.message ?? '');
  if (kind !== 'quota-exhausted' || !isDaily(told)) return given;
  const midnight = untilPacificMidnight(headers.date);
  return midnight === undefined ? given : Math.max(midnight, given ?? 0);
}

function bodyDelay({ details }: Told): number | undefined {
  const found = details.flatMap((detail) => durationOf(camel(detail).retryDelay) ?? []);
  const reset = details.flatMap((detail) => durationOf(asObject(detail.metadata)?.quotaResetDelay) ?? []);
  return found[0] ?? reset[0];
}

/** `quotaResetTimeStamp`, against the answer's own `Date`. */
function stampDelay({ details }: Told, headers: Headers): number | undefined {
  const now = instantOf(headers.date);
  const [reset] = details.flatMap(({ metadata }) => instantOf(asString(asObject(metadata)?.quotaResetTimeStamp)) ?? []);
  return now === undefined || reset === undefined ? undefined : Math.max(0, reset - now);
}

const words: ReadonlyMap<number, string> = new Map([
  [401, 'UNAUTHENTICATED'],
  [402, 'FAILED_PRECONDITION'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [408, 'DEADLINE_EXCEEDED'],
  [409, 'ABORTED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [499, 'CANCELLED'],
  [501, 'UNIMPLEMENTED'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
  [524, 'DEADLINE_EXCEEDED'],
  [529, 'UNAVAILABLE'],
]);

function encode(error: GatewayError): { readonly status: number; readonly body: JsonObject } {
  // An unknown model is a path that is not there: Google's status and word for it belong together.
  const status = error.kind === 'model-not-found' ? 404 : error.status;
  const word = words.get(status) ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
  const details = detailsOf(error);
  return {
    status,
    body: {
      error: {
        ...(error.facts.details as JsonObject | undefined),
        code: status,
        message: error.message,
        status: word,
        ...(details.length > 0 && { details }),
      },
    },
  };
}

const types = 'type.googleapis.com/google.rpc';

/** `code` is a number here, so that the word for machines, the field at fault and the delay go into Google's own details. */
function detailsOf({ message, facts }: GatewayError): JsonObject[] {
  const { code, param, retryAfter } = facts;
  return [
    ...(code === undefined ? [] : [{ '@type': `${types}.ErrorInfo`, reason: code.toUpperCase(), domain: 'gateway' }]),
    ...(param === undefined
      ? []
      : [{ '@type': `${types}.BadRequest`, fieldViolations: [{ field: param, description: message }] }]),
    ...(retryAfter === undefined ? [] : [{ '@type': `${types}.RetryInfo`, retryDelay: `${retryAfter}s` }]),
  ];
}

/** The error as a chunk of a stream. The vendor's reader throws only on a numeric code between 400 and 599. */
export function encodeFailure(failure: GatewayError): Frame {
  const { status } = failure;
  const shown =
    status >= 400 && status < 600
      ? failure
      : new GatewayError(failure.kind, failure.message, { ...failure.facts, status: 500 });
  return { data: JSON.stringify(encode(shown).body) };
}
