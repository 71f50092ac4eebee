// HTTP to upstreams over undici's `dispatch`: callbacks from socket to socket, one dispatcher per proxy setting, every failure a
// GatewayError. No fetch, no web streams, nothing that a dialect or a provider would know.

import type { Dispatcher } from 'undici';
import { shutdown, toGatewayError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import { Call, type Receiver, type UpstreamReply, type UpstreamRequest, type Way } from './call.ts';
import { cancelled } from './failure.ts';
import { openDispatcher, parseProxy } from './proxy.ts';
import { Ticker } from './ticker.ts';

export { type Address, addressOf } from './address.ts';
export {
  type ByteSink,
  type ByteSource,
  gather,
  Pieces,
  peek,
  type Recipient,
  readAll,
  readStart,
  type Telling,
  tooLarge,
} from './bytes.ts';
export type { Receiver, UpstreamReply, UpstreamRequest } from './call.ts';
export type { CallTimeouts } from './failure.ts';

/** Sends requests upstream; connections are kept for the next one. */
export interface Transport {
  /**
   * Sends one request. Tells of the reply when its headers are there (any status), or of a GatewayError: `unreachable`, `upstream`,
   * `timeout`, `cancelled` by the signal (or the signal's reason, where that is a GatewayError). Calls back once, never before it
   * returned.
   */
  call(request: UpstreamRequest, signal: Signal, receiver: Receiver): void;
  /** The same for those who would rather wait. */
  send(request: UpstreamRequest, signal: Signal): Promise<UpstreamReply>;
  /** Drops all connections, and with them the calls still under way. */
  close(): Promise<void>;
}

/** A transport whose proxy settings may change. */
export interface ChangingTransport extends Transport {
  /** These proxy settings are in use from now on. Connections by others close as their last calls end. */
  keep(proxies: ReadonlySet<string>): void;
}

/** A transport without connections. The dispatcher of a proxy setting is made at the first call that goes by it. */
export function createTransport(): ChangingTransport {
  const ways = new Map<string, Way>();
  const ticker = new Ticker();
  /** No longer in use, with calls that have not ended. */
  const leaving = new Set<Dispatcher>();
  let closed = false;

  const wayOf = (text: string): Way => {
    let way = ways.get(text);
    if (!way) {
      const proxy = parseProxy(text);
      const label = proxy.kind === 'direct' ? undefined : proxy.label;
      const dispatcher = openDispatcher(proxy);
      way = { dispatcher, send: (sent, call) => dispatch(dispatcher, sent, call), label, ticker };
      ways.set(text, way);
    }
    return way;
  };

  const call: Transport['call'] = (request, signal, receiver) => {
    try {
      if (signal.aborted) throw cancelled(signal.reason);
      if (closed) throw shutdown();
      const way = wayOf(request.proxy ?? 'direct');
      way.send(request, new Call(request, way, signal, receiver));
    } catch (thrown) {
      queueMicrotask(() => receiver.failed(toGatewayError(thrown)));
    }
  };
  return {
    call,
    send: (request, signal) => new Promise((replied, failed) => call(request, signal, { replied, failed })),
    keep(proxies) {
      for (const [text, { dispatcher }] of ways) {
        if (text === 'direct' || proxies.has(text)) continue;
        ways.delete(text);
        leaving.add(dispatcher);
        const left = (): boolean => leaving.delete(dispatcher);
        dispatcher.close().then(left, left);
      }
    },
    async close() {
      closed = true;
      const open = [...Array.from(ways.values(), (way) => way.dispatcher), ...leaving];
      await Promise.all(open.map((dispatcher) => dispatcher.destroy()));
      ways.clear();
    },
  };
}

/** The time-outs are the call's own; undici's would be 300 s where it goes by a proxy. */
function dispatch(dispatcher: Dispatcher, request: UpstreamRequest, call: Call): void {
  const { url } = request;
  try {
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: uncompressed(request.headers),
        body: request.body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      call,
    );
  } catch (thrown) {
    call.onResponseError(null, thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}

/**
 * Names and values by turns, as undici takes them fastest. A compressed reply would have to be unpacked to be read, and streams
 * come in pieces too small to gain from it.
 */
function uncompressed(headers: Readonly<Record<string, string>>): string[] {
  const list = ['accept-encoding', 'identity'];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && name !== 'accept-encoding') list.push(name, value);
  }
  return list;
}
