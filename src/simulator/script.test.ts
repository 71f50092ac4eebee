import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { sample } from './sample.ts';
import { promptWithoutScript, readScript, scriptInPrompt, strongest } from './script.ts';
import { signerFor } from './signature.ts';
import { runsOf, tokensOf, withinTokens, wordsOf } from './words.ts';

describe('the script language', () => {
  it('reads several directives a line, JSON and quotes kept whole', () => {
    const script = readScript('tool f {"a":"x;y","b":[1,{"c":2}]}; say "one; two"; json {"k": 1}');
    expect(script.lines).toEqual([
      { say: 'call', name: 'f', input: '{"a":"x;y","b":[1,{"c":2}]}' },
      { say: 'exactly', text: 'one; two' },
      { say: 'exactly', text: '{"k": 1}' },
    ]);
  });
  it('finds directives in a prompt, and the prompt without them', () => {
    const prompt = 'Please:\n#sim status 429 retry-after=7 message="slow down"\n  #sim header a=b\nthanks; bye';
    expect(scriptInPrompt(prompt)).toMatchObject({
      status: { status: 429, retryAfter: 7, message: 'slow down' },
      headers: { a: 'b' },
    });
    expect(promptWithoutScript(prompt)).toBe('Please:\nthanks; bye');
    expect(scriptInPrompt('nothing #sim here')).toEqual({ lines: [] });
  });
  it('lets the stronger script decide what both say, and keeps the rest', () => {
    const merged = strongest([readScript('say a; slow 5; pace 1'), readScript('slow 9'), readScript('say b')]);
    expect(merged).toMatchObject({ lines: [{ text: 'b' }], slow: 9, pace: 1 });
  });
  it('adds up headers and numbers of usage, within one script and over several', () => {
    const prompt = readScript('usage input=5; usage output=7; header x-p=1; header X-Both=weak');
    expect(prompt).toMatchObject({ usage: { input: 5, output: 7 }, headers: { 'x-p': '1', 'x-both': 'weak' } });
    const header = readScript('usage output=9 cached=2; header x-h=1 x-both=strong');
    expect(strongest([prompt, header, readScript('')])).toMatchObject({
      usage: { input: 5, output: 9, cached: 2 },
      headers: { 'x-p': '1', 'x-h': '1', 'x-both': 'strong' },
    });
    expect(strongest([prompt, readScript('usage none')]).usage).toBe('none');
    expect(strongest([readScript('usage none'), prompt]).usage).toEqual({ input: 5, output: 7 });
  });
  it.each([
    'dance',
    'tool',
    'slow -5',
    'status 42',
    'usage',
    'usage input=many',
    'json {',
    'text 1e12',
    'huge 1e12',
    'cut x1 ; nope',
    'html 99',
    'html 1000',
    'status 429.5',
    'header x="a\\nb"',
    'header x=日本',
    'header x',
    'text abc',
    'slow abc',
    'think many',
    'stall fro=5',
    'hang on',
  ])('refuses %s', (text) => {
    expect(() => readScript(text)).toThrow(expect.objectContaining({ name: 'ScriptError' }));
  });
});

describe('words', () => {
  it('are cut without loss, never within a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, size) => {
        expect(wordsOf(text).join('')).toBe(text);
        expect(runsOf(text, size).join('')).toBe(text);
        for (const run of runsOf(text, size)) expect(Buffer.from(run).toString()).toBe(run);
      }),
    );
  });
  it('within a limit cost no more than it, and begin the text', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 40 }), fc.nat(60), (text, limit) => {
        const kept = withinTokens(text, limit);
        expect(tokensOf(kept)).toBeLessThanOrEqual(limit);
        expect(text.startsWith(kept)).toBe(true);
      }),
    );
  });
});

describe('signatures', () => {
  it('are accepted for what they were issued for, and nothing else', () => {
    const [mine, other] = [signerFor('a'), signerFor('b')];
    for (const kind of ['thinking', 'redacted', 'encrypted', 'thought'] as const) {
      const token = mine.issue(kind, 'content');
      expect(mine.issued(kind, token)).toBe(true);
      expect(mine.issued(kind, token, 'content')).toBe(true);
      expect(mine.issued(kind, token, 'changed')).toBe(false);
      expect(other.issued(kind, token)).toBe(false);
      expect(mine.issued(kind === 'thinking' ? 'thought' : 'thinking', token)).toBe(false);
      expect(mine.issued(kind, `x:${token}`)).toBe(false);
      expect(mine.issued(kind, `${token} `)).toBe(false);
    }
    expect(mine.issued('thinking', '')).toBe(false);
  });
});

describe('sampling a schema', () => {
  it('satisfies the keywords it knows', () => {
    const schema: JsonObject = {
      $defs: {
        Node: {
          type: 'object',
          properties: { next: { $ref: '#/$defs/Node' }, n: { type: 'integer' } },
          required: ['n'],
        },
      },
      allOf: [{ properties: { base: { const: 'b' } }, required: ['base'] }],
      type: 'object',
      properties: {
        kind: { enum: ['x', 'y'] },
        size: { type: 'integer', exclusiveMinimum: 4, multipleOf: 5, maximum: 20 },
        tags: { type: 'array', items: { type: 'string', minLength: 30 }, minItems: 2 },
        when: { anyOf: [{ type: 'null' }, { type: 'string', format: 'date-time' }] },
        upper: { type: 'STRING', enum: ['A'] },
        node: { $ref: '#/$defs/Node' },
        pair: { type: 'array', prefixItems: [{ type: 'boolean' }, { type: 'number', minimum: 2, maximum: 2 }] },
      },
      required: ['kind', 'size', 'free'],
    };
    for (const seed of ['1', '2', '3']) {
      const value = sample(schema, seed) as { [name: string]: Json };
      expect(['x', 'y']).toContain(value.kind);
      expect([5, 10, 15, 20]).toContain(value.size);
      expect((value.tags as string[]).every((tag) => tag.length >= 30) && (value.tags as string[]).length === 2).toBe(
        true,
      );
      expect(value).toMatchObject({ base: 'b', when: '2026-08-01T12:00:00Z', upper: 'A', free: expect.any(String) });
      expect(value.pair).toEqual([expect.any(Boolean), 2]);
      expect(isObject(value.node) && Number.isInteger(value.node.n)).toBe(true);
      expect(sample(schema, seed)).toEqual(value);
    }
  });
  it('ends and never throws, whatever the schema', () => {
    const endless = { $ref: '#' };
    expect(() => sample({ anyOf: [endless], allOf: [endless], items: endless }, 's')).not.toThrow();
    fc.assert(fc.property(fc.jsonValue(), (schema) => void JSON.stringify(sample(schema as Json, 's'))));
  });
});
