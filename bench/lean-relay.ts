// The least a relay can do on node:http and undici: the bare one with what the gateway does to be fast. Scans the request for its
// top-level model, splices a name in, and hands the reply on, joining what one socket read brought. Imports nothing of the gateway.
// Usage: node bench/lean-relay.ts <port> <upstream port>

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

const [port = '0', upstream = '0'] = process.argv.slice(2);
const pool = new Pool(`http://127.0.0.1:${upstream}`, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);
const models: ReadonlyMap<string, string> = new Map();

createServer((request, response) => {
  if (request.url === '/health') {
    response.end('ok');
    return;
  }
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => relay(request, response, parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)));
}).listen(Number(port), '127.0.0.1');

function relay(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  let controller: Dispatcher.DispatchController | undefined;
  let pending: Buffer[] = [];
  const take = (): Buffer => {
    const joined = pending.length === 1 && pending[0] ? pending[0] : Buffer.concat(pending);
    pending = [];
    return joined;
  };
  const flush = (): void => {
    if (pending.length > 0 && !response.write(take())) controller?.pause();
  };
  response.on('drain', () => controller?.resume());
  response.on('close', () => {
    if (!response.writableFinished) controller?.abort(new Error('client left'));
  });
  pool.dispatch(
    {
      path: request.url ?? '/',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
      body: retargeted(body),
    },
    {
      onRequestStart(started) {
        controller = started;
        if (response.destroyed) started.abort(new Error('client left'));
      },
      onResponseStart(_controller, status, fields) {
        const headers: Record<string, string | string[]> = {};
        for (const name in fields) {
          const value = fields[name];
          if (value !== undefined && !hopByHop.has(name)) headers[name] = value;
        }
        response.writeHead(status, headers);
      },
      onResponseData(_controller, chunk) {
        pending.push(chunk);
        if (pending.length === 1) process.nextTick(flush);
      },
      onResponseEnd() {
        if (pending.length > 0) response.end(take());
        else response.end();
      },
      onResponseError() {
        response.destroy();
      },
    },
  );
}

function retargeted(body: Buffer): Buffer {
  const [start, end] = modelOf(body);
  if (start === 0) return body;
  const model = body.toString('utf8', start + 1, end - 1);
  const named = Buffer.from(JSON.stringify(models.get(model) ?? model));
  return Buffer.concat([body.subarray(0, start), named, body.subarray(end)]);
}

/** Where the value of the top-level `model` stands, a string; zeros where there is none. */
function modelOf(body: Buffer): [start: number, end: number] {
  let depth = 0;
  let model: [number, number] = [0, 0];
  for (let at = 0; at < body.length; ) {
    const byte = body[at];
    if (byte !== 0x22) {
      depth += depthChange(byte);
      at++;
      continue;
    }
    const end = stringEnd(body, at);
    const value = depth === 1 && isModel(body, at, end) ? skipTo(body, end, 0x22) : 0;
    if (value > 0) model = [value, stringEnd(body, value)];
    at = value > 0 ? model[1] : end;
  }
  return model;
}

function depthChange(byte: number | undefined): number {
  if (byte === 0x7b || byte === 0x5b) return 1;
  return byte === 0x7d || byte === 0x5d ? -1 : 0;
}

function isModel(body: Buffer, start: number, end: number): boolean {
  return end - start === 7 && body.toString('latin1', start, end) === '"model"';
}

/** The position of the byte behind a colon and white space; 0 where something else is there. */
function skipTo(body: Buffer, from: number, wanted: number): number {
  for (let at = from; at < body.length; at++) {
    const byte = body[at];
    if (byte === wanted) return at;
    if (byte !== 0x3a && byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return 0;
  }
  return 0;
}

function stringEnd(body: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    const end = body.indexOf(0x22, at);
    if (end < 0) return body.length;
    let slashes = 0;
    while (body[end - 1 - slashes] === 0x5c) slashes++;
    if (slashes % 2 === 0) return end + 1;
    at = end + 1;
  }
}
