// Proxies for tests: HTTP (absolute form and CONNECT) and SOCKS5, each counting what went through it.

import { createServer, request as forward } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { listening } from './stub.ts';

export interface TestProxy {
  /** With a user and a password. */
  readonly url: string;
  /** Hosts that were asked for, a line each. */
  readonly asked: string[];
  close(): void;
}

export const proxyPassword = 'pr0xy-passw0rd-distinctive';

export async function startHttpProxy(): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(new URL(incoming.url ?? '').host);
    const onward = forward(incoming.url ?? '', { method: incoming.method ?? 'GET', headers: incoming.headers });
    onward.on('response', (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on('connect', (incoming, socket: Socket) => {
    asked.push(incoming.url ?? '');
    const [host = '', port] = (incoming.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  const port = await listening(server);
  return {
    url: `http://proxy-user:${proxyPassword}@127.0.0.1:${port}`,
    asked,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** RFC 1928 and 1929, as little as is needed. Names are resolved by the proxy: `upstream.test` is this machine. */
export async function startSocksProxy(): Promise<TestProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    let step = 0;
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      step++;
      if (step === 1) socket.write(Buffer.from([5, 2]));
      else if (step === 2) socket.write(Buffer.from([1, 0]));
      else if (step === 3) open(socket, data, asked);
    });
  });
  const port = await listening(server);
  return {
    url: `socks5://proxy-user:${proxyPassword}@127.0.0.1:${port}`,
    asked,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function open(socket: Socket, data: Buffer, asked: string[]): void {
  const named = data.readUInt8(3) === 3;
  const length = named ? data.readUInt8(4) : 4;
  const host = named ? data.toString('latin1', 5, 5 + length) : [...data.subarray(4, 8)].join('.');
  const port = data.readUInt16BE(named ? 5 + length : 8);
  asked.push(`${host}:${port}`);
  const onward = connect(port, '127.0.0.1', () => {
    socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
    socket.pipe(onward).pipe(socket);
  });
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
}
