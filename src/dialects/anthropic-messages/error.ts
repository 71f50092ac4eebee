// Errors: an upstream's refusal as one of our kinds, and any of our kinds as the body a Messages client expects.

import { type ErrorFacts, type ErrorKind, errorKinds, GatewayError, kindOfStatus, wordless } from '../../errors.ts';
import { asObject, asString, compact, type Json, type JsonObject, parseObject } from '../../json.ts';
import type { ErrorCodec } from '../dialect.ts';
import { challenge, concernsAccount, kindOfProse } from '../refusals.ts';
import { headerWait, instantOf, proseInstant, proseWait } from '../retry-after.ts';

/** `{type: 'error', error: {type, message}}`, and what services that speak like Anthropic make of it: read by type, status and words. */
export const error: ErrorCodec = { decode, encode };

/** Anthropic's error types: the kind, and the status they come with (a stream tells none). */
const types: Readonly<Record<string, { kind: ErrorKind; status: number }>> = {
  invalid_request_error: { kind: 'bad-request', status: 400 },
  authentication_error: { kind: 'unauthorized', status: 401 },
  billing_error: { kind: 'quota-exhausted', status: 402 },
  permission_error: { kind: 'forbidden', status: 403 },
  not_found_error: { kind: 'not-found', status: 404 },
  conflict_error: { kind: 'bad-request', status: 409 },
  request_too_large: { kind: 'too-large', status: 413 },
  rate_limit_error: { kind: 'rate-limited', status: 429 },
  api_error: { kind: 'upstream', status: 500 },
  timeout_error: { kind: 'timeout', status: 504 },
  overloaded_error: { kind: 'overloaded', status: 529 },
  // Services that speak this dialect beside OpenAI's.
  insufficient_quota: { kind: 'quota-exhausted', status: 429 },
  exceeded_current_quota_error: { kind: 'quota-exhausted', status: 429 },
  engine_overloaded_error: { kind: 'overloaded', status: 429 },
};

type Headers = Readonly<Record<string, string>>;

function decode(status: number, body: string, headers: Headers): GatewayError {
  const page = challenge(status, body, headers);
  if (page) return page;
  const json = parseObject(body);
  const said = json && sayingOf(json);
  const message = said?.message ?? wordless(status, body);
  const kind = kindOf(said?.type, status, message, headers);
  const facts: ErrorFacts = { ...factsOf(kind, json, status, message, headers), wire: { status, body, headers } };
  return new GatewayError(kind, message, facts);
}

/** The error inside a 200: an `error` event, or a whole body that is one. */
export function failureOf(body: JsonObject): GatewayError {
  const { type, message = 'The upstream failed without saying why.' } = sayingOf(body);
  const status = types[type ?? '']?.status ?? 500;
  const kind = kindOf(type, status, message, {});
  return new GatewayError(kind, message, factsOf(kind, body, status, message, {}));
}

/** Type and message, wherever a service puts them: in `error` (an object, or only words), or at the top. */
function sayingOf(body: JsonObject): { type?: string | undefined; message?: string | undefined } {
  const error = asObject(body.error) ?? {};
  const message = [error.message, body.error, body.message, body.detail].map(asString).find((text) => text?.trim());
  return { type: asString(error.type), message };
}

const overflow = /prompt is too long|context (?:window|length|limit)|maximum context|too many (?:input )?tokens/i;

function kindOf(type: string | undefined, status: number, message: string, headers: Headers): ErrorKind {
  const kind = moreExact(types[type ?? '']?.kind, kindOfStatus(status));
  if ((kind === 'bad-request' || kind === 'too-large') && overflow.test(message)) return 'context-overflow';
  if (kind === 'not-found' && /\bmodel\b/i.test(message)) return 'model-not-found';
  // A quota of its own, asked for by this request alone: the credential is well.
  if (kind === 'rate-limited' && /usage credits are required/i.test(message)) return 'bad-request';
  if (kind === 'rate-limited' && spentWindow(headers)) return 'quota-exhausted';
  return refusals.includes(kind) ? (kindOfProse(status, message) ?? kind) : kind;
}

/** Kinds that blame the request. */
const faults: readonly ErrorKind[] = ['bad-request', 'not-found', 'too-large'];

/**
 * Of type and status, the one that says more. Services beside Anthropic write `invalid_request_error` or `api_error` for everything, so
 * neither beats a status; nor does any type that blames the request where the status does not.
 */
