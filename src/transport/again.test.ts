import { createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listen, never, open, patient, post } from '../../test/support/sockets.ts';
import { readAll } from './http.ts';

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

/** A server whose connections do one after the other, for each request that comes on them; what is left out answers. */
async function serving(...connections: readonly (readonly ((socket: Socket) => void)[])[]) {
  const asked: number[] = [];
  const url = await listen(
    createTcpServer((socket) => {
      const number = asked.push(0) - 1;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        const act = connections[number]?.[asked[number] ?? 0] ?? answering;
        asked[number] = (asked[number] ?? 0) + 1;
        act(socket);
      });
    }),
  );
  return { url, asked };
}

const answering = (socket: Socket): void => void socket.write(answer);
const closing = (socket: Socket): void => void socket.end();

/** Two calls one after the other, so that the second finds the connection of the first; what became of the second. */
async function second(url: URL, timeouts = patient, signal: AbortSignal = never) {
  const transport = open();
  const told = async (by: AbortSignal) =>
    String(await readAll((await transport.send(post(url, undefined, timeouts), by)).body, 99));
  expect(await told(never)).toBe('{}');
  await new Promise((resolve) => setTimeout(resolve, 20));
  return told(signal).catch((error: unknown) => error);
}

describe('a kept connection that is closed as a request goes out on it', () => {
  it('costs the request nothing: it is sent once more', async () => {
    const { url, asked } = await serving([answering, closing]);
    expect(await second(url)).toBe('{}');
    expect(asked).toEqual([2, 1]);
  });

  it('is no reason to send it a third time', async () => {
    const { url, asked } = await serving([answering, closing], [closing]);
    expect(await second(url)).toMatchObject({ kind: 'upstream', message: expect.stringContaining('did not answer') });
    expect(asked).toEqual([2, 1]);
  });

  it.each([
    ['a part of an answer', 'HTTP/1.1 2'],
    ['that it goes on', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['a hint', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('is told as it is where upstream said %s', async (_what, said) => {
    const { url, asked } = await serving([answering, (socket) => void socket.end(said)]);
    expect(await second(url)).toMatchObject({ kind: 'upstream' });
    expect(asked).toEqual([2]);
  });

  it('is told as it is where upstream had time to begin', async () => {
    const { url, asked } = await serving([answering, (socket) => void setTimeout(closing, 100, socket)]);
    expect(await second(url, { ...patient, connect: 40 })).toMatchObject({ kind: 'upstream' });
    expect(asked).toEqual([2]);
  });

  it('is nothing to a client that has left', async () => {
    const leaving = new AbortController();
    const { url, asked } = await serving([
      answering,
      (socket) => {
        closing(socket);
        leaving.abort();
      },
    ]);
    expect(await second(url, patient, leaving.signal)).toMatchObject({ kind: 'cancelled' });
    expect(asked).toEqual([2]);
  });
});

it('a new connection that is closed before an answer is not tried again', async () => {
  const { url, asked } = await serving([closing]);
  await expect(open().send(post(url), never)).rejects.toMatchObject({ kind: 'upstream' });
  expect(asked).toEqual([1]);
});
