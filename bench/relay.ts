// A relay on node:http and undici that does nothing else: no keys, routing, metering or errors. What its two kinds do in their own way,
// they bring. Imports nothing of the gateway.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

/** Writes one reply. */
export interface Writer {
  piece(chunk: Buffer): void;
  end(): void;
}

/** What a kind of relay does in its own way. */
export interface Kind {
  /** The request, of which these pieces came, with the model it shall name. */
  readonly retargeted: (pieces: readonly Buffer[], models: ReadonlyMap<string, string>) => Buffer | string;
  /** `full`: called when the client takes no more for now. */
  readonly writer: (response: ServerResponse, full: () => void) => Writer;
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);
const models: ReadonlyMap<string, string> = new Map();

/** Serves at the port that the command line names first, in front of the upstream that it names second. */
export function serve(kind: Kind): void {
  const [port = '0', upstream = '0'] = process.argv.slice(2);
  const pool = new Pool(`http://127.0.0.1:${upstream}`, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  createServer((request, response) => {
    if (request.url === '/health') {
      response.end('ok');
      return;
    }
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => relay(kind, pool, request, response, pieces));
  }).listen(Number(port), '127.0.0.1');
}

function relay(kind: Kind, pool: Pool, request: IncomingMessage, response: ServerResponse, pieces: Buffer[]): void {
  let controller: Dispatcher.DispatchController | undefined;
  const writer = kind.writer(response, () => controller?.pause());
  response.on('drain', () => controller?.resume());
  response.on('close', () => {
    if (!response.writableFinished) controller?.abort(new Error('client left'));
  });
  pool.dispatch(
    {
      path: request.url ?? '/',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
      body: kind.retargeted(pieces, models),
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
        writer.piece(chunk);
      },
      onResponseEnd() {
        writer.end();
      },
      onResponseError() {
        response.destroy();
      },
    },
  );
}
