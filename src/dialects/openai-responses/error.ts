// Errors: bodies are shared with the other OpenAI dialect; here is what only this one has, failures told within a stream
// (`response.failed`, `error`) whose status must be guessed from their code.

import { badRequest, type ErrorKind, GatewayError } from '../../errors.ts';
import { asNumber, asObject, asString, type JsonObject } from '../../json.ts';
import type { ErrorCodec } from '../dialect.ts';
import { decodeOpenAiError, encodeOpenAiError, findOpenAiError } from '../openai-error.ts';
import type { Kind } from '../shape.ts';

/** `{error: {message, type, param, code}}`, as in all of OpenAI's formats. */
export const error: ErrorCodec = { decode: decodeOpenAiError, encode: encodeOpenAiError };

/** A client's mistake, with the path of the member at fault. */
export function fault(path: string, message: string, code?: string): GatewayError {
  return badRequest(`${path}: ${message}`, path, code);
}

/** A member that is something else than it must be. */
export function misshapen(path: string, kind: Kind): GatewayError {
  return fault(path, `must be ${kind}.`);
}

/** The status a failure would have had, had it come before the stream began. */
const statusOfCode: Readonly<Record<string, number>> = {
  context_length_exceeded: 400,
  context_too_large: 400,
  invalid_prompt: 400,
  invalid_request_error: 400,
  invalid_encrypted_content: 400,
  cyber_policy: 400,
  bio_policy: 400,
  content_policy_violation: 400,
  previous_response_not_found: 400,
  model_not_found: 404,
  rate_limit_exceeded: 429,
  usage_limit_reached: 429,
  insufficient_quota: 429,
  usage_not_included: 429,
  server_is_overloaded: 503,
  slow_down: 503,
  server_error: 500,
};

const unexplained = 'The upstream reported that the response failed.';

/** What went wrong, of a frame or body that says so: `response.failed`, `error` (flat or nested), or a bare `{"error":…}`. */
export function decodeFailure(event: JsonObject): GatewayError {
  const response = asObject(event.response);
  const told = response ? response.error : (event.error ?? (event.type === 'error' ? event : undefined));
  const object = asObject(told) ?? { message: asString(told) ?? unexplained };
  const { type, sequence_number: _, ...flat } = object;
  const members = type === undefined || type === 'error' ? flat : object;
  const code = asString(members.code);
  const status = asNumber(event.status) ?? asNumber(event.status_code) ?? (code ? statusOfCode[code] : undefined);
  if (status !== undefined && status >= 400 && status < 600)
    return decodeOpenAiError(status, JSON.stringify({ error: members }), headersOf(event));
  return findOpenAiError({ error: members }, true) ?? new GatewayError('upstream', unexplained);
}

/** Over a websocket an error frame carries the headers it would have had. */
function headersOf(event: JsonObject): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(asObject(event.headers) ?? {}))
    if (typeof value === 'string' || typeof value === 'number') headers[name.toLowerCase()] = String(value);
  return headers;
}

/** Codex decides by these words whether to try again: only these are final. */
const codeOfKind: Partial<Record<ErrorKind, string>> = {
  'bad-request': 'invalid_prompt',
  'too-large': 'invalid_prompt',
  'context-overflow': 'context_length_exceeded',
  'quota-exhausted': 'insufficient_quota',
  'rate-limited': 'rate_limit_exceeded',
};

/** As an HTTP status Codex tries again after them; within a stream it tells its user to take another model. */
const finalInStreams: readonly string[] = ['server_is_overloaded', 'slow_down'];

/** The `error` member of a `response.failed` frame. */
export function encodeFailure(error: GatewayError): { readonly code: string; readonly message: string } {
  const code = error.facts.code ?? codeOfKind[error.kind] ?? 'server_error';
  return { code: finalInStreams.includes(code) ? 'server_error' : code, message: withRetryTime(error) };
}

/** Codex reads the pause from the message ("try again in 7s"); it has no other place in a stream. */
function withRetryTime({ kind, message, facts }: GatewayError): string {
  if (kind !== 'rate-limited' || facts.retryAfter === undefined || /try again in/i.test(message)) return message;
  return `${message} Please try again in ${facts.retryAfter}s.`;
}
