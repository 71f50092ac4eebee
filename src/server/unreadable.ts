// What Node itself cannot read as HTTP: headers that are too large, a body that is not framed as it says, no HTTP at all. What is no
// request yet is answered on the bare socket, in the dialect of its path where that can be seen; most clients show OpenAI's shape.

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { GatewayError } from '../errors.ts';
import type { Observe } from '../observe/observation.ts';
import { unreadable } from './call.ts';
import { dialectSpoken } from './spoken.ts';
import { Upload } from './upload.ts';

const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** Node's error, with the bytes that it stumbled upon. */
export type Unread = Error & { readonly code?: string; readonly rawPacket?: unknown };

const faults: ReadonlyMap<string, readonly [status: number, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'The request headers are larger than 16 KiB.']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'The chunks of the request body say more beside it than they may.']],
  ['HPE_INVALID_EOF_STATE', [400, 'The request broke off before its end.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'The request did not arrive in time.']],
]);

/** Milliseconds that a client has to read the answer before what it still sends is cut off. */
const lingering = 1000;

/** Those that have their answer: what still comes on them is no news. */
const refused = new WeakSet<Duplex>();

/** Answers for a request that cannot be read, unless the answer to another one is under way. */
export function refuseUnreadable(thrown: Unread, socket: Socket, observe: Observe): void {
  if (thrown.code !== 'ECONNRESET' && refused.has(socket)) return;
  const error = errorOf(thrown);
  const begun = (socket as Socket & { readonly _httpMessage?: ServerResponse })._httpMessage;
  if (thrown.code === 'ECONNRESET' || !socket.writable || (begun && !refuseBody(begun, error))) {
    socket.destroy();
    return;
  }
  refused.add(socket);
  if (!begun) answerOn(socket, error, pathIn(thrown), observe);
}

/** Nobody tunnels through a gateway: its clients ask it itself. */
export function refuseTunnel(socket: Duplex, observe: Observe): void {
  const message =
    'This is a gateway and no proxy: it is asked by its base URL, and not through HTTPS_PROXY or the like.';
  socket.on('error', () => undefined);
  answerOn(socket, new GatewayError('bad-request', message, { status: 501, code: 'no_proxy' }), '', observe);
}

function errorOf({ code = '' }: Unread): GatewayError {
  const [status, message] = faults.get(code) ?? [400, 'This is no valid HTTP request.'];
  return new GatewayError('bad-request', message, { status, code: unreadable, detail: code });
}

/** Tells who waits for the body of a request that it will not come; says whether anybody does. */
function refuseBody({ req, headersSent }: ServerResponse, error: GatewayError): boolean {
  return req instanceof Upload && !req.complete && !headersSent && req.fail(error);
}

function pathIn({ rawPacket }: Unread): string {
  const start = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1', 0, 1024) : '';
  return /^[A-Z-]+ ([^ ?]+)/.exec(start)?.[1] ?? '';
}

function answerOn(socket: Duplex, error: GatewayError, path: string, observe: Observe): void {
  observe({ type: 'request-refused', exchange: randomUUID(), path, error });
  const spoken = dialectSpoken({ path, header: () => undefined, query: new URLSearchParams() });
  const { status, body } = spoken.error.encode(error);
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
  const cut = setTimeout(() => socket.destroy(), lingering).unref();
  socket.once('close', () => clearTimeout(cut));
}
