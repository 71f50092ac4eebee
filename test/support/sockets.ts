// Servers that answer by hand, and a transport to call them: what the transport's tests are made of.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { GatewayError } from '../../src/errors.ts';
import { type ByteSink, createTransport, type UpstreamRequest } from '../../src/transport/http.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export async function listen(server: Server): Promise<URL> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closers.push(() => server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/x?y=z`);
}

export function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
): Promise<URL> {
  return listen(
    createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => answer(request, response, Buffer.concat(parts)));
    }),
  );
}

export function serveBytes(answer: (socket: Socket) => void): Promise<URL> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => answer(socket));
    }),
  );
}

export function open() {
  const transport = createTransport();
  closers.push(() => transport.close());
  return transport;
}

export const never = new AbortController().signal;
export const patient: UpstreamRequest['timeouts'] = { connect: 5000, headers: 5000, idle: 5000 };
export const post = (url: URL, body = Buffer.from('{}'), timeouts = patient): UpstreamRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  body,
  timeouts,
});

/** Resolves at the first moment the condition holds, looking once per turn of the event loop. */
export function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => (condition() ? resolve() : setImmediate(look));
    look();
  });
}

/** A sink that notes everything. */
export function recorder(accept: (chunk: Buffer) => boolean = () => true) {
  const chunks: Buffer[] = [];
  const ends: ('end' | GatewayError)[] = [];
  const sink: ByteSink = {
    data(chunk) {
      chunks.push(chunk);
      return accept(chunk);
    },
    end: () => ends.push('end'),
    fail: (error) => ends.push(error),
  };
  return { sink, chunks, ends, text: () => Buffer.concat(chunks).toString('latin1') };
}
