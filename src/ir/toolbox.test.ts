import { describe, expect, it } from 'vitest';
import { strictLimits } from '../../test/support/limits.ts';
import type { ChatRequest, Tool, ToolChoice } from './request.ts';
import { repairTools } from './toolbox.ts';

interface Repaired {
  readonly request: ChatRequest;
  readonly losses: readonly string[];
}

describe('tool choice', () => {
  const tools: readonly Tool[] = [
    { type: 'function', name: 'a.b' },
    { type: 'function', name: 'send', namespace: 'mail' },
  ];
  const choose = (toolChoice: ToolChoice, given = tools): Repaired => {
    const losses: string[] = [];
    const asked: ChatRequest = { turns: [], tools: given, sampling: {}, parallelToolCalls: false, toolChoice };
    const { request } = repairTools(asked, 'gemini', strictLimits, ({ what }) => losses.push(what));
    return { request, losses };
  };

  it('names tools as they go out, with or without their namespace', () => {
    expect(choose({ name: 'a.b' }).request.toolChoice).toEqual({ name: 'a_b' });
    expect(choose({ name: 'send' }).request.toolChoice).toEqual({ name: 'mail__send' });
    expect(choose({ name: 'send', namespace: 'mail' }).request.toolChoice).toEqual({ name: 'mail__send' });
    expect(choose({ allowed: ['mail__send', 'nope'], mode: 'required' }).request.toolChoice).toEqual({
      allowed: ['mail__send'],
      mode: 'required',
    });
  });

  it('never changes which tool gets which name', () => {
    const alike: readonly Tool[] = ['a.b', 'a b', 'a/b'].map((name) => ({ type: 'function', name }));
    for (const name of ['a.b', 'a/b']) {
      const { request } = choose({ name }, alike);
      expect(request.tools.map((tool) => tool.name)).toEqual(['a_b', 'a_b_2', 'a_b_3']);
    }
  });

  it('falls back to auto for an unknown tool, and goes where there are no tools', () => {
    const unknown = choose({ name: 'nope' });
    expect(unknown.request.toolChoice).toBe('auto');
    expect(unknown.losses).toEqual(['tool_choice']);
    expect(choose('required', []).request).not.toHaveProperty('toolChoice');
    expect(choose('required', []).losses).toEqual(['tool_choice']);
    expect(choose('none', []).losses).toEqual([]);
    expect(choose('auto', []).request).not.toHaveProperty('parallelToolCalls');
  });
});
