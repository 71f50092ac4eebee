// The error body of OpenAI's two wire formats, both directions, with the variants that compatible services send instead. Shared by
// openai-chat, openai-completions and openai-responses, whose error bodies are truly the same.

import { type ErrorFacts, type ErrorKind, GatewayError, kindOfStatus, wordless } from '../errors.ts';
import { asArray, asNumber, asObject, asString, type Json, type JsonObject, objects, parseObject } from '../json.ts';
import { secondsToWait } from './openai-wait.ts';
import { challenge, concernsAccount, kindOfProse } from './refusals.ts';

/** What an error body says, whichever shape it has. */
interface Told {
  readonly message?: string;
  readonly code?: string;
  readonly type?: string;
  readonly param?: string;
  /** A status within the body: OpenRouter and Google repeat it as a numeric `code`. */
  readonly status?: number;
  /** The object that held it, for reset times. */
  readonly source: JsonObject;
}

const rows = {
  'bad-request': ['invalid_request_error', null],
  'model-not-found': ['invalid_request_error', 'model_not_found'],
  'context-overflow': ['invalid_request_error', 'context_length_exceeded'],
  'seal-refused': ['invalid_request_error', 'invalid_encrypted_content'],
  unauthorized: ['authentication_error', 'invalid_api_key'],
  'quota-exhausted': ['insufficient_quota', 'insufficient_quota'],
  forbidden: ['permission_error', null],
  'not-found': ['invalid_request_error', 'not_found'],
  'too-large': ['invalid_request_error', 'request_too_large'],
  'rate-limited': ['rate_limit_error', 'rate_limit_exceeded'],
  cancelled: ['invalid_request_error', 'request_cancelled'],
  internal: ['server_error', 'internal_server_error'],
  unsupported: ['invalid_request_error', 'unsupported'],
  upstream: ['server_error', 'internal_server_error'],
  unreachable: ['server_error', 'internal_server_error'],
  unavailable: ['server_error', 'server_is_overloaded'],
  overloaded: ['server_error', 'server_is_overloaded'],
  timeout: ['timeout_error', 'timeout'],
} as const satisfies Record<ErrorKind, readonly [type: string, code: string | null]>;

/** Codes that clients look for in `type` as well (Codex stops retrying on them). */
const codesThatAreTypes = ['usage_limit_reached', 'usage_not_included', 'insufficient_quota'];

/** The OpenAI body of any error. */
export function encodeOpenAiError(error: GatewayError): { readonly status: number; readonly body: JsonObject } {
  const [type, code] = rows[error.kind];
  const { code: told, param, details } = error.facts;
  const shown = told ?? code;
  const body = {
    error: {
      ...(details as JsonObject | undefined),
      message: error.message,
      type: shown !== null && codesThatAreTypes.includes(shown) ? shown : type,
      param: param ?? null,
      code: shown,
    },
  };
  return { status: error.status, body };
}

/** An upstream's error answer, classified. Header names are lower case. */
export function decodeOpenAiError(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): GatewayError {
  const page = challenge(status, body, headers);
  if (page) return page;
  const told = readBody(body);
  const facts: ErrorFacts = { status, wire: { status, body, headers } };
  if (!told)
    return new GatewayError(kindOf(status, { source: {} }), wordless(status, body), withWait(facts, {}, headers));
  return tell(status, told, facts, headers);
}

/**
 * The error that a body sent with status 200, or one frame of a stream, holds; undefined where it holds none. `named` says that the
 * frame came as an `error` event, so that whatever it holds is one.
 */
export function findOpenAiError(json: JsonObject, named = false): GatewayError | undefined {
  // Asked for every delta of every stream: most hold nothing that could be an error.
  if (!json.error && !json.errors && !json.base_resp && !named && json.object !== 'error') return undefined;
  const told = readError(json) ?? (named || json.object === 'error' ? readFlat(json) : undefined);
  if (!told) return named ? new GatewayError('upstream', 'The upstream stream reported an error.') : undefined;
  const status = told.status !== undefined && told.status >= 400 && told.status < 600 ? told.status : undefined;
  return tell(status, told, status === undefined ? {} : { status }, {});
}

function tell(
  status: number | undefined,
  told: Told,
  facts: ErrorFacts,
  headers: Readonly<Record<string, string>>,
): GatewayError {
  const kind = kindOf(status, told);
  const message = told.message ?? `The upstream answered with an error${status === undefined ? '' : ` (${status})`}.`;
  const code = told.code ?? codeOf(kind, told);
  const details = usageLimitDetails(told);
  const whole = kind === 'quota-exhausted' || concernsAccount(kind, message);
  return new GatewayError(kind, message, {
    ...withWait(facts, told.source, headers, message),
    ...(whole && { scope: 'credential' }),
    ...(code !== undefined && { code }),
    ...(told.param !== undefined && { param: told.param }),
    ...(details && { details }),
  });
}

