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
