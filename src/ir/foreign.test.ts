import { describe, expect, it } from 'vitest';
import type { DialectId } from '../envelope.ts';
import { dropForeign } from './foreign.ts';
import type { Meaning, MediaPart, Part, Turn } from './request.ts';

describe('a file in a vendor’s store', () => {
  const file: Part = { type: 'media', mediaType: 'image/*', source: { file: 'f', origin: 'openai-responses' } };
  const turn: Turn = { role: 'user', parts: [{ type: 'tool-result', id: 'a', content: [file] }] };

  it.each<[boolean, DialectId, string]>([
    [true, 'openai-responses', 'openai'],
    [true, 'openai-chat', 'openai'],
    [false, 'openai-chat', 'deepseek'],
    [false, 'anthropic-messages', 'anthropic'],
    [false, 'gemini', 'google'],
  ])('can be read: %s, in %s by a model of %s', (readable, dialect, maker) => {
    const read = () => dropForeign([turn], { dialect, maker, unsealedReasoning: false }, () => undefined);
    if (readable) expect(read()).toEqual([turn]);
    else expect(read).toThrow(expect.objectContaining({ kind: 'bad-request' }));
  });
});

function told(meaning?: Meaning): { parts: readonly Part[]; losses: string[] } {
  const losses: string[] = [];
  const part: Part = { type: 'foreign', origin: 'openai-responses', value: {}, ...(meaning && { meaning }) };
  const reader = { dialect: 'gemini', maker: 'google', unsealedReasoning: true } as const;
  const turns = dropForeign([{ role: 'user', parts: [part] }], reader, ({ what }) => losses.push(what));
  return { parts: turns[0]?.parts ?? [], losses };
}

describe('what another vendor ran', () => {
  it.each<[string, Meaning]>([
    ['Ran code: 1+1\nResult: 2', { tool: 'code-execution', input: '1+1', output: '2' }],
    ['Ran code: 1/0\nFailed: Zero', { tool: 'code-execution', input: '1/0', output: 'Zero', failed: true }],
    ['Used mcp: n({})\nFailed.', { tool: 'mcp', input: 'n({})', failed: true }],
    ['Searched, failed: unavailable', { tool: 'web-search', output: 'unavailable', failed: true }],
    ['Searched, failed.', { tool: 'web-search', failed: true }],
  ])('is told: %s', (text, meaning) => {
    expect(told(meaning)).toEqual({ parts: [{ type: 'text', text }], losses: ['hosted_history'] });
  });

  it('shows the picture that came of it', () => {
    const shown: MediaPart = { type: 'media', mediaType: 'image/png', source: { data: 'AA' } };
    expect(told({ tool: 'computer', shown }).parts).toEqual([
      { type: 'text', text: 'Used the computer, which showed:' },
      shown,
    ]);
  });

  const ran: Part = {
    type: 'foreign',
    origin: 'openai-responses',
    value: {},
    meaning: { tool: 'web-search', input: 'a' },
  };
  const text = (words: string): Part => ({ type: 'text', text: words });
  it.each<[string, readonly Part[], readonly string[]]>([
    ['between texts', [text('I look.'), ran, text('I found it.')], ['I look.', '\n\nSearched: a\n\n', 'I found it.']],
    ['first', [ran, text('Found.')], ['Searched: a\n\n', 'Found.']],
    ['last', [text('I look.'), ran, text('')], ['I look.', '\n\nSearched: a', '']],
    ['twice', [text('A'), ran, ran, text('B')], ['A', '\n\nSearched: a\n\n', 'Searched: a\n\n', 'B']],
    ['alone', [ran], ['Searched: a']],
  ])('stands on lines of its own %s', (_place, parts, texts) => {
    const reader = { dialect: 'gemini', maker: 'google', unsealedReasoning: true } as const;
    const [turn] = dropForeign([{ role: 'assistant', parts }], reader, () => undefined);
    expect(turn?.parts).toEqual(texts.map(text));
  });

  it('is said to be left out where nothing is known of it', () => {
    expect(told()).toEqual({ parts: [], losses: ['hosted_history_omitted'] });
  });
});

describe('thoughts of which the text came back without a seal', () => {
  const reader = { dialect: 'gemini', maker: 'google', unsealedReasoning: false } as const;
  const thought: Part = { type: 'reasoning', text: 'Rain, perhaps.' };
  const call = (maker: string): Part => ({
    type: 'tool-call',
    id: 'c',
    name: 'f',
    input: '{}',
    seal: { maker, token: 't' },
  });
  const lost = (parts: readonly Part[]): { parts: readonly Part[]; losses: string[] } => {
    const losses: string[] = [];
    const turns = dropForeign([{ role: 'assistant', parts }], reader, ({ what }) => losses.push(what));
    return { parts: turns[0]?.parts ?? [], losses };
  };
  it('are no loss where what follows holds them for their maker', () => {
    expect(lost([thought, call('google')])).toEqual({ parts: [call('google')], losses: [] });
  });
  it('are one where nothing does', () => {
    expect(lost([thought]).losses).toEqual(['reasoning_history']);
    expect(new Set(lost([thought, call('openai')]).losses)).toEqual(new Set(['reasoning_history']));
  });
});

it('tells thoughts of another maker from those without a signature', () => {
  const told: string[] = [];
  const seal = { maker: 'anthropic', token: 'sig' };
  for (const part of [{ type: 'reasoning', text: 'a', seal } as const, { type: 'reasoning', text: 'a' } as const])
    dropForeign(
      [{ role: 'assistant', parts: [part] }],
      { dialect: 'gemini', maker: 'google', unsealedReasoning: false },
      ({ why }) => told.push(why),
    );
  expect(told).toEqual([expect.stringContaining('only its maker'), expect.stringContaining('without a signature')]);
});
