// What went wrong on the way to an upstream, in plain words: undici's, Node's and TLS's errors as GatewayErrors.

import { GatewayError, shutdown } from '../errors.ts';

/** Who was called, by which way, and how far the call had come. */
export interface Peer {
  readonly host: string;
  /** The proxy as it may be shown, without its password. */
  readonly proxy?: string | undefined;
  readonly timeouts: CallTimeouts;
}
/** In milliseconds, 0 for none: until connected, until the reply begins, between two pieces of it, and for all of it. */
export interface CallTimeouts {
  readonly connect: number;
  readonly headers: number;
  readonly idle: number;
  readonly total?: number;
}
/** How far a call is: without a connection, sent and not answered, or amid its reply. */
export type Phase = 'connect' | 'headers' | 'body';

const noSocks =
  'the proxy speaks no SOCKS5; check its port, and whether its proxy-url must begin with http:// or https://';
const signIn = 'the proxy wants a user name and password, or others than it was given';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ECONNABORTED: 'the connection was broken off',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  HPE_INVALID_EOF_STATE: 'the connection was closed',
  ENOTFOUND: 'the name could not be resolved (DNS)',
  EAI_AGAIN: 'the name server did not answer (DNS)',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENETDOWN: 'the network is down',
  EADDRNOTAVAIL: 'no local address or port is free',
  EMFILE: 'the gateway has too many files open',
  ENFILE: 'the system has too many files open',
  EACCES: 'the system does not permit it',
  EPERM: 'the system does not permit it',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of its reply are too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the reply was cut short',
  UND_ERR_PRX_CONN: 'the proxy closed the connection',
  UND_ERR_PRX_TLS: "the proxy's TLS certificate is for another host",
  UND_ERR_SOCKS5_VERSION: noSocks,
  UND_ERR_SOCKS5_AUTH_VERSION: noSocks,
  UND_ERR_SOCKS5_REPLY_VERSION: noSocks,
  UND_ERR_SOCKS5_ADDR_TYPE: noSocks,
  UND_ERR_SOCKS5_AUTH_REJECTED: signIn,
  UND_ERR_SOCKS5_AUTH_METHOD: signIn,
  UND_ERR_SOCKS5_AUTH_FAILED: signIn,
  ERR_SSL_WRONG_VERSION_NUMBER: 'the TLS handshake failed: no TLS is spoken at this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the TLS handshake failed: no TLS is spoken at this port',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host',
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  CERT_NOT_YET_VALID: 'its TLS certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its TLS certificate is signed by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its TLS certificate is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its TLS certificate is signed by an unknown authority',
};
const tls = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$)/;
/** How a proxy's refusal of the way ends: with its status. */
const refusal = /\((\d{3})\)/;
const timeouts = /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/;

/** Any failure of a call that was not our own doing. */
export function explain(thrown: unknown, phase: Phase, peer: Peer): GatewayError {
  const code = codeOf(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const facts = { detail: detailOf(thrown, code), cause: thrown };
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return shutdown(facts);
  if (timeouts.test(code)) return timedOut(phase, peer, facts);
  if (code === 'UND_ERR_INVALID_ARG' && !/^(Proxy|Username) /.test(message))
    return new GatewayError('internal', `The request to ${peer.host} could not be written: ${message}.`, facts);
  const kind = phase === 'connect' || refusal.test(message) ? 'unreachable' : 'upstream';
  return new GatewayError(kind, `${opening(phase, peer)}: ${reasonOf(code, message)}.`, facts);
}

/**
 * Whether upstream closed a connection that had carried an answer before, and so most likely before it saw the request on it. That is
 * told of an orderly end only: of a reset nothing says whether the connection was a new one. RFC 9110, 9.2.2, leaves it to who sends
 * whether a request may go out again that is not known to be harmless; this one's answer cannot have begun as far as HTTP tells.
 */
export function closedInUse(thrown: unknown): boolean {
  const { code, socket } = thrown as {
    readonly code?: unknown;
    readonly socket?: { readonly bytesRead?: number } | null;
  };
  return code === 'UND_ERR_SOCKET' && (socket?.bytesRead ?? 0) > 0;
}

/** A wait that was longer than the operator allows. Where no connection stood, nothing at that address can be reached. */
export function timedOut(phase: Phase, peer: Peer, facts: { detail?: string; cause?: unknown } = {}): GatewayError {
  const { connect, headers, idle } = peer.timeouts;
  const said = {
    connect: `${opening('connect', peer)}: no connection${within(connect)}.`,
    headers: `${route(peer)} did not begin to answer${within(headers)}.`,
    body: `${route(peer)} broke off its reply: nothing came${within(idle)}.`,
  };
  return new GatewayError(phase === 'connect' ? 'unreachable' : 'timeout', said[phase], facts);
}

/** A call that took longer in all than the operator allows. */
export function overran(phase: Phase, peer: Peer): GatewayError {
  const said = `${route(peer)} did not finish${within(peer.timeouts.total ?? 0)}`;
  return new GatewayError('timeout', `${said}${phase === 'body' ? ': its reply was broken off' : ''}.`);
}

/** The end that our own side asked for: a GatewayError given as the reason stays what it is. */
export function cancelled(reason: unknown): GatewayError {
  if (reason instanceof GatewayError) return reason;
  return new GatewayError('cancelled', 'The request was cancelled.', { cause: reason });
}

function opening(phase: Phase, peer: Peer): string {
  if (phase === 'connect') return `Cannot reach ${route(peer)}`;
  return `${route(peer)} ${phase === 'headers' ? 'did not answer' : 'broke off its reply'}`;
}

function route(peer: Peer): string {
  return peer.proxy === undefined ? peer.host : `${peer.host} through the proxy ${peer.proxy}`;
}

function within(milliseconds: number): string {
  return milliseconds > 0 ? ` within ${milliseconds / 1000} s` : ' in time';
}

function reasonOf(code: string, message: string): string {
  const known = reasons[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'what it sent is not valid HTTP';
  if (tls.test(code)) return `the TLS handshake failed (${code})`;
  const status = refusal.exec(message)?.[1];
  if (status === '407') return `${signIn} (407)`;
  if (message.startsWith('Username and password required')) return signIn;
  const socks = /^SOCKS5 connection failed: (.+)/.exec(message)?.[1];
  if (socks !== undefined) return `the proxy could not connect to it: ${socks}`;
  if (status !== undefined) return `the proxy answered ${status}`;
  return message || code || 'for no reason that was given';
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  if (thrown.name !== 'HTTPParserError') return '';
  // undici names no code. A reply with `connection: close` that is cut short is one of these, others are not.
  return thrown.message.includes('Invalid EOF state') ? 'HPE_INVALID_EOF_STATE' : 'HPE_INVALID';
}

function detailOf(thrown: unknown, code: string): string {
  const errors = thrown instanceof AggregateError ? thrown.errors : [thrown];
  const messages = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  return [code, messages.join('; ')].filter((text) => text !== '').join(': ');
}
