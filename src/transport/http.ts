// HTTP to upstreams over undici's `dispatch`: callbacks from socket to socket, one dispatcher per proxy setting, every failure a
// GatewayError. No fetch, no web streams, nothing that a dialect or a provider would know.

import type { Dispatcher } from 'undici';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import type { Address } from './address.ts';
import { Call, type CallWatch, type UpstreamReply } from './call.ts';
import { type CallTimeouts, cancelled } from './failure.ts';
import { openDispatcher, parseProxy } from './proxy.ts';

export { type Address, addressOf } from './address.ts';
export { type ByteSink, type ByteSource, drain, type Gatherer, gather, readAll, readStart } from './bytes.ts';
export type { UpstreamReply } from './call.ts';
export type { CallTimeouts } from './failure.ts';

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: Address;
  /** Names in lower case. Handed through as they are, but for `accept-encoding`, which is this layer's. */
  readonly headers: Readonly<Record<string, string>>;
  /** A buffer, so that the same request can be sent again. */
  readonly body?: Buffer;
  /** A proxy URL, or `direct`; absent: direct. */
  readonly proxy?: string | undefined;
  readonly timeouts: CallTimeouts;
  readonly watch?: CallWatch;
}

/** Who waits for a reply. */
export interface Receiver {
  /** Its headers are there. */
  replied(reply: UpstreamReply): void;
  failed(error: GatewayError): void;
}

export interface Transport {
  /**
   * Sends one request. Settles when the reply's headers are there (any status) or with a GatewayError: `unreachable`, `upstream`,
   * `timeout`, `cancelled` by the signal (or the signal's reason, where that is a GatewayError).
   */
  send(request: UpstreamRequest, signal: Signal): Promise<UpstreamReply>;
  /** The same without a promise. Calls back once; never before it returned. */
  call(request: UpstreamRequest, signal: Signal, receiver: Receiver): void;
  /** Drops all connections, and with them the calls still under way. */
  close(): Promise<void>;
}

/** A transport whose proxy settings may change. */
export interface ChangingTransport extends Transport {
  /** These proxy settings are in use from now on. Connections by others close as their last calls end. */
  keep(proxies: ReadonlySet<string>): void;
}

export interface TransportOptions {
  /** Milliseconds an idle connection is kept where the upstream does not say; default 30 s, below what most servers keep. */
  readonly keepAlive?: number;
}

/** Where requests go by one proxy setting. */
interface Way {
  readonly dispatcher: Dispatcher;
  readonly label: string | undefined;
}

export function createTransport(options: TransportOptions = {}): ChangingTransport {
  const settings = { keepAlive: options.keepAlive ?? 30_000 };
  const ways = new Map<string, Way>();
  /** No longer in use, with calls that have not ended. */
  const leaving = new Set<Dispatcher>();
  let closed = false;

  const wayOf = (text: string): Way => {
    let way = ways.get(text);
    if (!way) {
      const proxy = parseProxy(text);
      way = { dispatcher: openDispatcher(proxy, settings), label: proxy.kind === 'direct' ? undefined : proxy.label };
      ways.set(text, way);
    }
    return way;
  };

  const send: Transport['send'] = (request, signal) => {
    if (signal.aborted) return Promise.reject(cancelled(signal.reason));
    if (closed) return Promise.reject(new GatewayError('unavailable', 'The gateway is shutting down.'));
    try {
      return dispatch(request, wayOf(request.proxy ?? 'direct'), signal);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  };
  return {
    send,
    call(request, signal, receiver) {
      send(request, signal).then(
        (reply) => receiver.replied(reply),
        (thrown) => receiver.failed(toGatewayError(thrown)),
      );
    },
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

function dispatch(request: UpstreamRequest, way: Way, signal: Signal): Promise<UpstreamReply> {
  const { url, timeouts } = request;
  const call = new Call({ host: url.host, proxy: way.label, timeouts }, signal, request.watch);
  try {
    way.dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: uncompressed(request.headers),
        body: request.body ?? null,
        headersTimeout: timeouts.headers,
        bodyTimeout: timeouts.idle,
      },
      call,
    );
  } catch (thrown) {
    call.onResponseError(null, thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
  return call.reply;
}

/** A compressed reply would have to be unpacked to be read, and streams come in pieces too small to gain from it. */
function uncompressed(headers: Readonly<Record<string, string>>): Record<string, string> {
  return headers['accept-encoding'] === 'identity' ? headers : { ...headers, 'accept-encoding': 'identity' };
}
