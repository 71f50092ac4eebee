import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { createClients } from './clients.ts';

const digest = `sha256:${createHash('sha256').update('hashed-key').digest('hex')}`;
const long = 'l'.repeat(400);
const clients = createClients(['plain-key', '  spaced-key ', digest, 'schlüssel-€', long]);

function enter(headers: Record<string, string>, query = ''): string {
  try {
    clients.authenticate((name) => headers[name], new URLSearchParams(query));
    return 'in';
  } catch (thrown) {
    return thrown instanceof GatewayError ? `${thrown.status} ${thrown.message.split('.')[0]}` : String(thrown);
  }
}

describe('client keys', () => {
  it.each([
    ['bearer', { authorization: 'Bearer plain-key' }, ''],
    ['bearer in lower case, with spaces', { authorization: 'bearer   plain-key ' }, ''],
    ['a raw authorization value', { authorization: 'plain-key' }, ''],
    ['x-api-key', { 'x-api-key': ' plain-key ' }, ''],
    ['x-goog-api-key', { 'x-goog-api-key': 'plain-key' }, ''],
    ['?key=', {}, 'key=plain-key'],
    ['?auth_token=', {}, 'auth_token=plain-key'],
    ['a key configured with spaces around it', { authorization: 'Bearer spaced-key' }, ''],
    ['a key stored as a digest', { authorization: 'Bearer hashed-key' }, ''],
    ['letters beyond ASCII', { authorization: 'Bearer schlüssel-€' }, ''],
    ['a very long one', { 'x-api-key': long }, ''],
    ['a tab behind the word', { authorization: 'BEARER\tplain-key' }, ''],
    ['a blank header beside a good one', { authorization: 'Bearer ', 'x-api-key': 'plain-key' }, ''],
  ])('are taken as %s', (_name, headers, query) => {
    expect(enter(headers as Record<string, string>, query)).toBe('in');
  });

  it('tells a missing key from a wrong one, and never says a right one', () => {
    expect(enter({})).toBe('401 Missing API key');
    expect(enter({ authorization: 'Bearer  ' })).toBe('401 Missing API key');
    expect(enter({ authorization: 'Bearer nope' })).toBe('401 Invalid API key');
    expect(enter({ authorization: `Bearer ${digest}` })).toBe('401 Invalid API key');
    expect(enter({ authorization: 'Bearer' })).toBe('401 Missing API key');
    expect(enter({ authorization: 'Bearerplain-key' })).toBe('401 Invalid API key');
  });

  it('takes nothing but the whole of a key', () => {
    for (const key of ['plain-ke', 'plain-key-', 'lain-key', 'PLAIN-KEY', `${long}l`, long.slice(1), 'hashed-ke'])
      expect(enter({ 'x-api-key': key }), key).toBe('401 Invalid API key');
    expect(enter({}, 'key=plain-key%00')).toBe('401 Invalid API key');
    expect(enter({}, 'key=%00')).toBe('401 Invalid API key');
  });

  it('forgets a long key before it looks at a short one', () => {
    expect(enter({ 'x-api-key': 'plain-key-and-more', 'x-goog-api-key': 'plain-key' })).toBe('in');
    expect(enter({ 'x-api-key': 'plain', 'x-goog-api-key': 'plain-key-and-more' })).toBe('401 Invalid API key');
  });

  it('gives each key a fingerprint of its own, the same however the key is configured', () => {
    const one = (keys: string[], key: string) =>
      createClients(keys).authenticate(() => key, new URLSearchParams()).fingerprint;
    expect(one([digest], 'hashed-key')).toBe(one(['hashed-key'], 'hashed-key'));
    expect(one(['a', 'b'], 'a')).not.toBe(one(['a', 'b'], 'b'));
  });

  it('lets nobody in when there are no keys', () => {
    const none = createClients([]);
    expect(() => none.authenticate(() => 'Bearer anything', new URLSearchParams())).toThrow('Invalid API key');
  });
});
