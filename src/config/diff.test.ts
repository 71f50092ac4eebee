import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffOf, printChange, restartKeys } from './diff.ts';

const told = (before: unknown, after: unknown) => diffOf(before, after).map(printChange);

describe('what changed', () => {
  it('is told by key path, with values that are no secrets', () => {
    const before = { port: 1, debug: false, routing: { strategy: 'round-robin' }, tls: { enable: false, cert: '' } };
    const after = { port: 2, debug: true, routing: { strategy: 'fill-first' }, tls: { enable: true, cert: '/a.pem' } };
    expect(told(before, after)).toEqual([
      'port: 1 -> 2',
      'debug: false -> true',
      'routing.strategy: round-robin -> fill-first',
      'tls.enable: false -> true',
      'tls.cert: (changed)',
    ]);
    expect(restartKeys(diffOf(before, after))).toEqual(['port', 'tls']);
  });

  it('never tells keys, headers, addresses, proxies or payloads', () => {
    const of = (word: string) => ({
      'api-keys': [`client-${word}`],
      'proxy-url': `http://u:${word}@h`,
      'claude-api-key': [{ 'api-key': word, 'base-url': `https://h/?key=${word}`, headers: { 'x-any': word } }],
      'openai-compatibility': [{ name: 's', 'api-key-entries': [{ 'api-key': word, 'token-file': `/${word}` }] }],
      payload: { default: [{ params: { metadata: word } }] },
    });
    const changes = told(of('first-secret'), of('second-secret'));
    expect(changes).toHaveLength(8);
    expect(changes.join()).not.toContain('secret');
    expect(told({}, of('secret')).join() + told(of('secret'), {}).join()).not.toContain('secret');
    expect(told({ 'api-keys': [] }, of('secret')).join()).not.toContain('-secret');
  });

  it('tells of a list what came and went, and not what moved', () => {
    const entry = (alias: string) => ({ 'api-key': alias, models: [{ name: 'm', alias }] });
    expect(told({ groq: [entry('a'), entry('b')] }, { groq: [entry('b')] })).toEqual(['groq[0]: removed']);
    expect(told({ groq: [entry('b')] }, { groq: [entry('a'), entry('b')] })).toEqual(['groq[0]: added']);
    expect(
      told({ groq: [entry('a'), entry('b')] }, { groq: [{ ...entry('a'), models: entry('c').models }, entry('b')] }),
    ).toEqual(['groq[0].models[0].alias: a -> c']);
    expect(told({ 'excluded-models': ['x'] }, { 'excluded-models': ['x', '*-preview'] })).toEqual([
      'excluded-models[1]: added (*-preview)',
    ]);
  });

  it('is nothing exactly where nothing differs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(diffOf(one, structuredClone(one))).toEqual([]);
        const same = JSON.stringify(one) === JSON.stringify(other);
        if (!same && diffOf(one, other).length === 0) expect(one).toEqual(other);
      }),
    );
  });
});
