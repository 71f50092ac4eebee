import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listener } from '../../test/support/fixtures.ts';
import { strictLimits } from '../../test/support/limits.ts';
import type { Target } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import { repair, type Speaker } from './repair.ts';
import type { ChatRequest, Part, ToolResultPart, Turn } from './request.ts';

fc.configureGlobal({ seed: 20_261_122 });

const messages: Speaker = { id: 'anthropic-messages', limits: strictLimits };
/** As lenient as OpenAI Chat. */
const chat: Speaker = {
  id: 'openai-chat',
  limits: {
    ...strictLimits,
    namesSpeakers: true,
    emptyText: true,
    adjacentRoles: true,
    startsWithUser: false,
    prefill: 'left',
    systemTurns: 'anywhere',
    freeformTools: true,
    unsealedReasoning: true,
  },
};
const target: Target = { model: 'm', stream: false, limits: {}, maker: 'anthropic', accent: {} };

const text = (value: string): Part => ({ type: 'text', text: value });
const call = (id: string, name = 'f', input = '{}'): Part => ({ type: 'tool-call', id, name, input });
const result = (id: string, value: string): Part => ({ type: 'tool-result', id, content: [text(value)] });
const user = (...parts: readonly Part[]): Turn => ({ role: 'user', parts });
const assistant = (...parts: readonly Part[]): Turn => ({ role: 'assistant', parts });
const system = (value: string): Turn => ({ role: 'system', parts: [text(value)] });

interface Repaired {
  readonly turns: readonly Turn[];
  readonly request: ChatRequest;
  readonly losses: readonly string[];
}
function repaired(turns: readonly Turn[], speaker: Speaker = messages, rest: Partial<ChatRequest> = {}): Repaired {
  const { report, losses } = listener();
  const { request } = repair({ turns, tools: [], sampling: {}, ...rest }, speaker, target, report);
  return { turns: request.turns, request, losses: losses.map(({ what }) => what) };
}
function results(turn: Turn | undefined): readonly ToolResultPart[] {
  return (turn?.parts ?? []).filter((part) => part.type === 'tool-result');
}
const said = (part: Part | undefined): string => (part?.type === 'text' ? part.text : '');

