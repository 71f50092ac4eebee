import { expect, it } from 'vitest';
import { explain, type Peer, timedOut } from './failure.ts';

const peer: Peer = { host: 'api.example', timeouts: { connect: 3000, headers: 0, idle: 0 } };
const by = { ...peer, proxy: 'http://u:***@p:1' };
const failing = (code: string, message = 'as the library says') => Object.assign(new Error(message), { code });

it('says in plain words who failed, when and why', () => {
  const said = (code: string) => explain(failing(code), 'connect', peer).message;
  expect(said('ENOTFOUND')).toBe('Cannot reach api.example: the name could not be resolved (DNS).');
  expect(said('CERT_HAS_EXPIRED')).toBe('Cannot reach api.example: its TLS certificate has expired.');
  expect(said('ERR_SSL_TLSV1_ALERT')).toBe('Cannot reach api.example: the TLS handshake failed (ERR_SSL_TLSV1_ALERT).');
  expect(said('ODD')).toBe('Cannot reach api.example: as the library says.');
  expect(explain(failing('ECONNRESET'), 'headers', by).message).toBe(
    'api.example through the proxy http://u:***@p:1 did not answer: the connection was reset.',
  );
  expect(explain('odd', 'body', peer).message).toBe('api.example broke off its reply: odd.');
  expect(timedOut('body', peer).message).toBe('api.example broke off its reply: nothing came in time.');
});

it('says of a SOCKS5 proxy what to check', () => {
  const by = { ...peer, proxy: 'socks5://u:***@p:1' };
  const said = (code: string, message?: string) => explain(failing(code, message), 'connect', by);
  expect(said('UND_ERR_SOCKS5_VERSION', 'Invalid SOCKS version: 72')).toMatchObject({
    kind: 'unreachable',
    message:
      'Cannot reach api.example through the proxy socks5://u:***@p:1: the proxy speaks no SOCKS5; check its port, and whether its proxy-url must begin with http:// or https://.',
    facts: { detail: 'UND_ERR_SOCKS5_VERSION: Invalid SOCKS version: 72' },
  });
  expect(said('UND_ERR_SOCKS5_AUTH_FAILED').message).toMatch(
    /: the proxy wants a user name and password, or others than it was given\.$/,
  );
  expect(said('UND_ERR_SOCKS5_REPLY_5', 'SOCKS5 connection failed: Connection refused').message).toMatch(
    /: the proxy could not connect to it: Connection refused\.$/,
  );
});

it('sorts by kind, and keeps what the library said for the log', () => {
  expect(explain(failing('UND_ERR_CONNECT_TIMEOUT'), 'connect', peer)).toMatchObject({
    kind: 'unreachable',
    message: 'Cannot reach api.example: no connection within 3 s.',
  });
  expect(explain(failing('ETIMEDOUT'), 'body', peer).kind).toBe('timeout');
  expect(explain(failing('ECONNRESET'), 'headers', peer).kind).toBe('upstream');
  expect(explain(failing('ECONNRESET'), 'connect', peer).kind).toBe('unreachable');
  expect(explain(failing('UND_ERR_CLOSED'), 'connect', peer).kind).toBe('unavailable');
  const both = new AggregateError([
    failing('ECONNREFUSED', 'refused ::1'),
    failing('ECONNREFUSED', 'refused 127.0.0.1'),
  ]);
  const error = explain(Object.assign(both, { code: 'ECONNREFUSED' }), 'connect', peer);
  expect(error).toMatchObject({
    kind: 'unreachable',
    facts: { detail: 'ECONNREFUSED: refused ::1; refused 127.0.0.1' },
  });
});
