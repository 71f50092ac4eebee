import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransport, readAll } from './http.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that is its own proxy, with those who are connected to it as a proxy: they name the host in the request line. */
async function served(answer: (response: ServerResponse) => void) {
  const open = new Set<Socket>();
  const server = createServer(({ url, socket }, response) => {
    if (url?.startsWith('http:') && !open.has(socket)) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    answer(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, open };
}

function opened() {
  const transport = createTransport();
  closers.push(() => transport.close());
  const send = (url: string, proxy?: string) =>
    transport.send(
      {
        method: 'GET',
        url: new URL(url),
        headers: {},
        timeouts: { connect: 5000, headers: 5000, idle: 5000 },
        ...(proxy !== undefined && { proxy }),
      },
      new AbortController().signal,
    );
  const text = async (url: string, proxy?: string) =>
    (await readAll((await send(url, proxy)).body, 1 << 20)).toString();
  return { transport, send, text };
}

describe('connections by a proxy', () => {
  it('are kept for as long as the setting is in use, and closed when it is not any more', async () => {
    const { url, open } = await served((response) => response.end('hello'));
    const { transport, text } = opened();
    expect(await text(url, url)).toBe('hello');
    transport.keep(new Set([url]));
    expect(await text(url, url)).toBe('hello');
    expect(open.size).toBeGreaterThan(0);
    transport.keep(new Set());
    await expect.poll(() => open.size).toBe(0);
    // An exchange that began before may still want to go by it.
    expect(await text(url, url)).toBe('hello');
    expect(await text(url)).toBe('hello');
  });

  it('carry a reply that is under way to its end', async () => {
    let last: ServerResponse | undefined;
    const { url, open } = await served((response) => {
      response.write('first ');
      last = response;
    });
    const { transport, send } = opened();
    const { body } = await send(url, url);
    transport.keep(new Set());
    const read = readAll(body, 1 << 20);
    await new Promise((resolve) => setImmediate(resolve));
    expect(open.size).toBe(1);
    last?.end('last');
    expect((await read).toString()).toBe('first last');
    await expect.poll(() => open.size).toBe(0);
  });

  it('are dropped with the transport, also those that were on their way out', async () => {
    const { url, open } = await served((response) => void response.write('first '));
    const { transport, send } = opened();
    const { body } = await send(url, url);
    const read = readAll(body, 1 << 20);
    transport.keep(new Set());
    await transport.close();
    await expect(read).rejects.toThrow();
    await expect.poll(() => open.size).toBe(0);
  });
});
