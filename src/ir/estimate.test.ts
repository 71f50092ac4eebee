import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateText, estimateTokens } from './estimate.ts';
import type { ChatRequest, Part } from './request.ts';

fc.configureGlobal({ seed: 20_261_122 });

const empty: ChatRequest = { turns: [], tools: [], sampling: {} };
const said = (...parts: readonly Part[]): ChatRequest => ({ ...empty, turns: [{ role: 'user', parts }] });

describe('estimateText', () => {
  it.each<[string, string, number]>([
    ['a sentence', 'The quick brown fox jumps over the lazy dog.', 10],
    [
      'instructions',
      'You are a careful assistant. Read the whole file before you change it, keep your edits small, and explain in one or two sentences what you did and why it was needed. If a test fails, say so plainly instead of hiding it.',
      49,
    ],
    [
      'German',
      'Die Donaudampfschifffahrtsgesellschaft hat gestern angekündigt, dass die Fahrpreise im kommenden Frühjahr steigen werden, weil die Betriebskosten stark gestiegen sind.',
      34,
    ],
    [
      'Chinese',
      '请仔细阅读整个文件，然后再进行修改。修改要尽量小，并用一两句话说明你做了什么以及为什么需要这样做。',
      32,
    ],
    [
      'Japanese',
      'ファイル全体をよく読んでから変更してください。変更は小さく保ち、何をしたのかを一、二文で説明してください。',
      36,
    ],
    [
      'Korean',
      '파일 전체를 주의 깊게 읽은 후 수정하십시오. 수정은 작게 유지하고 무엇을 왜 했는지 한두 문장으로 설명하십시오.',
      33,
    ],
    [
      'Russian',
      'Внимательно прочитайте весь файл, прежде чем вносить изменения. Делайте правки небольшими и объясните одним или двумя предложениями, что вы сделали.',
      34,
    ],
    ['Hindi', 'कोई भी बदलाव करने से पहले पूरी फ़ाइल को ध्यान से पढ़ें और एक या दो वाक्यों में बताएं कि आपने क्या किया।', 30],
    [
      'code',
      "export function collect(events: Iterable<ReplyEvent>): Reply {\n  const told: Told = { id: '', model: '', parts: [] };\n  for (const event of events) {\n    if (event.type === 'failure') throw event.error;\n    hear(told, event);\n  }\n  throw new GatewayError('upstream', 'The upstream reply ended before it was complete.');\n}\n",
      80,
    ],
    [
      'JSON',
      '{"type":"object","properties":{"path":{"type":"string","description":"Absolute path."},"limit":{"type":"integer","minimum":1,"maximum":2000}},"required":["path"],"additionalProperties":false}',
      45,
    ],
    ['numbers', '3.14159265358979, 2718281828, 2026-11-22T14:07:16Z, 192.168.10.254:8317', 40],
    ['emoji', '👍🎉😀🚀 done ✅', 8],
  ])('is within a fifth of what o200k counts for %s', (_what, text, counted) => {
    const estimated = estimateText(text);
    expect(estimated).toBeGreaterThanOrEqual(Math.floor(counted * 0.8));
    expect(estimated).toBeLessThanOrEqual(Math.ceil(counted * 1.2));
  });

  it('is nothing for nothing, never less for more text, and linear in time', () => {
    expect(estimateText('')).toBe(0);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, two) => {
        expect(estimateText(`${one}\n\nx ${two}`)).toBeGreaterThanOrEqual(
          Math.max(estimateText(one), estimateText(two)) - 1,
        );
      }),
    );
    const started = performance.now();
    estimateText('word 123 {} \n'.repeat(100_000));
    estimateText('a'.repeat(2_000_000));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('estimateTokens', () => {
  const tool = {
    type: 'function',
    name: 'read_file',
    description: 'Reads a file.',
    parameters: { type: 'object' },
  } as const;

  it('counts every place that holds text', () => {
    const bare = estimateTokens(said({ type: 'text', text: 'Hello there.' }));
    const richer: readonly ChatRequest[] = [
      { ...said({ type: 'text', text: 'Hello there.' }), tools: [tool] },
      said({ type: 'text', text: 'Hello there.' }, { type: 'reasoning', text: 'Some thought.' }),
      said(
        { type: 'text', text: 'Hello there.' },
        { type: 'tool-call', id: 'c', name: 'f', input: '{"path":"/etc/hosts"}' },
      ),
      said(
        { type: 'text', text: 'Hello there.' },
        { type: 'tool-result', id: 'c', content: [{ type: 'text', text: 'A long result.' }] },
      ),
      {
        ...empty,
        turns: [
          { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
          ...said({ type: 'text', text: 'Hello there.' }).turns,
        ],
      },
      { ...said({ type: 'text', text: 'Hello there.' }), output: { type: 'json', schema: { type: 'object' } } },
    ];
    expect(bare).toBe(3 + 4 + 3);
    for (const request of richer) expect(estimateTokens(request)).toBeGreaterThan(bare);
  });

  it('guesses media by family, never by its bytes', () => {
    const image = (data: string): Part => ({ type: 'media', mediaType: 'image/png', source: { data } });
    const small = estimateTokens(said(image('aGk=')));
    expect(small).toBe(estimateTokens(said(image('A'.repeat(1_000_000)))));
    expect(small).toBeGreaterThan(800);
    expect(small).toBeLessThan(1600);
  });
});
