import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listen, never, open, post, recorder, serve, serveBytes, until } from '../../test/support/sockets.ts';
import { GatewayError } from '../errors.ts';
import { Departure } from '../signal.ts';
import { createTransport, readAll, type Transport, type UpstreamReply, type UpstreamRequest } from './http.ts';

/** Makes a call, and notes all that its receiver hears and when the call returned. */
function called(transport: Transport, request: UpstreamRequest, signal = new Departure(), thrown?: Error) {
  const heard: unknown[] = [];
  const replies: UpstreamReply[] = [];
  transport.call(request, signal, {
    replied(reply) {
      heard.push(reply.status);
      replies.push(reply);
      if (thrown) throw thrown;
    },
    failed: (error) => heard.push(error.kind),
  });
  heard.push('returned');
  return { heard, replies, signal };
}

describe('call', () => {
  it('tells its receiver once, after it returned, also of what is wrong at the start', async () => {
    const url = await serve((_request, response) => response.end('x'));
    const transport = open();
    const good = called(transport, post(url));
    const left = new Departure();
    left.abort();
    const gone = called(transport, post(url), left);
    const unwritable = called(transport, { ...post(url), headers: { 'x-odd': 'a\nb' } });
    const nowhere = called(transport, { ...post(url), proxy: 'gopher://x' });
    const closed = createTransport();
    await closed.close();
    const shut = called(closed, post(url));
    const all = [good, gone, unwritable, nowhere, shut];
    await until(() => all.every(({ heard }) => heard.length > 1));
    expect(all.map(({ heard }) => heard)).toEqual([
      ['returned', 200],
      ['returned', 'cancelled'],
      ['returned', 'internal'],
      ['returned', 'upstream'],
      ['returned', 'unavailable'],
    ]);
    const [reply] = good.replies;
    expect(reply && String(await readAll(reply.body, 10))).toBe('x');
    good.signal.abort();
    expect(good.heard).toHaveLength(2);
  });

  it('is cancelled by its signal once, whenever it fires, and lets the connection go', async () => {
    let closed = 0;
    const silent = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => undefined).on('close', () => closed++);
        socket.resume();
      }),
    );
    const { heard, signal } = called(open(), post(silent));
    await new Promise(setImmediate);
    signal.abort();
    await until(() => closed === 1);
    expect(heard).toEqual(['returned', 'cancelled']);
  });

  it('fails a receiver with what it threw, and lets the connection go', async () => {
    let closed = false;
    const url = await serve((_request, response) => {
      response.on('close', () => {
        closed = true;
      });
      response.write('x');
    });
    const { heard } = called(open(), post(url), new Departure(), new GatewayError('unsupported', 'no such thing'));
    await until(() => closed && heard.length > 2);
    expect(heard).toEqual(['returned', 200, 'unsupported']);
  });

  it('holds little of a reply that nobody takes up, and goes on when somebody does', async () => {
    const size = 8 << 20;
    const url = await serve((_request, response) => response.end(Buffer.alloc(size, 'b')));
    const { body } = await open().send(post(url, undefined, { connect: 0, headers: 0, idle: 40 }), never);
    // Longer than the wait between two pieces: the upstream is not to blame for it.
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect((await readAll(body, size)).length).toBe(size);
  });

  it('takes a stream for slow only where nothing comes in all that time', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    const url = await serveBytes((socket) => {
      let left = 12;
      socket.write(head);
      const timer = setInterval(() => {
        if (left-- > 0) socket.write('1\r\na\r\n');
        else clearInterval(timer);
      }, 20);
      socket.on('close', () => clearInterval(timer));
    });
    const { body } = await open().send(post(url, undefined, { connect: 0, headers: 0, idle: 100 }), never);
    const { sink, ends, text } = recorder();
    body.flow(sink);
    await until(() => ends.length > 0);
    expect(text()).toBe('a'.repeat(12));
    expect(ends).toMatchObject([{ kind: 'timeout', message: expect.stringContaining('nothing came within 0.1 s') }]);
  });

  it('tells what came before the time was up to who takes it up later', async () => {
    const stalling = await serve((_request, response) => void response.write('first'));
    const { body } = await open().send(post(stalling, undefined, { connect: 0, headers: 0, idle: 40 }), never);
    await new Promise((resolve) => setTimeout(resolve, 120));
    const { sink, ends, text } = recorder();
    body.flow(sink);
    await until(() => ends.length > 0);
    expect(text()).toBe('first');
    expect(ends).toMatchObject([{ kind: 'timeout' }]);
  });
});
