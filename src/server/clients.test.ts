import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { createClients } from './clients.ts';

const digest = `sha256:${createHash('sha256').update('hashed-key').digest('hex')}`;
const clients = createClients(['plain-key', '  spaced-key ', digest]);

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
    ['a blank header beside a good one', { authorization: 'Bearer ', 'x-api-key': 'plain-key' }, ''],
  ])('are taken as %s', (_name, headers, query) => {
    expect(enter(headers as Record<string, string>, query)).toBe('in');
  });

  it('tells a missing key from a wrong one, and never says a right one', () => {
    expect(enter({})).toBe('401 Missing API key');
    expect(enter({ authorization: 'Bearer  ' })).toBe('401 Missing API key');
    expect(enter({ authorization: 'Bearer nope' })).toBe('401 Invalid API key');
    expect(enter({ authorization: `Bearer ${digest}` })).toBe('401 Invalid API key');
  });

  it('lets nobody in when there are no keys', () => {
    const none = createClients([]);
    expect(() => none.authenticate(() => 'Bearer anything', new URLSearchParams())).toThrow('Invalid API key');
  });
});
