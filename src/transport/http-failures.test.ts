import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listen, never, open, patient, post, recorder, serve, serveBytes, until } from '../../test/support/sockets.ts';
import { GatewayError } from '../errors.ts';
import { type ByteSource, createTransport, readAll } from './http.ts';

describe('failures', () => {
  const failed = (url: URL, timeouts = patient): Promise<unknown> =>
    open()
      .send(post(url, Buffer.from('{}'), timeouts), never)
      .then((reply: { body: ByteSource }) => readAll(reply.body, 1000))
      .catch((error: unknown) => error);

  it('name the host and the reason', async () => {
    const dead = createTcpServer();
    const deadUrl = await listen(dead);
    await new Promise((resolve) => dead.close(resolve));
    expect(await failed(deadUrl)).toMatchObject({
      kind: 'unreachable',
      message: `Cannot reach ${deadUrl.host}: the connection was refused.`,
      facts: { detail: expect.stringContaining('ECONNREFUSED') },
    });
    const rude = await serveBytes((socket) => socket.resetAndDestroy());
    expect(await failed(rude)).toMatchObject({
      kind: 'upstream',
      message: `${rude.host} did not answer: the connection was reset.`,
    });
    const odd = await serveBytes((socket) => socket.end('220 smtp ready\r\n'));
    expect(await failed(odd)).toMatchObject({ kind: 'upstream', message: expect.stringContaining('not valid HTTP') });
    const short = await serveBytes((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'));
    expect(await failed(short)).toMatchObject({
      kind: 'upstream',
      message: expect.stringContaining('broke off its reply'),
    });
    const cut = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n4\r\nhalf\r\n';
    const closing = await serveBytes((socket) => socket.end(cut));
    expect(await failed(closing)).toMatchObject({
      kind: 'upstream',
      message: `${closing.host} broke off its reply: the connection was closed.`,
      facts: { detail: expect.stringContaining('HPE_INVALID_EOF_STATE') },
    });
    const plain = await serve((_request, response) => response.end());
    expect(await failed(new URL(`https://${plain.host}/`))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('TLS'),
    });
    // A label longer than 63 characters is no name: no server is asked for it.
    const nameless = new URL(`http://${'a'.repeat(64)}.invalid/`);
    expect(await failed(nameless)).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('(DNS)'),
    });
  });

  it('of a socket that is accepted and never answered end with the time-out of their phase', async () => {
    const deaf = await listen(createTcpServer((socket) => void socket.on('error', () => undefined)));
    expect(await failed(deaf, { connect: 50, headers: 60, idle: 0 })).toMatchObject({
      kind: 'timeout',
      message: `${deaf.host} did not begin to answer within 0.06 s.`,
    });
    // No handshake, no connection.
    expect(await failed(new URL(`https://${deaf.host}/`), { connect: 50, headers: 0, idle: 0 })).toMatchObject({
      kind: 'unreachable',
      message: `Cannot reach ${deaf.host}: no connection within 0.05 s.`,
    });
  });

  it('come when a call takes too long in all, whatever comes meanwhile', async () => {
    let closed = 0;
    const dripping = await serve((_request, response) => {
      const timer = setInterval(() => response.write('drip'), 5);
      response.on('close', () => {
        clearInterval(timer);
        closed++;
      });
    });
    const inAll = { connect: 0, headers: 0, idle: 50, total: 80 };
    const late = {
      kind: 'timeout',
      message: `${dripping.host} did not finish within 0.08 s: its reply was broken off.`,
    };
    const { body } = await open().send(post(dripping, Buffer.from('{}'), inAll), never);
    const heard = recorder();
    body.flow(heard.sink);
    await until(() => heard.ends.length > 0);
    expect(heard.chunks.length).toBeGreaterThan(0);
    expect(heard.ends).toMatchObject([late]);
    // Also where nobody has taken the reply up yet.
    const waiting = await open().send(post(dripping, Buffer.from('{}'), inAll), never);
    await until(() => closed === 2);
    await expect(readAll(waiting.body, 1000)).rejects.toMatchObject(late);
    const silent = await serveBytes(() => undefined);
    expect(await failed(silent, { connect: 0, headers: 0, idle: 0, total: 40 })).toMatchObject({
      kind: 'timeout',
      message: `${silent.host} did not finish within 0.04 s.`,
    });
  });

  it('do not come once all of a reply is there, and leave no timer', async () => {
    const url = await serve((_request, response) => response.end('whole'));
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const transport = open();
    const limits = { connect: 60_000, headers: 0, idle: 0, total: 60_000 };
    const heard = recorder(() => false);
    const { body } = await transport.send(post(url, Buffer.from('{}'), limits), never);
    body.flow(heard.sink);
    await until(() => heard.text() === 'whole');
    body.resume();
    await until(() => heard.ends.length > 0);
    expect(heard.ends).toEqual(['end']);
    await transport.close();
    await until(() => timers() <= before);
  });

  it('are timeouts where the upstream is too slow', async () => {
    const silent = await serveBytes(() => undefined);
    expect(await failed(silent, { connect: 0, headers: 50, idle: 0 })).toMatchObject({
      kind: 'timeout',
      message: `${silent.host} did not begin to answer within 0.05 s.`,
    });
    const stalling = await serve((_request, response) => void response.write('x'));
    expect(await failed(stalling, { connect: 0, headers: 0, idle: 50 })).toMatchObject({
      kind: 'timeout',
      message: `${stalling.host} broke off its reply: nothing came within 0.05 s.`,
    });
  });

  it('keep the reason of our own signal where it is a GatewayError', async () => {
    const url = await serveBytes(() => undefined);
    const controller = new AbortController();
    const reply = open().send(post(url), controller.signal);
    controller.abort(new GatewayError('timeout', 'The request took too long.'));
    await expect(reply).rejects.toMatchObject({ kind: 'timeout', message: 'The request took too long.' });
  });

  it('do not show what a header holds', async () => {
    const url = await serve((_request, response) => response.end());
    const request = { ...post(url), headers: { authorization: 'Bearer secret\n' } };
    const error = await open()
      .send(request, never)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'internal', message: expect.stringContaining('authorization') });
    expect(String(error)).not.toContain('secret');
  });

  it('end what is under way when the transport closes', async () => {
    const url = await serveBytes(() => undefined);
    const transport = createTransport();
    const reply = transport.send(post(url), never);
    const told = expect(reply).rejects.toMatchObject({ kind: 'unavailable' });
    await transport.close();
    await told;
    await expect(transport.send(post(url), never)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