function withWait(
  facts: ErrorFacts,
  source: JsonObject,
  headers: Readonly<Record<string, string>>,
  message = '',
): ErrorFacts {
  const retryAfter = secondsToWait(source, headers, message);
  return retryAfter === undefined ? facts : { ...facts, retryAfter };
}

/** The code clients act on, where upstream only said it in prose or as a type. */
function codeOf(kind: ErrorKind, told: Told): string | undefined {
  if (kind === 'context-overflow' || kind === 'model-not-found' || kind === 'seal-refused') return rows[kind][1];
  return told.type !== undefined && codesThatAreTypes.includes(told.type) ? told.type : undefined;
}

/** What Codex shows beside a spent usage window. */
function usageLimitDetails({ source }: Told): Record<string, Json> | undefined {
  const details: Record<string, Json> = {};
  for (const key of ['plan_type', 'resets_at', 'resets_in_seconds']) {
    const value = source[key];
    if (value !== undefined && value !== null) details[key] = value;
  }
  return Object.keys(details).length > 0 ? details : undefined;
}

// Reading the shapes.

function readBody(body: string): Told | undefined {
  // Google's compatible endpoint wraps the object in an array.
  const trimmed = body.trim();
  const json = parseObject(trimmed.startsWith('[') ? `{"list":${trimmed}}` : trimmed);
  const object = json?.list === undefined ? json : objects(json.list)[0];
  return object && (readError(object) ?? readFlat(object));
}

/** `{error: {…}}`, `{error: "text"}`, `{errors: […]}` and `{base_resp: {…}}`. */
function readError(json: JsonObject): Told | undefined {
  const { error } = json;
  if (typeof error === 'string' && error !== '') return { message: error, ...words(json), source: json };
  const object = asObject(error) ?? objects(json.errors)[0];
  if (object) return { ...words(object), ...text(object), source: object };
  return readBaseResp(json);
}

/** MiniMax's codes, sent with HTTP 200. */
const baseRespStatus: Record<number, number> = {
  1001: 504,
  1002: 429,
  1004: 401,
  1008: 402,
  1026: 400,
  1027: 400,
  1039: 429,
  1041: 429,
  1042: 400,
  2013: 400,
  2049: 401,
};

function readBaseResp(json: JsonObject): Told | undefined {
  const resp = asObject(json.base_resp);
  const code = asNumber(resp?.status_code);
  if (!resp || code === undefined || code === 0) return undefined;
  const message = asString(resp.status_msg) ?? `The upstream answered with error ${code}.`;
  return { message, code: String(code), status: baseRespStatus[code] ?? 502, source: resp };
}

/** `{message, code}`, `{detail: …}` (FastAPI), `{msg}`, `{error_msg}`. */
function readFlat(json: JsonObject): Told | undefined {
  const told = { ...words(json), ...text(json), source: json };
  return told.message === undefined && told.code === undefined ? undefined : told;
}

function text(object: JsonObject): { readonly message?: string } {
  const message =
    asString(object.message) ?? detailText(object.detail) ?? asString(object.msg) ?? asString(object.error_msg);
  if (message === undefined || message === '') return {};
  // OpenRouter keeps the vendor's own words beside its summary.
  const raw = asString(asObject(object.metadata)?.raw);
  return { message: raw && message === 'Provider returned error' ? `${message}: ${clip(raw)}` : message };
}

function detailText(detail: Json | undefined): string | undefined {
  if (typeof detail === 'string') return detail;
  const object = asObject(detail);
  if (object) return asString(object.message) ?? asString(object.msg) ?? clip(JSON.stringify(object));
  const problems = objects(detail).map((problem) => {
    const where = asArray(problem.loc)
      ?.filter((step) => typeof step === 'string' || typeof step === 'number')
      .join('.');
    return `${where ? `${where}: ` : ''}${asString(problem.msg) ?? 'invalid'}`;
  });
  return problems.length > 0 ? problems.join('; ') : undefined;
}

function words(object: JsonObject): Omit<Told, 'message' | 'source'> {
  const number = asNumber(object.code) ?? asNumber(object.status) ?? asNumber(object.status_code);
  const code = asString(object.code) ?? asString(object.error_code);
  const type = asString(object.type) ?? asString(object.status);
  const param = asString(object.param);
  return {
    ...(code && { code }),
    ...(type && { type }),
    ...(param && { param }),
    ...(number !== undefined && { status: number }),
  };
}

