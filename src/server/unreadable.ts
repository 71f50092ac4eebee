// What Node itself cannot read as HTTP: headers that are too large, too slow or no HTTP at all. There is no path and no dialect
// yet, so the answer has OpenAI's shape, which most clients show.

import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { dialectOf } from '../dialects/index.ts';
import { GatewayError } from '../errors.ts';
import type { Observe } from '../observe/observation.ts';

const faults: ReadonlyMap<string, readonly [status: number, line: string, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large', 'The request headers are larger than 16 KiB.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout', 'The request did not arrive in time.']],
]);

/** Answers on the bare socket, unless a reply is under way there. */
export function refuseUnreadable(thrown: Error & { code?: string }, socket: Socket, observe: Observe): void {
  const busy = (socket as Socket & { _httpMessage?: unknown })._httpMessage;
  if (thrown.code === 'ECONNRESET' || busy || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, line, message] = faults.get(thrown.code ?? '') ?? [
    400,
    'Bad Request',
    'This is no valid HTTP request.',
  ];
  const error = new GatewayError('bad-request', message, {
    status,
    code: 'unreadable_request',
    detail: thrown.code ?? '',
  });
  observe({ type: 'request-refused', exchange: randomUUID(), path: '', error });
  const body = JSON.stringify(dialectOf('openai-chat').error.encode(error).body);
  socket.end(
    `HTTP/1.1 ${status} ${line}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
