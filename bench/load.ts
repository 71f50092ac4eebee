// The load generator: a process of its own, bare sockets, one slice of work per message from run.ts.

import { connect, type Socket } from 'node:net';
import { type Message, messageReader, unchunked } from './http-message.ts';
import { type Dialect, deltasOf, type Kind, request } from './workloads.ts';

export interface Slice {
  readonly port: number;
  readonly dialect: Dialect;
  readonly kind: Kind;
  readonly size: number;
  readonly connections: number;
  readonly rate?: number | undefined;
  readonly seconds: number;
}
export interface SliceResult {
  readonly requests: number;
  /** Milliseconds, of the whole round trip and until the first delta. */
  readonly p50: number;
  readonly p99: number;
  readonly first50: number;
  /** What went wrong, where anything did. */
  readonly fault?: string | undefined;
}

interface Connection {
  readonly socket: Socket;
  sent: number;
  first: number;
}

const requests = new Map<string, Buffer>();

function bytesOf({ dialect, kind, size }: Slice): Buffer {
  const key = `${dialect} ${kind} ${size}`;
  const known = requests.get(key);
  if (known) return known;
  const made = request(dialect, kind, size);
  requests.set(key, made);
  return made;
}

/** What is wrong with a reply; undefined where nothing is. Looks at the text only for the first reply of each connection. */
function faultIn({ head, body }: Message, kind: Kind, thorough: boolean): string | undefined {
  if (!head.startsWith('HTTP/1.1 200')) return `${head.split('\r\n')[0]}: ${body.toString('utf8', 0, 300)}`;
  if (!thorough) return undefined;
  const text = /\r\ntransfer-encoding: *chunked/i.test(head) ? unchunked(body) : body.toString('utf8');
  const count = text.split('tok').length - 1 - (text.split('_tok').length - 1) - (text.split('"tok').length - 1);
  return count === deltasOf[kind] ? undefined : `${count} deltas instead of ${deltasOf[kind]}: ${text.slice(0, 300)}`;
}

function run(slice: Slice): Promise<SliceResult> {
  const bytes = bytesOf(slice);
  const idle: Connection[] = [];
  const trips: number[] = [];
  const firsts: number[] = [];
  const open = new Set<Connection>();
  const end = performance.now() + slice.seconds * 1000;
  let busy = 0;
  let fault: string | undefined;

  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const finish = (): void => {
      clearInterval(timer);
      for (const { socket } of open) socket.destroy();
      trips.sort((a, b) => a - b);
      firsts.sort((a, b) => a - b);
      resolve({
        requests: trips.length,
        p50: quantile(trips, 0.5),
        p99: quantile(trips, 0.99),
        first50: quantile(firsts, 0.5),
        fault,
      });
    };
    const send = (connection: Connection): void => {
      busy++;
      connection.first = 0;
      connection.sent = performance.now();
      connection.socket.write(bytes);
    };
    const dial = (): Connection => {
      let thorough = true;
      const socket = connect({ port: slice.port, host: '127.0.0.1', noDelay: true });
      const connection: Connection = { socket, sent: 0, first: 0 };
      const take = (message: Message): void => {
        const now = performance.now();
        fault ??= faultIn(message, slice.kind, thorough);
        thorough = false;
        trips.push(now - connection.sent);
        firsts.push((connection.first || now) - connection.sent);
        busy--;
        if (now < end && fault === undefined && slice.rate === undefined) send(connection);
        else {
          idle.push(connection);
          if ((now >= end || fault !== undefined) && busy === 0) finish();
        }
      };
      const progress = (piece: Buffer): void => {
        if (connection.first === 0 && piece.includes(' tok')) connection.first = performance.now();
      };
      socket.on('data', messageReader(take, progress));
      const lost = (): void => {
        if (!open.delete(connection)) return;
        fault ??= 'the connection was lost';
        finish();
      };
      socket.on('error', lost).on('close', lost);
      open.add(connection);
      return connection;
    };
    if (slice.rate === undefined) for (let count = 0; count < slice.connections; count++) send(dial());
    else {
      timer = setInterval(() => {
        if (performance.now() < end) send(idle.pop() ?? dial());
        else if (busy === 0) finish();
      }, 1000 / slice.rate);
    }
  });
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

process.on('message', (slice: Slice) => {
  void run(slice).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