function clip(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

// Classification: words first where they are known, then the message, then the status.

const kindOfWord = new Map<string, ErrorKind>(
  Object.entries({
    context_length_exceeded: 'context-overflow',
    context_too_large: 'context-overflow',
    model_not_found: 'model-not-found',
    model_not_supported: 'model-not-found',
    unsupported_model: 'model-not-found',
    invalid_api_key: 'unauthorized',
    authentication_error: 'unauthorized',
    unauthenticated: 'unauthorized',
    invalid_grant: 'unauthorized',
    insufficient_quota: 'quota-exhausted',
    exceeded_current_quota_error: 'quota-exhausted',
    usage_limit_reached: 'quota-exhausted',
    billing_error: 'quota-exhausted',
    billing_hard_limit_reached: 'quota-exhausted',
    usage_not_included: 'forbidden',
    permission_error: 'forbidden',
    permission_denied: 'forbidden',
    engine_overloaded_error: 'overloaded',
    server_is_overloaded: 'overloaded',
    overloaded_error: 'overloaded',
    slow_down: 'overloaded',
    unavailable: 'overloaded',
    rate_limit_exceeded: 'rate-limited',
    rate_limit_error: 'rate-limited',
    rate_limit_reached_error: 'rate-limited',
    resource_exhausted: 'rate-limited',
    too_many_requests: 'rate-limited',
    not_found_error: 'not-found',
    timeout_error: 'timeout',
    server_error: 'upstream',
    api_error: 'upstream',
    internal_server_error: 'upstream',
    internal_error: 'upstream',
    invalid_encrypted_content: 'seal-refused',
    content_policy_violation: 'bad-request',
  }),
);
/** The request's own faults, whatever the status but those that speak of the account. */
const faults = new Map<string, ErrorKind>(
  Object.entries({
    bio_policy: 'bad-request',
    cyber_policy: 'bad-request',
    invalid_prompt: 'bad-request',
    invalid_request_error: 'bad-request',
    invalid_value: 'bad-request',
    message_too_big: 'too-large',
    previous_response_not_found: 'bad-request',
    string_above_max_length: 'bad-request',
    unsupported_value: 'bad-request',
  }),
);
const accountStatuses: readonly number[] = [401, 402, 403, 429];
/** Too general to beat a status or a message. */
const generalWords = new Map<string, ErrorKind>(
  Object.entries({
    invalid_argument: 'bad-request',
    bad_request: 'bad-request',
  }),
);

const overflow =
  /maximum context length|context[ _](?:length|window)|too many (?:input )?tokens(?! per)|model token limit|prompt is too long|input is too long|maximum prompt length|input length .{0,40}exceeds?/i;
const full = /\bat capacity\b/i;
const overloaded = /overloaded/i;
const badKey =
  /(?:invalid|incorrect|expired|missing|no valid).{0,20}\bapi[ _-]?key|api[ _-]?key.{0,20}(?:invalid|not valid|incorrect|expired)/i;

function kindOf(status: number | undefined, told: Told): ErrorKind {
  if (status === 401) return 'unauthorized';
  return (
    proseKind(status, told.message ?? '') ??
    wordedKind(status, told) ??
    (isFull(status, told) ? 'overloaded' : undefined) ??
    (status === undefined ? generalKind(told) : statusKind(status, told))
  );
}

/** Statuses whose message may say something more exact than the status does. */
function refuses(status: number | undefined): boolean {
  return status === undefined || [400, 404, 413, 422].includes(status);
}

function proseKind(status: number | undefined, message: string): ErrorKind | undefined {
  if (refuses(status) && overflow.test(message)) return 'context-overflow';
  return kindOfProse(status, message) ?? (refuses(status) && badKey.test(message) ? 'unauthorized' : undefined);
}

function wordedKind(status: number | undefined, { code = '', type = '' }: Told): ErrorKind | undefined {
  const fault = faults.get(code.toLowerCase());
  if (fault && status !== undefined && !accountStatuses.includes(status)) return fault;
  const worded = kindOfWord.get(code.toLowerCase()) ?? kindOfWord.get(type.toLowerCase());
  // `server_error` says less than any status does.
  return worded === 'upstream' && status !== undefined ? undefined : worded;
}

function isFull(status: number | undefined, { message = '' }: Told): boolean {
  return full.test(message) || ((status === undefined || status >= 429) && overloaded.test(message));
}

function generalKind({ code = '', type = '' }: Told): ErrorKind {
  const words = [code.toLowerCase(), type.toLowerCase()];
  return words.map((word) => faults.get(word) ?? generalWords.get(word)).find((kind) => kind) ?? 'upstream';
}

/** A path that is not there has no parameter: what the request refers to is missing. */
function statusKind(status: number, { param = 'model' }: Told): ErrorKind {
  return status === 404 && param !== 'model' ? 'bad-request' : kindOfStatus(status);
}
