// The yardstick: what a relay costs that does its work in the plain way. Parses the request, sets its model, prints it, and hands each
// piece of the reply on as it comes. No keys, routing, metering or errors. Imports nothing of the gateway.
// Usage: node bench/bare-relay.ts <port> <upstream port>

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
  request.on('end', () => relay(request, response, retargeted(Buffer.concat(parts))));
}).listen(Number(port), '127.0.0.1');

function retargeted(bytes: Buffer): string {
  const body = JSON.parse(bytes.toString()) as { model: string };
  body.model = models.get(body.model) ?? body.model;
  return JSON.stringify(body);
}

function relay(request: IncomingMessage, response: ServerResponse, body: string): void {
  let controller: Dispatcher.DispatchController | undefined;
  response.on('drain', () => controller?.resume());
  response.on('close', () => {
    if (!response.writableFinished) controller?.abort(new Error('client left'));
  });
  pool.dispatch(
    {
      path: request.url ?? '/',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
      body,
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
      onResponseData(started, chunk) {
        if (!response.write(chunk)) started.pause();
      },
      onResponseEnd() {
        response.end();
      },
      onResponseError() {
        response.destroy();
      },
    },
  );
}
