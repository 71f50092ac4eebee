// The error body of OpenAI's services, the same for Chat Completions and Responses.

import type { JsonObject } from '../json.ts';
import type { Complaint } from './speaker.ts';

interface Words {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
}

const byStatus: Readonly<Record<number, Words>> = {
  400: { type: 'invalid_request_error', code: null, message: 'The request is invalid.' },
  401: { type: 'authentication_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  402: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'Your balance is used up.' },
  403: { type: 'permission_error', code: null, message: 'You do not have access to this resource.' },
  404: { type: 'invalid_request_error', code: 'model_not_found', message: 'The requested resource does not exist.' },
  408: { type: 'timeout_error', code: null, message: 'The request timed out.' },
  409: { type: 'conflict_error', code: null, message: 'The request conflicts with another.' },
  413: { type: 'invalid_request_error', code: null, message: 'The request is too large.' },
  429: { type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'Rate limit reached.' },
  500: { type: 'server_error', code: 'internal_server_error', message: 'The server had an error.' },
  503: {
    type: 'server_error',
    code: 'server_is_overloaded',
    message: 'The server is overloaded. Please try again later.',
  },
  504: { type: 'timeout_error', code: null, message: 'The request timed out.' },
};

/** What OpenAI says for a status when nobody scripted the words. OpenAI knows no 529: its overload is 503. */
export function openaiWords(status: number): Words {
  const nearest = status === 529 ? 503 : status >= 500 ? 500 : 400;
  return (
    byStatus[status] ?? byStatus[nearest] ?? { type: 'server_error', code: null, message: 'The server had an error.' }
  );
}

/** `{"error":{…}}` for the complaint. */
export function openaiError(complaint: Complaint): JsonObject {
  const words = openaiWords(complaint.status);
  const own = complaint.message !== undefined || complaint.type !== undefined;
  return {
    error: {
      message: complaint.message ?? words.message,
      type: complaint.type ?? words.type,
      param: complaint.param ?? null,
      code: complaint.code ?? (own && complaint.status === 400 ? null : words.code),
    },
  };
}
