import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Lenience, writeWithin } from './early.ts';

let server: Server | undefined;
let client: Socket | undefined;
afterEach(() => {
  client?.destroy();
  server?.close();
});

const ample: Lenience = { bytes: 1 << 30, whole: 60_000, silence: 60_000 };
const answer = { status: 413, headers: {}, body: '{"too":"large"}', id: 'one' };

/** Sends `first` as the body of a request that says it is longer; gives what was answered once its connection is closed. */
async function answered(lenience: Partial<Lenience>, length: number, first: Buffer, rest?: Buffer): Promise<string> {
  let request: IncomingMessage | undefined;
  const listening = createServer((req, response) => {
    request = req;
    writeWithin(response, answer, { ...ample, ...lenience });
  }).listen(0, '127.0.0.1');
  server = listening;
  await new Promise((resolve) => listening.once('listening', resolve));
  const socket = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  client = socket;
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    // The rest is sent by a client that has the answer already.
    if (text === '' && rest) socket.write(rest);
    text += piece.toString('latin1');
  });
  socket.write(`POST / HTTP/1.1\r\nHost: g\r\nContent-Length: ${length}\r\n\r\n`);
  socket.write(first);
  await new Promise((resolve) => socket.once('close', resolve));
  return `${request?.complete ? 'read' : 'unread'}, ${text.slice(text.indexOf('\r\n\r\n') + 4)}`;
}

describe('an answer before the end of its request', () => {
  const piece = Buffer.alloc(4 << 20);

  it('closes the connection once the body has come', async () => {
    const told = await answered({}, 2 * piece.length, piece, piece);
    expect(told).toBe('read, {"too":"large"}');
  });

  it.each([
    ['too much comes', { bytes: 1 << 20 }],
    ['nothing more comes', { silence: 1 }],
    ['it takes too long', { whole: 1 }],
  ])('does not wait for it when %s', async (_when, lenience) => {
    expect(await answered(lenience, 1 << 30, Buffer.alloc(2 << 20))).toBe('unread, {"too":"large"}');
  });
});