describe('tool results', () => {
  it('stand together after their turn, in call order, wherever and however often the client sent them', () => {
    const { turns } = repaired([
      user(text('go')),
      assistant(text('ok'), call('a'), call('b')),
      user(result('b', 'B')),
      user(text('meanwhile')),
      user(result('a', 'old A'), result('a', 'new A')),
    ]);
    expect(turns).toHaveLength(3);
    expect(results(turns[2]).map((part) => [part.id, part.name, said(part.content[0])])).toEqual([
      ['a', 'f', 'new A'],
      ['b', 'f', 'B'],
    ]);
    expect(turns[2]?.parts.at(-1)).toEqual(text('meanwhile'));
  });

  it('follow their own turn for a dialect that lets roles repeat', () => {
    const { turns } = repaired(
      [assistant(call('a')), assistant(call('b')), user(result('b', 'B'), result('a', 'A'), text('x'))],
      chat,
    );
    expect(turns.map((turn) => turn.parts.map((part) => ('id' in part ? part.id : said(part))))).toEqual([
      ['a'],
      ['a'],
      ['b'],
      ['b'],
      ['x'],
    ]);
  });

  it('without a call become labelled text, with their media', () => {
    const image: Part = { type: 'media', mediaType: 'image/png', source: { data: 'AA==' } };
    const { turns, losses } = repaired([
      user(result('gone', 'found it'), { type: 'tool-result', id: '', name: 'ls', content: [image] }),
    ]);
    expect(turns).toEqual([user(text('Tool result (gone): found it'), text('Tool result (ls):'), image)]);
    expect(losses).toEqual(['orphan_tool_result']);
  });

  it('are made up, as failed, where a call has none: in mid-history and at its end', () => {
    const open = [user(text('go')), assistant(call('a'), call('b')), user(result('b', 'B'))];
    const { turns, losses } = repaired(open, chat);
    expect(results(turns[2]).map((part) => [part.id, part.failed, said(part.content[0])])).toEqual([
      ['a', true, 'Tool result not available.'],
      ['b', undefined, 'B'],
    ]);
    expect(losses).toEqual(['missing_tool_result']);
    for (const speaker of [messages, chat]) {
      const ended = repaired(open.slice(0, 2), speaker).turns;
      expect(ended).toHaveLength(3);
      expect(results(ended[2])).toHaveLength(2);
    }
    const lenient: Speaker = { id: 'openai-chat', limits: { ...chat.limits, pairedTools: false } };
    expect(repaired([...open.slice(0, 2), user(result('c', 'C'))], lenient).turns).toEqual([
      ...open.slice(0, 2),
      user(result('c', 'C')),
    ]);
  });

  it('are freeform exactly where their calls are', () => {
    const patch: Part = { type: 'tool-call', id: 'a', name: 'patch', input: 'x', freeform: true };
    const { turns } = repaired(
      [user(text('go')), assistant(patch, call('b')), user(result('a', 'A'), result('b', 'B'))],
      chat,
    );
    expect(results(turns[2]).map(({ freeform }) => freeform)).toEqual([true, undefined]);
  });

  it('without ids are paired by name and order', () => {
    const anonymous = (name: string, value: string): Part => ({
      type: 'tool-result',
      id: '',
      name,
      content: [text(value)],
    });
    const { turns, losses } = repaired([
      user(text('go')),
      assistant(call('', 'f', '{"x":1}'), call('', 'g'), call('', 'f', '{"x":2}')),
      user(anonymous('g', 'G'), anonymous('f', 'F1'), anonymous('f', 'F2')),
    ]);
    expect(results(turns[2]).map((part) => said(part.content[0]))).toEqual(['F1', 'G', 'F2']);
    const ids = turns[1]?.parts.map((part) => (part.type === 'tool-call' ? part.id : ''));
    expect(ids).toEqual(results(turns[2]).map(({ id }) => id));
    expect(new Set(ids).size).toBe(3);
    expect(losses).toEqual([]);
  });

  it('carry ids that fit, the same on both sides, unique where a model counts anew each turn', () => {
    const long = 'x'.repeat(90);
    const { turns } = repaired([
      user(text('go')),
      assistant(call('exec:0'), call(long)),
      user(result('exec:0', 'one'), result(long, 'two')),
      assistant(call('exec:0')),
      user(result('exec:0', 'three')),
    ]);
    const ids = turns.flatMap((turn) => turn.parts.flatMap((part) => (part.type === 'tool-call' ? part.id : [])));
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect([...results(turns[2]), ...results(turns[4])].map(({ id }) => id)).toEqual(ids);
    expect(said(results(turns[4])[0]?.content[0])).toBe('three');
    expect(
      repaired([user(text('go')), assistant(call('toolu_01')), user(result('toolu_01', 'x'))]).turns[1]?.parts[0],
    ).toEqual(call('toolu_01'));
  });

  it('give their media to the user turn that follows, where a tool message takes only text', () => {
    const image: Part = { type: 'media', mediaType: 'image/png', source: { data: 'AA==' } };
    const { turns } = repaired(
      [
        assistant(call('a')),
        user({ type: 'tool-result', id: 'a', content: [text('shot'), image] }),
        user(text('and?')),
      ],
      chat,
    );
    expect(results(turns[1])[0]?.content).toEqual([text('shot'), text('[image: see the next user message]')]);
    expect(turns[2]).toEqual(user(text('From tool result a:'), image));
    expect(turns[3]).toEqual(user(text('and?')));
  });
});

