import { describe, expect, it } from 'vitest';
import { Body } from '../body.ts';
import { dialectOf } from '../dialects/index.ts';
import type { DialectId, Target } from '../envelope.ts';
import { fittedEdits, translatedEdits } from './thinking-edits.ts';

const codec = (id: DialectId) => dialectOf(id).request;
const read = (text: string) => Body.read(Buffer.from(text));

describe('what became of a wish to think', () => {
  it('is told by path where a body passed, and not at all where nothing changed', () => {
    const claude = codec('anthropic-messages');
    const reasoning = { budget: { min: 1024, max: 128_000 } };
    const target: Target = {
      model: 'm',
      stream: false,
      limits: { maxOutput: 64_000, reasoning },
      maker: 'anthropic',
      accent: {},
    };
    const fitted = (text: string) => {
      const body = read(text);
      return fittedEdits(
        claude,
        body,
        claude.fitThinking(body, target, 'generate', () => undefined),
      );
    };
    const thinking = '"thinking":{"type":"enabled","budget_tokens":4000}';
    expect(fitted(`{"max_tokens":1600,"top_p":0.5,${thinking}}`)).toEqual([
      'thinking.budget_tokens: 4000 -> 1599',
      'top_p: 0.5 -> absent',
    ]);
    expect(fitted('{"thinking":{"type":"adaptive"},"max_tokens":9000}')).toEqual([
      'thinking.type: "adaptive" -> "enabled"',
      'thinking.budget_tokens: absent -> 4500',
    ]);
    expect(fitted(`{${thinking}}`)).toEqual(['max_tokens: absent -> 64000']);
    expect(fitted(`{"max_tokens":5000,${thinking}}`)).toEqual([]);
  });

  it('is told in both dialects where it was translated', () => {
    const edits = (asked: string, sent: string) =>
      translatedEdits(codec('openai-chat'), read(asked), codec('gemini'), read(sent));
    expect(
      edits('{"reasoning_effort":"xhigh"}', '{"generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH"}}}'),
    ).toEqual(['thinking: reasoning_effort "xhigh" -> generationConfig.thinkingConfig.thinkingLevel "HIGH"']);
    expect(edits('{"reasoning_effort":"low"}', '{}')).toEqual(['thinking: reasoning_effort "low" -> nothing said']);
    expect(edits('{}', '{}')).toEqual([]);
    expect(edits(`{"reasoning_effort":{"text":"${'long'.repeat(99)}"}}`, '{}')).toEqual([
      'thinking: reasoning_effort some JSON -> nothing said',
    ]);
  });
});
