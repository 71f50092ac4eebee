// The upstream of the fault load: plays all accounts of the pool over bare sockets, in a process of its own, and keeps a record of
// every call. Started by faults.ts, which it tells its ports, and which tells it when calls fail and asks for the record.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Message, messageReader } from '../http-message.ts';
import { deltas, deltasBeforeCut, door, type Fault, fateOf, pace, stall } from './fates.ts';
import { accounts, type Ports } from './pool.ts';
import { chatBytes, messagesBytes, type StreamBytes } from './replies.ts';

/** One call, as it was seen here. Times are wall-clock milliseconds. */
export interface Call {
  /** The client's request, by the token in its body. */
  readonly request: string;
  /** The account's label. */
  readonly account: string;
  readonly model: string;
  readonly at: number;
  /** Absent: it was answered in full. Of a stall, only if the gateway gave up on it. */
  fault?: Fault;
  /** When the fault was over: the refusal written, the connection cut, given up by the other side. */
  failedAt?: number;
  /** Deltas that were written. */
  said: number;
  /** It had an end: an answer, a cut, or the other side left. */
  over: boolean;
}

export type Order =
  /** Calls fail from now on, or no more. */
  | { readonly do: 'play'; readonly seed?: number }
  /** Tell the record and begin a new one. */
  | { readonly do: 'tell' };
export interface Ledger {
  readonly calls: readonly Call[];
  /** When the door was closed. */
  readonly shut: readonly number[];
  /** Connections that are open now. */
  readonly sockets: number;
}

interface Stream {
  readonly socket: Socket;
  readonly call: Call;
  readonly bytes: StreamBytes;
  readonly close: boolean;
  /** Ticks of silence that are left. */
  silent: number;
}

let seed: number | undefined;
let calls: Call[] = [];
let shut: number[] = [];
const made = new Map<string, number>();
const sockets = new Set<Socket>();

/** Streams take turns, so that their deltas do not all come in one moment. */
const turns = 10;
const streams: readonly Set<Stream>[] = Array.from({ length: turns }, () => new Set<Stream>());
let turn = 0;
let next = 0;
setInterval(() => {
  turn = (turn + 1) % turns;
  const due = streams[turn];
  for (const stream of due ?? []) if (!step(stream)) due?.delete(stream);
}, pace / turns);

const chat = { door: chatBytes(true), open: chatBytes(false) };
const messages = messagesBytes();
const labels = new Map(accounts.map(({ key, label }) => [key, label]));

/** Writes the next piece; false: there is none. */
function step(stream: Stream): boolean {
  const { socket, call, bytes, close } = stream;
  if (socket.destroyed) {
    ended(call, call.fault);
    return false;
  }
  if (stream.silent > 0) {
    stream.silent -= 1;
    return true;
  }
  if (call.fault === 'stall') delete call.fault;
  if (call.fault === 'cut-early' || (call.fault === 'cut-late' && call.said === deltasBeforeCut)) {
    socket.destroy();
    ended(call, call.fault);
    return false;
  }
  if (call.fault === 'overload') socket.write(bytes.overload);
  else if (call.said < deltas) {
    socket.write(bytes.deltas[call.said] ?? '');
    call.said += 1;
    return true;
  } else socket.write(bytes.ending);
  if (close) socket.end();
  ended(call, call.fault);
  return false;
}

function ended(call: Call, fault: Fault | undefined): void {
  call.over = true;
  if (fault) call.failedAt = Date.now();
}

function answer(socket: Socket, message: Message): void {
  const path = message.head.split(' ', 2)[1] ?? '';
  const close = path.startsWith('/door/');
  const call = callOf(path, message);
  const { fault } = call;
  calls.push(call);
  if (fault === 'reset') {
    socket.resetAndDestroy();
    ended(call, fault);
    return;
  }
  const bytes = path.startsWith('/claude/') ? messages : close ? chat.door : chat.open;
  const refused = fault && bytes.refusals.get(fault);
  if (refused) {
    socket.write(refused);
    if (close) socket.end();
    ended(call, fault);
    return;
  }
  socket.write(bytes.opening);
  next = (next + 1) % turns;
  streams[next]?.add({ socket, call, bytes, close, silent: fault === 'stall' ? stall / pace : 0 });
}

function callOf(path: string, { head, body }: Message): Call {
  const key = /\r\n(?:authorization: *Bearer|x-api-key:) *(\S+)/i.exec(head)?.[1] ?? '';
  const text = body.toString('latin1');
  const request = /\[request ([^\]]+)\]/.exec(text)?.[1] ?? 'unknown';
  const nth = (made.get(request) ?? 0) + 1;
  made.set(request, nth);
  const fault = seed === undefined ? undefined : fateOf(seed, request, nth);
  return {
    request,
    account: labels.get(key) ?? path,
    model: /"model": *"([^"]*)"/.exec(text)?.[1] ?? 'unknown',
    at: Date.now(),
    said: 0,
    over: false,
    ...(fault && { fault }),
  };
}

function serve(): Server {
  return createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on(
      'data',
      messageReader((message) => answer(socket, message)),
    );
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const open = serve();
const behind = serve();
const ports: Ports = { open: await listen(open, 0), door: await listen(behind, 0) };

/** Calls under way go on while the door is shut. */
setInterval(() => {
  if (seed === undefined) return;
  shut.push(Date.now());
  behind.close();
  setTimeout(() => void listen(behind, ports.door), door.shut);
}, door.period);

process.on('message', (order: Order) => {
  if (order.do === 'play') {
    seed = order.seed;
    return;
  }
  const ledger: Ledger = { calls, shut, sockets: sockets.size };
  process.send?.(ledger);
  calls = [];
  shut = [];
  made.clear();
});
process.on('disconnect', () => process.exit());
process.send?.(ports);