describe('reasoning and seals', () => {
  const own = { maker: 'anthropic', token: 'sig' };
  const foreign = { maker: 'google', token: 'sig' };

  it('keep what the target made, drop others with their thought, strip them from calls', () => {
    const kept: Part = { type: 'reasoning', text: 'mine', seal: own };
    const { turns, losses } = repaired([
      user(text('go')),
      assistant({ type: 'reasoning', text: 'theirs', seal: foreign }, kept, {
        type: 'tool-call',
        id: 'a',
        name: 'f',
        input: '{}',
        seal: foreign,
      }),
      user(result('a', 'A')),
      assistant({ type: 'reasoning', text: 'bare' }, { type: 'text', text: 'hi', seal: own }),
      user(text('more')),
    ]);
    expect(turns[1]?.parts).toEqual([kept, call('a')]);
    expect(turns[3]?.parts).toEqual([{ type: 'text', text: 'hi', seal: own }]);
    expect(losses).toEqual(['reasoning_history']);
  });

  it('become plain thought where the target takes thought without a seal, but never a withheld one', () => {
    const { turns } = repaired(
      [
        user(text('go')),
        assistant(
          { type: 'reasoning', text: 'theirs', seal: foreign },
          { type: 'reasoning', text: '', redacted: true, seal: foreign },
          text('hi'),
        ),
      ],
      chat,
    );
    expect(turns[1]?.parts).toEqual([{ type: 'reasoning', text: 'theirs' }, text('hi')]);
  });

  it('never leave a turn that only thinks', () => {
    const thought: Part = { type: 'reasoning', text: 'hm', seal: own };
    expect(repaired([user(text('go')), assistant(thought), user(text('well?'))]).turns[1]?.parts).toEqual([
      thought,
      text('.'),
    ]);
  });
});

describe('foreign parts', () => {
  it('of others are told as text, or left out with a report; the target’s own stay', () => {
    const own: Part = { type: 'foreign', origin: 'anthropic-messages', value: { type: 'server_tool_use' } };
    const search: Part = {
      type: 'foreign',
      origin: 'openai-responses',
      value: { type: 'web_search_call' },
      meaning: {
        tool: 'web-search',
        input: 'weather',
        links: [{ url: 'https://a.example', title: 'A' }, { url: 'https://b.example' }],
      },
    };
    const opaque: Part = { type: 'foreign', origin: 'openai-responses', value: { type: 'mcp_list_tools' } };
    const { turns, losses } = repaired([user(text('go')), assistant(own, search, opaque, text('hi')), user(text('x'))]);
    expect(turns[1]?.parts).toEqual([
      own,
      text('Searched: weather\n- A: https://a.example\n- https://b.example\n\n'),
      text('hi'),
    ]);
    expect(losses).toEqual(['hosted_history', 'hosted_history_omitted']);
  });

  it('are refused where the history would lose its sense', () => {
    const compaction: Part = {
      type: 'foreign',
      origin: 'openai-responses',
      value: { type: 'compaction', encrypted_content: 'x' },
    };
    const file: Part = { type: 'media', mediaType: 'image/*', source: { file: 'file_1', origin: 'openai-responses' } };
    for (const part of [compaction, file, { type: 'tool-result', id: 'a', content: [file] } as const])
      expect(() => repaired([user(part)])).toThrow(GatewayError);
  });
});

describe('the order of turns', () => {
  it('keeps system text at the head and tags what comes later, after the results of that turn', () => {
    const { turns, losses } = repaired([
      system('be kind'),
      { ...system('and brief'), developer: true },
      user(text('go')),
      assistant(call('a')),
      system('the user is away'),
      user(result('a', 'A')),
    ]);
    expect(turns.map(({ role }) => role)).toEqual(['system', 'system', 'user', 'assistant', 'user']);
    expect(turns[4]?.parts.map((part) => part.type)).toEqual(['tool-result', 'text']);
    expect(said(turns[4]?.parts[1])).toBe('<system-reminder>\nthe user is away\n</system-reminder>');
    expect(losses).toEqual(['system_position']);
  });

  it('merges neighbours, drops what is empty, and adds only the smallest placeholders', () => {
    expect(repaired([user(text('a')), user(text(' \n')), user(text('b'))]).turns).toEqual([user(text('a'), text('b'))]);
    expect(repaired([user(text('a')), assistant(text('')), user(text('b'))]).turns).toEqual([
      user(text('a'), text('b')),
    ]);
    expect(repaired([system('only')]).turns).toEqual([system('only'), user(text('Begin.'))]);
    expect(repaired([user(text(''))]).turns).toEqual([user(text('Begin.'))]);
    expect(repaired([assistant(text('Hi'))]).turns).toEqual([
      user(text('Begin.')),
      assistant(text('Hi')),
      user(text('Continue.')),
    ]);
    const asIs = [system('s'), user(text('')), user(text('b')), system('later'), assistant(text('prefill'))];
    expect(repaired(asIs, chat).turns).toEqual(asIs);
  });

  it('keeps an empty text on which the target’s own seal hangs', () => {
    const sealed: Part = { type: 'text', text: '', seal: { maker: 'anthropic', token: 't' } };
    expect(repaired([user(text('a')), assistant(sealed), user(text('b'))]).turns[1]?.parts).toEqual([sealed]);
  });
});

