// The operator's proxy settings: what they may say, how they are shown, and the dispatcher that goes by each way. A setting that
// cannot be used is an error; it never means going out directly.

import { createRequire } from 'node:module';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../errors.ts';

// File by file, as the version of the package is a fixed one: the whole of it, fetch and WebSockets and mocks, takes 4 MB and time at
// start. Proxies need most of it, and are rare.
const require = createRequire(import.meta.url);
const Agent = require('undici/lib/dispatcher/agent.js') as typeof import('undici').Agent;
const Pool = require('undici/lib/dispatcher/pool.js') as typeof import('undici').Pool;
const wholePackage = (): typeof import('undici') => require('undici');

/** A proxy setting, understood. `http` goes for `https://` proxies too. */
export type Proxy =
  | { readonly kind: 'direct' }
  /** `label` is the URL as it may be shown: its password masked. */
  | { readonly kind: 'http' | 'socks5'; readonly url: URL; readonly label: string };

const kinds: Readonly<Record<string, 'http' | 'socks5'>> = {
  http: 'http',
  https: 'http',
  socks5: 'socks5',
  socks5h: 'socks5',
};

/**
 * A proxy setting as its operator wrote it: a URL, or `direct` or `none` (nothing at all means the same).
 * Throws `proxy config invalid: …` or `unsupported proxy scheme: …`.
 */
export function parseProxy(text: string): Proxy {
  const trimmed = text.trim();
  if (/^(direct|none)?$/i.test(trimmed)) return { kind: 'direct' };
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme === undefined) throw invalid(trimmed, 'it has no scheme, write for example http://host:port');
  const kind = kinds[scheme];
  if (kind === undefined) throw new GatewayError('upstream', `unsupported proxy scheme: ${scheme}`);
  // undici knows SOCKS5 by one name; it leaves the resolving of names to the proxy in any case.
  const url = URL.parse(trimmed.replace(/^socks5h:/i, 'socks5:'));
  if (url === null) throw invalid(trimmed, 'it is not a URL');
  if (url.hostname === '') throw invalid(trimmed, 'it names no host');
  if (!decodable(url.username) || !decodable(url.password)) throw invalid(trimmed, 'a % in its password must be %25');
  return { kind, url, label: maskProxy(trimmed) };
}

/** A proxy setting as it may be shown, valid or not: whatever could be a password is `***`. */
export function maskProxy(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/)?([^:@/]*):.*@/is, '$1$2:***@');
}

/**
 * How long an idle connection is kept, in milliseconds, where its server does not say: below what servers keep, since a request
 * that meets the closing of its connection is lost. Those without TLS are local ones, which keep 5 s (uvicorn, and so vLLM), and a
 * connection to them is quickly made anew.
 */
const keepAlive = { secure: 30_000, plain: 4_000 };

/** An attempt to connect that nobody waits for any more ends after this; the wait itself is the request's `timeouts.connect`. */
const connectTimeout = 120_000;

/**
 * A dispatcher for one proxy setting. Connections have no upper limit, since it would be one on concurrent streams; each carries
 * one request at a time, so that no reply waits behind a stream (hence no HTTP/2 either).
 */
export function openDispatcher(proxy: Proxy): Dispatcher {
  const options = {
    pipelining: 1,
    allowH2: false,
    connectTimeout,
    keepAliveTimeout: keepAlive.secure,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  // Told of HTTP/2 itself, an agent would make a new key for its pools at each request.
  if (proxy.kind === 'direct') {
    const { allowH2, ...rest } = options;
    const plain = { ...rest, allowH2, keepAliveTimeout: keepAlive.plain };
    return new Agent({
      ...rest,
      factory: (origin, given) =>
        new Pool(origin, { ...given, ...(String(origin).startsWith('http:') ? plain : { allowH2 }) }),
    });
  }
  const { ProxyAgent, Socks5ProxyAgent } = wholePackage();
  if (proxy.kind === 'socks5') return withoutWarning(/^SOCKS5 /, () => new Socks5ProxyAgent(proxy.url, options));
  return new ProxyAgent({ ...options, uri: proxy.url.href, proxyTls: { allowH2: false } });
}

/** What undici says of SOCKS5 once, "experimental", would stand between the lines of the log, and there is nothing to do about it. */
function withoutWarning<Made>(unsaid: RegExp, make: () => Made): Made {
  const { emitWarning } = process;
  process.emitWarning = (...said: [string | Error]) => {
    if (!unsaid.test(String(said[0]))) emitWarning.apply(process, said);
  };
  try {
    return make();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function invalid(text: string, why: string): GatewayError {
  return new GatewayError('upstream', `proxy config invalid: ${JSON.stringify(maskProxy(text))}: ${why}`);
}

function decodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}
