import { describe, expect, it } from 'vitest';
import { isNear } from './near.ts';

const asking = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1', httpVersion = '1.1') =>
  isNear({
    headers: { host: 'localhost:8317', 'user-agent': 'Prometheus/3.0', ...headers },
    httpVersion,
    socket: { remoteAddress },
  });

describe('a request is from this machine itself', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('where its address is %s', (address) => {
    expect(asking({}, address)).toBe(true);
  });

  it('with the headers of programs that collect numbers', () => {
    const scraping = { accept: '*/*', 'accept-encoding': 'gzip', 'x-prometheus-scrape-timeout-seconds': '10' };
    expect(asking(scraping)).toBe(true);
  });
});

describe('a request is from elsewhere', () => {
  it.each(['10.0.0.1', '2001:db8::1', '::ffff:10.0.0.1', ''])('where its address is "%s"', (address) => {
    expect(asking({}, address)).toBe(false);
  });

  it.each([
    'forwarded',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-original-forwarded-for',
    'x-real-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-azure-clientip',
    'true-client-ip',
    'fastly-client-ip',
    'fly-client-ip',
    'cf-connecting-ip',
    'cf-ray',
    'do-connecting-ip',
    'cdn-loop',
    'tailscale-user-login',
  ])('where it has %s, even an empty one', (name) => {
    expect([asking({ [name]: '203.0.113.9' }), asking({ [name]: '' })]).toEqual([false, false]);
  });

  it('where a page asks, or who speaks HTTP as nginx does by itself', () => {
    expect(asking({ origin: 'https://elsewhere.example' })).toBe(false);
    expect(asking({}, '127.0.0.1', '1.0')).toBe(false);
  });
});