function moreExact(told: ErrorKind | undefined, status: ErrorKind): ErrorKind {
  if (told === undefined || told === 'bad-request' || told === 'upstream') return status;
  return faults.includes(told) && !faults.includes(status) ? status : told;
}

/** Kinds whose message may say something more exact. */
const refusals: readonly ErrorKind[] = ['bad-request', 'forbidden', 'not-found', 'rate-limited'];

function factsOf(
  kind: ErrorKind,
  body: JsonObject | undefined,
  status: number,
  message: string,
  headers: Headers,
): ErrorFacts {
  const requestId = asString(body?.request_id) ?? headers['request-id'];
  const details = asObject(asObject(body?.error)?.details);
  const code = codeOf(message) ?? asString(details?.error_code) ?? asString(asObject(body?.error)?.code);
  return compact({
    status,
    code,
    detail: requestId === undefined ? undefined : `upstream request ${requestId}`,
    retryAfter: retryAfterOf(headers, message),
    scope: kind === 'quota-exhausted' || concernsAccount(kind, message) ? ('credential' as const) : undefined,
    details: details && { details },
  });
}

function codeOf(message: string): string | undefined {
  if (overflow.test(message)) return 'context_length_exceeded';
  return /signature/i.test(message) && /thinking/i.test(message) ? 'invalid_thinking_signature' : undefined;
}

const unified = 'anthropic-ratelimit-unified';

/** Whether a subscription's window is spent for all models. The `7d_oi` window concerns only the largest model family. */
function spentWindow(headers: Headers): boolean {
  const rejected = (window: string): boolean => headers[`${unified}${window}-status`] === 'rejected';
  if (rejected('-5h') || rejected('-7d')) return true;
  return rejected('') && !rejected('-7d_oi');
}

/** Seconds until another try makes sense. Absolute times are measured against the answer's own `date`: a dialect has no clock. */
function retryAfterOf(headers: Headers, message: string): number | undefined {
  const now = instantOf(headers.date);
  const resets = ['-5h', '-7d', '-7d_oi', '']
    .filter((window) => headers[`${unified}${window}-status`] === 'rejected')
    .flatMap((window) => instantOf(headers[`${unified}${window}-reset`]) ?? []);
  if (now !== undefined && resets.length > 0) return Math.max(0, Math.ceil(Math.max(...resets) - now));
  return headerWait(headers) ?? untilAccess(message, now) ?? proseWait(message);
}

/** "You will regain access on 2026-12-01 at 00:00 UTC." */
function untilAccess(message: string, now: number | undefined): number | undefined {
  const instant = proseInstant(message);
  return instant === undefined || now === undefined ? undefined : Math.max(0, instant - now);
}

const typeOfKind: Readonly<Record<ErrorKind, string>> = {
  'bad-request': 'invalid_request_error',
  'model-not-found': 'not_found_error',
  'context-overflow': 'invalid_request_error',
  'seal-refused': 'invalid_request_error',
  unauthorized: 'authentication_error',
  'quota-exhausted': 'billing_error',
  forbidden: 'permission_error',
  'not-found': 'not_found_error',
  'too-large': 'request_too_large',
  'rate-limited': 'rate_limit_error',
  cancelled: 'api_error',
  internal: 'api_error',
  unsupported: 'invalid_request_error',
  upstream: 'api_error',
  unreachable: 'api_error',
  unavailable: 'overloaded_error',
  overloaded: 'overloaded_error',
  timeout: 'timeout_error',
};

/** Claude clients shorten their history when they read these words. */
const tooLong = 'prompt is too long';

/** The body of an error, also the data of an `error` event. */
export function errorBody(error: GatewayError): JsonObject {
  const { kind, message, facts } = error;
  const { details, code, param } = facts;
  const spent = kind === 'quota-exhausted' && error.status === 429;
  const text = kind === 'context-overflow' && !message.includes(tooLong) ? `${tooLong}: ${message}` : message;
  return {
    type: 'error',
    error: compact({
      type: spent ? 'rate_limit_error' : typeOfKind[kind],
      message: text,
      code,
      param,
      ...(details as { readonly [key: string]: Json } | undefined),
    }),
  };
}

/** 529 is how Anthropic says 503; a missing model is a 404 there. */
function encode(error: GatewayError): { status: number; body: JsonObject } {
  const missing = error.kind === 'model-not-found' && error.status === errorKinds['model-not-found'].status;
  const status = missing ? 404 : error.status === 503 ? 529 : error.status;
  return { status, body: errorBody(error) };
}
