import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Body } from '../body.ts';
import type { JsonObject } from '../json.ts';
import { headOf } from './head.ts';
import { dialectOf } from './index.ts';

const openingOf = (dialect: Parameters<typeof dialectOf>[0], json: JsonObject | string) =>
  dialectOf(dialect).request.opening(Body.read(Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))));
const opening = (dialect: Parameters<typeof dialectOf>[0], json: JsonObject | string): string | undefined =>
  openingOf(dialect, json)?.text;

describe('the opening of a conversation', () => {
  it('is the start of the system prompt and of the first user message, in each dialect', () => {
    const user = { role: 'user', content: 'Fix the bug' };
    const reply = { role: 'assistant', content: 'Done' };
    expect(
      opening('openai-chat', {
        messages: [{ role: 'developer', content: 'Be terse' }, user, reply, { ...user, content: 'x' }],
      }),
    ).toBe('Be terse\nFix the bug');
    expect(
      opening('anthropic-messages', {
        system: [
          { type: 'text', text: 'x-anthropic-billing-header: cch=17;' },
          { type: 'text', text: 'Be terse' },
        ],
        messages: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Fix the bug' }] }, reply],
      }),
    ).toBe('Be terse\nFix the bug');
    expect(
      opening('openai-responses', {
        instructions: 'Be terse',
        input: [
          { type: 'reasoning', content: [] },
          { role: 'user', content: [{ type: 'input_text', text: 'Fix the bug' }] },
        ],
      }),
    ).toBe('Be terse\nFix the bug');
    expect(opening('openai-responses', { input: 'Fix the bug' })).toBe('Fix the bug');
    expect(
      opening('gemini', {
        contents: [{ parts: [{ text: 'Fix the bug' }] }, { role: 'model', parts: [{ text: 'x' }] }],
        system_instruction: { parts: [{ text: 'Be terse' }] },
      }),
    ).toBe('Be terse\nFix the bug');
    expect(opening('openai-completions', { prompt: 'Fix the bug' })).toBe('Fix the bug');
  });

  it('stays the same while the conversation goes on, whatever its size', () => {
    const system = { role: 'system', content: `You are an agent. ${'"rules"\n'.repeat(4000)}` };
    const user = { role: 'user', content: `Read "this"\\: ${'é'.repeat(3000)}` };
    const first = opening('openai-chat', { model: 'm', messages: [system, user] });
    const more = Array.from({ length: 3000 }, (_, turn) => ({
      role: turn % 2 ? 'user' : 'assistant',
      content: 'x'.repeat(300),
    }));
    expect(opening('openai-chat', { model: 'm', messages: [system, user, ...more] })).toBe(first);
    expect(first?.length).toBeLessThan(250);
    expect(opening('openai-chat', { messages: [system, { ...user, content: 'Another' }] })).not.toBe(first);
  });

  it('tells from the first answer on which of those that began alike it is', () => {
    const user = { role: 'user', content: 'Fix the bug' };
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const answerIn = (dialect: Parameters<typeof dialectOf>[0], json: JsonObject) => openingOf(dialect, json)?.answer;
    expect(answerIn('openai-chat', { messages: [user] })).toBeUndefined();
    expect(answerIn('openai-chat', { messages: [user, user] })).toBeUndefined();
    expect(answerIn('openai-responses', { input: 'Fix the bug' })).toBeUndefined();
    expect(answerIn('openai-completions', { prompt: 'Fix the bug' })).toBeUndefined();
    expect(answerIn('openai-chat', { messages: [user, { role: 'assistant', content: 'Done' }, user] })).toBe('Done');
    expect(
      answerIn('gemini', { contents: [{ parts: [{ text: 'x' }] }, { role: 'model', parts: [{ text: 'Done' }] }] }),
    ).toBe('Done');
    expect(
      answerIn('openai-chat', { messages: [user, { role: 'assistant', content: null, tool_calls: [call] }] }),
    ).toContain('call_1');
    const thought = { type: 'reasoning', id: 'rs_1', summary: [] };
    expect(answerIn('openai-responses', { input: [user, thought, user] })).toContain('rs_1');
    const block = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} };
    const marked = { ...block, cache_control: { type: 'ephemeral' } };
    const [plain, again] = [block, marked].map((part) =>
      answerIn('anthropic-messages', { messages: [user, { role: 'assistant', content: [part] }] }),
    );
    expect(plain).toContain('toolu_1');
    expect(again).toBe(plain);
  });

  it('does not take a conversation for a new one because its beginning is long', () => {
    const reply = { role: 'assistant', content: 'Done' };
    const long = { role: 'user', content: 'x'.repeat(300_000) };
    const many = Array.from({ length: 500 }, () => ({ role: 'user', content: 'x' }));
    expect(openingOf('openai-chat', { messages: [long, reply] })?.answer).toBe('');
    expect(openingOf('openai-chat', { messages: [...many, reply] })?.answer).toBe('');
  });

  it('is unknown where the user said nothing in words', () => {
    for (const json of [
      {},
      { messages: [] },
      { messages: 7 },
      { messages: [{ role: 'system', content: 'Be terse' }] },
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      { messages: [null, 1, 'x', [], { role: 7 }] },
    ])
      expect(opening('openai-chat', json)).toBeUndefined();
  });
});

describe('the head of a value', () => {
  it('is all that is read: what follows the element that is enough may be anything', () => {
    const first = '[{"role":"user","content":"x"}';
    const enough = (element: unknown) => JSON.stringify(element).includes('user');
    for (const rest of [']', ', {"a":1}]', ' no JSON at all', ', '.repeat(1000)])
      expect(headOf(Buffer.from(first + rest), enough)).toEqual([{ role: 'user', content: 'x' }]);
  });

  it('ends where its window ends: a value of any size is read as far as that', () => {
    const far = [...Array.from({ length: 399 }, (_, index) => index), 'here', 'gone'];
    expect(headOf(Buffer.from(JSON.stringify(far)))).toEqual(far.slice(0, 399));
    const wide = ['x'.repeat(300_000), 'gone'];
    expect(headOf(Buffer.from(JSON.stringify(wide)))).toEqual(['x'.repeat(1024)]);
  });

  it('is the value where it is small', () => {
    // Long numbers and members of the same name are nothing that texts depend on.
    const small = fc.jsonValue({ maxDepth: 3 }).filter((value) => JSON.stringify(value).length < 900);
    fc.assert(
      fc.property(small, (value) => {
        const text = JSON.stringify(value);
        expect(headOf(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is read from whatever bytes there are, cut anywhere, without a throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json().map((text) => Buffer.from(text)),
          fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
        ),
        fc.nat(200),
        (bytes, at) => {
          expect(() => headOf(bytes.subarray(0, at))).not.toThrow();
        },
      ),
    );
    expect(() => headOf(Buffer.from('['.repeat(100_000)))).not.toThrow();
    expect(headOf(Buffer.from('{"__proto__":{"a":1}}'))).toEqual(JSON.parse('{"__proto__":{"a":1}}'));
    expect(headOf(Buffer.from(JSON.stringify(['é"\\'.repeat(2000), 1])))).toEqual([
      expect.stringMatching(/^(?:é"\\)+/),
      1,
    ]);
  });
});
