import { createServer, type ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { listen, never, open, post, recorder, serve, serveBytes, until } from '../../test/support/sockets.ts';
import { GatewayError } from '../errors.ts';
import { readAll } from './http.ts';

describe('send', () => {
  it('carries request and reply byte for byte, and joins headers that came twice', async () => {
    const url = await serve((request, response, body) => {
      response.writeHead(418, [
        ['X-Twice', '1'],
        ['x-twice', '2'],
        ['Retry-After', '7'],
      ]);
      response.end(
        Buffer.concat([Buffer.from(`${request.method} ${request.url} ${request.headers['accept-encoding']} `), body]),
      );
    });
    const transport = open();
    const body = Buffer.from([0xff, 0, 0x22, 0xc3]);
    const reply = await transport.send(post(url, body), never);
    expect(reply.status).toBe(418);
    expect(reply.headers).toMatchObject({ 'x-twice': '1, 2', 'retry-after': '7' });
    const expected = Buffer.concat([Buffer.from('POST /v1/x?y=z identity '), body]);
    expect(await readAll(reply.body, 1000)).toEqual(expected);
    const { body: _body, ...get } = post(url);
    const second = await transport.send({ ...get, method: 'GET' }, never);
    expect((await readAll(second.body, 1000)).toString()).toBe('GET /v1/x?y=z identity ');
  });

  it('tells when there is a connection, and nothing where there is none', async () => {
    const told: string[] = [];
    const watch = { connected: () => told.push('connected') };
    const url = await serve((_request, response) => {
      told.push('asked');
      response.end();
    });
    const transport = open();
    for (let turn = 0; turn < 2; turn++) await readAll((await transport.send({ ...post(url), watch }, never)).body, 10);
    expect(told).toEqual(['connected', 'asked', 'connected', 'asked']);
    const nowhere = transport.send({ ...post(new URL('http://127.0.0.1:1/')), watch }, never);
    await expect(nowhere).rejects.toMatchObject({ kind: 'unreachable' });
    expect(told).toHaveLength(4);
  });

  it('passes over 1xx answers', async () => {
    const url = await serve((_request, response) => {
      response.writeProcessing();
      response.end('real');
    });
    const reply = await open().send(post(url), never);
    expect([reply.status, (await readAll(reply.body, 10)).toString()]).toEqual([200, 'real']);
  });

  it('uses connections again', async () => {
    let connections = 0;
    const server = createServer((_request, response) => response.end('x'));
    server.on('connection', () => connections++);
    const url = await listen(server);
    const transport = open();
    for (let round = 0; round < 20; round++) await readAll((await transport.send(post(url), never)).body, 10);
    // Two: undici frees a connection one turn after its reply has ended.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('unpacks what comes compressed although we ask for none, also several times over', async () => {
    const plain = Buffer.from(JSON.stringify({ text: 'é'.repeat(100_000) }));
    const packed: Record<string, Buffer> = {
      gzip: gzipSync(plain),
      deflate: deflateSync(plain),
      'deflate ': deflateRawSync(plain),
      br: brotliCompressSync(plain),
      zstd: zstdCompressSync(plain),
      'gzip, br': brotliCompressSync(gzipSync(plain)),
      identity: plain,
    };
    const url = await serve((request, response) => {
      const coding = decodeURIComponent(request.url?.slice(1) ?? '');
      response.writeHead(200, { 'content-encoding': coding }).end(packed[coding] ?? gzipSync(plain).subarray(0, 50));
    });
    const transport = open();
    const get = (coding: string) => transport.send(post(new URL(`/${encodeURIComponent(coding)}`, url)), never);
    for (const coding of Object.keys(packed)) {
      const reply = await get(coding);
      expect(reply.headers).not.toHaveProperty('content-encoding');
      expect((await readAll(reply.body, 1 << 20)).equals(plain)).toBe(true);
    }
    await expect(get('x-gzip').then((reply) => readAll(reply.body, 1000))).rejects.toMatchObject({ kind: 'upstream' });
    await expect(get('rot13')).rejects.toThrow('rot13');
  });

  it('refuses a whole body above the limit', async () => {
    const url = await serve((_request, response) => response.end(Buffer.alloc(200_000)));
    const reply = await open().send(post(url), never);
    await expect(readAll(reply.body, 100_000)).rejects.toMatchObject({ kind: 'upstream' });
  });
});

describe('the five pitfalls', () => {
  it('1. a request whose client left before it was sent is never sent, and holds no connection', async () => {
    const served: string[] = [];
    const url = await serve((_request, response, body) => {
      served.push(body.toString());
      response.end('x');
    });
    const transport = open();
    const leaving = new AbortController();
    const left = Array.from({ length: 20 }, () => transport.send(post(url, Buffer.from('left')), leaving.signal));
    leaving.abort();
    for (const one of left) await expect(one).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(transport.send(post(url), leaving.signal)).rejects.toMatchObject({ kind: 'cancelled' });
    for (let round = 0; round < 20; round++)
      await readAll((await transport.send(post(url, Buffer.from('stayed')), never)).body, 10);
    expect(new Set(served)).toEqual(new Set(['stayed']));
  });

  it('2 and 5. a client that leaves mid-stream, paused or not, frees the connection and harms nobody', async () => {
    let closed = 0;
    let begun = 0;
    const url = await serve((_request, response, body) => {
      if (body.toString() !== 'stream') return void response.end('fine');
      begun++;
      response.on('close', () => closed++);
      const timer = setInterval(() => response.write(Buffer.alloc(100_000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    const transport = open();
    const stream = () => post(url, Buffer.from('stream'));
    const leaving = new AbortController();
    const heard = [recorder(), recorder(() => false), recorder(), recorder()];
    const replies = await Promise.all(heard.map(() => transport.send(stream(), leaving.signal)));
    replies.slice(0, 3).forEach((reply, index) => void reply.body.flow((heard[index] ?? recorder()).sink));
    await until(() => heard.slice(0, 3).every((one) => one.chunks.length > 0));
    replies[2]?.body.abort(new Error('this one is given up alone'));
    const at = heard[2]?.chunks.length;
    leaving.abort();
    replies[3]?.body.flow((heard[3] ?? recorder()).sink);
    await until(() => closed === 4 && heard[3]?.ends.length === 1);
    expect(begun).toBe(4);
    expect(heard[0]?.ends).toMatchObject([{ kind: 'cancelled' }]);
    expect(heard[1]?.ends).toMatchObject([{ kind: 'cancelled' }]);
    expect([heard[2]?.ends, heard[2]?.chunks.length]).toEqual([[], at]);
    expect(heard[3]?.ends).toMatchObject([{ kind: 'cancelled' }]);
    expect((await readAll((await transport.send(post(url), never)).body, 10)).toString()).toBe('fine');
  });

  it('3. there is no cap on concurrent streams', async () => {
    const waiting: ServerResponse[] = [];
    const url = await serve((_request, response) => {
      response.write('begun');
      waiting.push(response);
    });
    const transport = open();
    const replies = await Promise.all(Array.from({ length: 300 }, () => transport.send(post(url), never)));
    for (const response of waiting) response.end();
    const texts = await Promise.all(replies.map((reply) => readAll(reply.body, 10)));
    expect(texts.filter((text) => text.toString() === 'begun')).toHaveLength(300);
  });

  it('4. a large body goes out as the buffer it is', async () => {
    const large = Buffer.alloc(5 << 20, '{"not json');
    const url = await serve((_request, response, body) => response.end(String(body.equals(large))));
    expect((await readAll((await open().send(post(url, large), never)).body, 10)).toString()).toBe('true');
  });

  it('5. a sink that says false stops the upstream until it resumes; nothing is lost and little is held', async () => {
    const size = 64 << 20;
    let written = 0;
    const url = await serve((_request, response) => {
      const block = Buffer.alloc(1 << 20, 'b');
      const pump = () => {
        while (written < size) {
          written += block.length;
          if (!response.write(block)) return void response.once('drain', pump);
        }
        response.end();
      };
      pump();
    });
    const { body } = await open().send(post(url), never);
    let received = 0;
    let paused = true;
    let over = false;
    body.flow({
      data(chunk) {
        received += chunk.length;
        return !paused;
      },
      end: () => {
        over = true;
      },
      fail: (error) => expect.unreachable(error.message),
    });
    await until(() => received > 0);
    const first = received;
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    expect(received).toBe(first);
    expect(written).toBeLessThan(size / 2);
    paused = false;
    body.resume();
    await until(() => over);
    expect(received).toBe(size);
  });
});

describe('flow', () => {
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const piece = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

  it('gives what one read brought as one chunk, after flow returned', async () => {
    const url = await serveBytes(
      (socket) => void socket.write(`${chunked}${piece('a')}${piece('b')}${piece('c')}0\r\n\r\n`),
    );
    const { body } = await open().send(post(url), never);
    const { sink, chunks, ends } = recorder();
    body.flow(sink);
    expect(chunks).toEqual([]);
    await until(() => ends.length > 0);
    expect(chunks.map(String)).toEqual(['abc']);
    expect(ends).toEqual(['end']);
  });

  it('waits with the end until a paused sink resumes', async () => {
    const url = await serveBytes((socket) => void socket.write(`${chunked}${piece('a')}0\r\n\r\n`));
    const { body } = await open().send(post(url), never);
    const { sink, ends, text } = recorder(() => false);
    body.flow(sink);
    await until(() => text() === 'a');
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(ends).toEqual([]);
    body.resume();
    await until(() => ends.length > 0);
    expect(ends).toEqual(['end']);
  });

  it('gives what came, then the failure, where the upstream breaks off', async () => {
    const url = await serveBytes((socket) => socket.end(`${chunked}${piece('half')}`));
    const { body } = await open().send(post(url), never);
    const { sink, ends, text } = recorder();
    body.flow(sink);
    await until(() => ends.length > 0);
    expect(text()).toBe('half');
    expect(ends).toMatchObject([
      { kind: 'upstream', message: `${url.host} broke off its reply: the connection was closed.` },
    ]);
  });

  it('fails a sink with what it threw, and lets the connection go', async () => {
    let closed = false;
    const url = await serve((_request, response) => {
      response.on('close', () => {
        closed = true;
      });
      response.write('x');
    });
    const { body } = await open().send(post(url), never);
    const { sink, ends } = recorder(() => {
      throw new GatewayError('upstream', 'too large a frame');
    });
    body.flow(sink);
    await until(() => closed);
    expect(ends).toMatchObject([{ message: 'too large a frame' }]);
  });
});
