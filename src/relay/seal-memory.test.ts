import { describe, expect, it } from 'vitest';
import { replay } from '../ir/fold.ts';
import type { Reply } from '../ir/reply.ts';
import type { ChatRequest, Part } from '../ir/request.ts';
import { createSealMemory } from './seal-memory.ts';

const seal = { maker: 'anthropic', token: 'sig' };
const reply: Reply = {
  id: 'r',
  model: 'm',
  parts: [
    { type: 'reasoning', text: 'hm', seal },
    { type: 'text', text: 'calling' },
    { type: 'tool-call', id: 'c1', name: 'f', input: '{}', seal: { maker: 'google', token: 'thought' } },
    { type: 'tool-call', id: 'c2', name: 'g', input: '{}' },
  ],
  finish: { reason: 'tool-calls' },
};
function history(...calls: string[]): ChatRequest {
  return {
    turns: [
      { role: 'user', parts: [{ type: 'text', text: 'go' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm, retold' },
          ...calls.map((id) => ({ type: 'tool-call' as const, id, name: 'f', input: '{}' })),
        ],
      },
    ],
    tools: [],
    sampling: {},
  };
}

describe('the memory of seals', () => {
  it('gives a turn its sealed reasoning back by its first call', () => {
    const memory = createSealMemory(1 << 20, 60_000);
    const listen = memory.listener();
    for (const event of replay(reply)) listen(event);
    expect(memory.recall(history('c1', 'c2')).turns[1]?.parts).toEqual([
      { type: 'reasoning', text: 'hm', seal },
      { type: 'tool-call', id: 'c1', name: 'f', input: '{}', seal: { maker: 'google', token: 'thought' } },
      { type: 'tool-call', id: 'c2', name: 'f', input: '{}' },
    ]);
  });

  it('leaves turns alone that it does not know', () => {
    const memory = createSealMemory(1 << 20, 60_000);
    const listen = memory.listener();
    for (const event of replay(reply)) listen(event);
    expect(memory.recall(history('other'))).toEqual(history('other'));
    expect(memory.recall(history())).toEqual(history());
  });

  it('leaves a turn alone that brings sealed reasoning itself', () => {
    const memory = createSealMemory(1 << 20, 60_000);
    const listen = memory.listener();
    for (const event of replay(reply)) listen(event);
    const [turn] = history('c1').turns.slice(1);
    const own: Part = { type: 'reasoning', text: 'own', seal: { maker: 'anthropic', token: 'own' } };
    const brought = { ...history(), turns: [{ role: 'assistant', parts: [own, ...(turn?.parts ?? [])] } as const] };
    expect(memory.recall(brought)).toEqual(brought);
  });

  it('keeps what a turn shows of its thoughts where only a call was sealed', () => {
    const memory = createSealMemory(1 << 20, 60_000);
    const listen = memory.listener();
    for (const event of replay({ ...reply, parts: reply.parts.slice(1) })) listen(event);
    const types = memory.recall(history('c1')).turns[1]?.parts.map((part) => [part.type, 'seal' in part]);
    expect(types).toEqual([
      ['reasoning', false],
      ['tool-call', true],
    ]);
  });

  it('forgets what does not fit', () => {
    const memory = createSealMemory(50, 60_000);
    const listen = memory.listener();
    for (const event of replay(reply)) listen(event);
    expect(memory.recall(history('c1'))).toEqual(history('c1'));
  });
});
