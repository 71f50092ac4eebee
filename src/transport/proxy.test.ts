import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTransport, readAll, type UpstreamRequest } from './http.ts';
import { maskProxy, parseProxy } from './proxy.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function origin(): Promise<{ url: URL; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    response.end('from the origin');
  });
  return { url: new URL(`http://127.0.0.1:${await listen(server)}/path?q=1`), seen };
}

function sender() {
  const transport = createTransport();
  closers.push(() => transport.close());
  return async (url: URL, proxy: string, connectTimeout = 0): Promise<string> => {
    const timeouts = { connect: connectTimeout, headers: 0, idle: 0 };
    const request: UpstreamRequest = { method: 'POST', url, headers: {}, body: Buffer.from('{}'), proxy, timeouts };
    const reply = await transport.send(request, new AbortController().signal);
    return (await readAll(reply.body, 1000)).toString();
  };
}

describe('parseProxy', () => {
  it('knows direct, http, https, socks5 and socks5h', () => {
    for (const text of ['direct', 'none', 'DIRECT', '', '  ']) expect(parseProxy(text)).toEqual({ kind: 'direct' });
    expect(parseProxy('http://proxy:8080')).toMatchObject({ kind: 'http', label: 'http://proxy:8080' });
    expect(parseProxy('https://u:p%40ss@proxy')).toMatchObject({ kind: 'http', label: 'https://u:***@proxy' });
    expect(parseProxy('socks5://[::1]:1080').kind).toBe('socks5');
    expect(parseProxy('socks5h://u:p@h:1')).toMatchObject({ kind: 'socks5', label: 'socks5h://u:***@h:1' });
  });

  it('says what is wrong, without the password', () => {
    expect(() => parseProxy('ftp://u:secret@x')).toThrow('unsupported proxy scheme: ftp');
    for (const text of [
      '::bad',
      'proxy:8080',
      'u:secret@proxy:8080',
      'http://',
      'socks5://',
      'http://h:99999',
      'http://u:secret%@h',
    ])
      expect(() => parseProxy(text)).toThrow(
        expect.objectContaining({
          kind: 'upstream',
          message: expect.stringMatching(/^proxy config invalid: (?!.*secret)/),
        }),
      );
  });

  it('masks whatever could be a password', () => {
    expect(maskProxy('http://user:p@ss/w:ord@host:1')).toBe('http://user:***@host:1');
    expect(maskProxy('http://host:8080')).toBe('http://host:8080');
  });
});

describe('requests by a proxy', () => {
  it('go over HTTP proxies with the credentials of the URL', async () => {
    const target = await origin();
    const asked: IncomingMessage[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request);
      response.end('from the proxy');
    });
    const port = await listen(proxy);
    expect(await sender()(target.url, `http://user:secret@127.0.0.1:${port}`)).toBe('from the proxy');
    expect(asked[0]?.url).toBe(target.url.href);
    expect(asked[0]?.headers['proxy-authorization']).toBe(`Basic ${Buffer.from('user:secret').toString('base64')}`);
    expect(target.seen).toEqual([]);
  });

  it('go over SOCKS5 proxies, which get the name to resolve, without a warning of the library', async () => {
    const warned = vi.spyOn(process, 'emitWarning');
    const target = await origin();
    const named: string[] = [];
    const port = await listen(createTcpServer((socket) => socks5(socket, Number(target.url.port), named)));
    const url = new URL(`http://api.example:${target.url.port}/x`);
    const send = sender();
    expect(await send(url, `socks5h://user:secret@127.0.0.1:${port}`)).toBe('from the origin');
    expect(await send(url, `socks5://user:secret@127.0.0.1:${port}`)).toBe('from the origin');
    expect(named).toEqual(['user:secret', 'api.example', 'user:secret', 'api.example']);
    expect(warned.mock.calls).toEqual([]);
    expect(process.emitWarning).toBe(warned);
  });

  it('never go out directly where the proxy fails: the error names it, not its password', async () => {
    const target = await origin();
    const dead = createTcpServer();
    const deadPort = await listen(dead);
    await new Promise((resolve) => dead.close(resolve));
    const rude = await listen(createTcpServer((socket) => socket.destroy()));
    const refusing = createServer();
    refusing.on('connect', (_request, socket: Socket) =>
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
    );
    const refusingPort = await listen(refusing);
    const asking = await listen(createServer((_request, response) => response.writeHead(407).end('who are you?')));
    const silent = await listen(createTcpServer(() => undefined));
    const web = await listen(
      createTcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
    );
    const locked = await listen(
      createTcpServer((socket) => socket.once('data', () => socket.end('\x05\xff', 'latin1'))),
    );
    const guarded = await listen(createTcpServer((socket) => socket.once('data', () => socket.write('\x05\x02'))));
    const secure = new URL(`https://127.0.0.1:${target.url.port}/`);
    const cases: [URL, string, string][] = [
      [target.url, `http://u:secret@127.0.0.1:${deadPort}`, 'the connection was refused'],
      [target.url, `socks5://u:secret@127.0.0.1:${deadPort}`, 'the connection was refused'],
      [secure, `http://u:secret@127.0.0.1:${rude}`, 'the proxy closed the connection'],
      [secure, `http://u:secret@127.0.0.1:${refusingPort}`, '407'],
      [target.url, `http://u:secret@127.0.0.1:${asking}`, '407'],
      [secure, `http://u:secret@127.0.0.1:${silent}`, 'within 0.1 s'],
      [target.url, `socks5://u:secret@127.0.0.1:${silent}`, 'within 0.1 s'],
      [target.url, `socks5://u:secret@127.0.0.1:${web}`, 'the proxy speaks no SOCKS5; check its port'],
      [target.url, `socks5://127.0.0.1:${locked}`, 'the proxy wants a user name and password'],
      [target.url, `socks5://127.0.0.1:${guarded}`, 'the proxy wants a user name and password'],
      [target.url, 'socks4://127.0.0.1:1', 'unsupported proxy scheme: socks4'],
    ];
    const send = sender();
    for (const [url, proxy, reason] of cases) {
      const error = await send(url, proxy, 100).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ kind: reason.startsWith('unsupported') ? 'upstream' : 'unreachable' });
      expect(String(error)).toContain(reason);
      expect(String(error)).toContain('proxy');
      expect(String(error)).not.toContain('secret');
    }
    expect(target.seen).toEqual([]);
  });
});

/** RFC 1928 and 1929, as little as is needed: greets, takes user and password, connects to the port here. */
function socks5(socket: Socket, port: number, named: string[]): void {
  let step = 0;
  socket.on('error', () => undefined);
  socket.on('data', (data: Buffer) => {
    step++;
    if (step === 1) socket.write(Buffer.from([5, 2]));
    else if (step === 2) {
      const nameEnd = 2 + data.readUInt8(1);
      named.push(`${data.toString('latin1', 2, nameEnd)}:${data.toString('latin1', nameEnd + 1)}`);
      socket.write(Buffer.from([1, 0]));
    } else if (step === 3) {
      named.push(data.toString('latin1', 5, 5 + data.readUInt8(4)));
      const upstream = connect(port, '127.0.0.1', () => {
        socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
    }
  });
}