describe('any history whatever', () => {
  const id = fc.constantFrom('a', 'b', 'exec:0', '', 'y'.repeat(70));
  const anyText = fc.constantFrom('', ' ', 'hello', 'ok').map(text);
  const seal = fc.option(fc.record({ maker: fc.constantFrom('anthropic', 'google'), token: fc.constant('t') }), {
    nil: undefined,
  });
  const parts = fc.array(
    fc.oneof(
      anyText,
      fc.tuple(id, fc.constantFrom('f', 'g h')).map(([callId, name]) => call(callId, name)),
      fc.tuple(id, anyText).map(([callId, content]): Part => ({ type: 'tool-result', id: callId, content: [content] })),
      seal.map((held): Part => ({ type: 'reasoning', text: 'hm', ...(held && { seal: held }) })),
      fc.constant<Part>({ type: 'media', mediaType: 'image/png', source: { data: 'AA==' } }),
    ),
    { maxLength: 4 },
  );
  const turn = fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), parts }).map((made): Turn => {
    const fits = (part: Part): boolean =>
      part.type === 'text' ||
      (made.role === 'assistant' ? part.type === 'tool-call' || part.type === 'reasoning' : false) ||
      (made.role === 'user' ? part.type === 'tool-result' || part.type === 'media' : false);
    return { role: made.role as Turn['role'], parts: made.parts.filter(fits) };
  });
  const histories = fc.array(turn, { maxLength: 7 });

  it('obeys every limit after repair', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { turns } = repaired(history);
        const talk = turns.filter(
          (each, index) => each.role !== 'system' || turns.slice(0, index).some(({ role }) => role !== 'system'),
        );
        expect(talk[0]?.role).toBe('user');
        expect(talk.at(-1)?.role).toBe('user');
        talk.forEach((each, index) => {
          expect(each.role).toBe(index % 2 === 0 ? 'user' : 'assistant');
          expect(each.parts.length).toBeGreaterThan(0);
          const calls = each.parts.filter((part) => part.type === 'tool-call');
          expect(results(talk[index + 1]).map((part) => part.id)).toEqual(calls.map((part) => part.id));
          const kinds = each.parts.map((part) => part.type === 'tool-result');
          expect(kinds).toEqual(kinds.toSorted((a, b) => Number(b) - Number(a)));
        });
        for (const part of turns.flatMap((each) => each.parts)) {
          if (part.type === 'text') expect(part.text.trim()).not.toBe('');
          if (part.type === 'tool-call') {
            expect(part.id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
            expect(part.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
          }
          if (part.type === 'reasoning') expect(part.seal?.maker).toBe('anthropic');
        }
        const allIds = turns.flatMap((each) =>
          each.parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])),
        );
        expect(new Set(allIds).size).toBe(allIds.length);
      }),
      { numRuns: 300 },
    );
  });

  it('is left alone where it already obeys them', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const once = repaired(history).request;
        const again = repaired(once.turns);
        expect(again.turns).toEqual(once.turns);
        expect(again.losses).toEqual([]);
      }),
    );
  });

  it('keeps its repaired beginning when it goes on', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(messages, chat), (history, speaker) => {
        // A late result changes its call's answer, by its nature; ids are settled before the first results come.
        const calm = history.map((each) => ({
          ...each,
          parts: each.parts.filter((part) => part.type !== 'tool-result'),
        }));
        const answered = calm.flatMap((each): readonly Turn[] => {
          const answers = each.parts.flatMap((part) => (part.type === 'tool-call' ? [result(part.id, 'R')] : []));
          return answers.length > 0 ? [each, user(...answers)] : [each];
        });
        const all = repaired([...answered, assistant(text('done')), user(text('and now?'))], speaker).turns;
        const before = repaired(answered, speaker).turns;
        // The last turn may still grow, and a placeholder may stand behind it.
        const settled = before.slice(0, -2);
        expect(all.slice(0, settled.length)).toEqual(settled);
      }),
      { numRuns: 200 },
    );
  });
});
