// What holds for every request: its own dialect keeps it, edits touch only what they name, prompt caches keep their prefixes, and
// a reply's seals find their way back to their maker through any client.

import { describe, expect, it } from 'vitest';
import { Body } from '../../src/body.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { dialectOf } from '../../src/dialects/index.ts';
import type { DialectId } from '../../src/envelope.ts';
import { estimateTokens } from '../../src/ir/estimate.ts';
import { repair } from '../../src/ir/repair.ts';
import type { ChatRequest, Part, Turn } from '../../src/ir/request.ts';
import { sealMark } from '../../src/ir/seal.ts';
import { isObject, type JsonObject, parseObject } from '../../src/json.ts';
import type { Loss } from '../../src/loss.ts';
import { contextFor, type Fixture, fixtures, listener, targetFor } from '../support/fixtures.ts';
import { conversationOf, conversing } from '../support/manners.ts';

type Asked = Fixture & Required<Pick<Fixture, 'request' | 'requestText'>>;
const asked = fixtures.filter((fixture): fixture is Asked => fixture.request !== undefined);
const conversations = asked.filter(({ dialect }) => conversing.includes(dialect.id));
const quiet = (): void => undefined;

function written(request: ChatRequest, into: Dialect): JsonObject {
  const target = targetFor(into);
  const { request: repaired } = repair(request, into, target, quiet);
  return printed(into.request.encode(repaired, target, quiet));
}

/** Where a reported loss shows in the IR. */
const members: Readonly<Record<string, readonly string[]>> = {
  temperature: ['temperature'],
  top_p: ['topP'],
  top_k: ['topK'],
  stop: ['stop'],
  seed: ['seed'],
  presence_penalty: ['presencePenalty'],
  frequency_penalty: ['frequencyPenalty'],
  service_tier: ['tier'],
  speed: ['tier'],
  citations: ['citations'],
  cache_control: ['cache'],
  metadata: ['metadata'],
  image_detail: ['detail'],
  system_position: [],
  reasoning_history: [],
  grammar: [],
};

/** Without what was reported lost, what the target chooses by itself (the name on results), and spelling. */
function essence(request: ChatRequest, losses: readonly Loss[], id: DialectId): unknown {
  const lost = losses.flatMap(({ what }) => members[what] ?? []);
  // Gemini takes a smaller language of schemas; its own tests say how it bends others.
  if (id === 'gemini') lost.push('parameters');
  const kept = losses.some(({ what }) => what === 'reasoning_history') ? withoutThoughts(request) : request;
  return JSON.parse(JSON.stringify(kept), (key, value: unknown) => {
    if (lost.includes(key)) return undefined;
    if (key === 'input' && typeof value === 'string') return spelled(value);
    // Anthropic and OpenAI want strict schemas closed; a temperature of one is the default.
    if (key === 'additionalProperties' && value === false) return undefined;
    if (key === 'temperature' && value === 1) return undefined;
    if (isObject(value) && value.type === 'tool-result') return { ...value, name: undefined };
    return value;
  });
}

function withoutThoughts(request: ChatRequest): ChatRequest {
  const turns = request.turns.map((turn) => ({
    ...turn,
    parts: turn.parts.filter(({ type }) => type !== 'reasoning'),
  }));
  return { ...request, turns };
}

/** Arguments with their members in one order. */
function spelled(input: string): string {
  const value = parseObject(input);
  return value
    ? JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    : input;
}

/** A body as it comes out of the socket, long numbers kept. */
function printed(body: JsonObject): JsonObject {
  return parseObject(JSON.stringify(body)) ?? {};
}

describe.each(asked.map((fixture) => [fixture.title, fixture] as const))('%s', (_title, fixture) => {
  const { dialect, request, requestText } = fixture;

  it('loses nothing the IR holds when it is written in its own dialect again', () => {
    const target = targetFor(dialect);
    const { report, losses } = listener();
    const decoded = dialect.request.decode(request, quiet);
    const { request: repaired } = repair(decoded, dialect, target, report);
    const encoded = printed(dialect.request.encode(repaired, target, report));
    expect(essence(dialect.request.decode(encoded, quiet), losses, dialect.id)).toEqual(
      essence(repaired, losses, dialect.id),
    );
    for (const { what, why } of losses) expect([what, members[what] ?? why]).toEqual([what, members[what]]);
  });

  it.each([true, false])('is retargeted by its bytes: only named members change, once (stream %s)', (stream) => {
    const target = targetFor(dialect, { model: 'other-model', stream });
    const body = Body.read(Buffer.from(requestText));
    const edited = dialect.request.retarget(body, target);
    const untouched = Object.keys(request).filter((key) => !edited.edits.includes(key));
    for (const key of untouched) expect([key, edited.raw(key)]).toEqual([key, body.raw(key)]);
    const added = Object.keys(edited.json).filter((key) => !(key in request));
    expect(edited.edits).toEqual(expect.arrayContaining(added));
    expect(edited.edits.length).toBeLessThanOrEqual(3);
    expect(dialect.request.retarget(edited, target).bytes.toString()).toBe(edited.bytes.toString());
    if (dialect.id !== 'gemini') expect(edited.get('model')).toBe('other-model');
  });

  it('passes unsealing untouched, having no seal of ours', () => {
    const body = Body.read(Buffer.from(requestText));
    const { report, losses } = listener();
    expect(dialect.request.unseal(body, 'anyone', report)).toBe(body);
    expect(losses).toEqual([]);
  });

  it('has an envelope and an estimate', () => {
    const body = Body.read(Buffer.from(requestText));
    const [route] = dialect.routes;
    const path = route?.path.replace('*', 'demo:generateContent') ?? '/';
    const envelope = dialect.request.envelope({
      operation: 'generate',
      path,
      query: new URLSearchParams(),
      header: () => undefined,
      body,
    });
    expect(envelope).toMatchObject({ dialect: dialect.id, operation: 'generate' });
    expect(envelope.model).not.toBe('');
    expect(estimateTokens(dialect.request.decode(request, quiet))).toBeGreaterThan(5);
  });

  it.each(conversing)('can be written in %s and read there, with the same words and calls', (id) => {
    const other = dialectOf(id);
    const target = targetFor(other);
    const decoded = withoutOwnFiles(dialect.request.decode(request, quiet));
    const { request: repaired } = repair(decoded, other, target, quiet);
    const encoded = printed(other.request.encode(sayable(repaired, id), target, quiet));
    const back = repair(other.request.decode(encoded, quiet), other, target, quiet).request;
    expect(callsOf(back)).toEqual(callsOf(repaired));
    for (const word of userWords(repaired))
      expect(JSON.stringify(back.turns)).toContain(JSON.stringify(word).slice(1, -1));
    const functions = repaired.tools.filter(({ type }) => type !== 'hosted').map(nameOf);
    const choice = repaired.toolChoice;
    // Messages and Gemini have no list of allowed tools: only those are sent then.
    const offered = typeof choice === 'object' && 'allowed' in choice ? choice.allowed : functions;
    expect(back.tools.map(nameOf)).toEqual(expect.arrayContaining([...offered]));
  });
});

const nameOf = (tool: ChatRequest['tools'][number]): string | undefined => tool.name;

function withoutOwnFiles(request: ChatRequest): ChatRequest {
  const kept = (part: Part): boolean => part.type !== 'media' || !('file' in part.source);
  return mapParts(request, (parts) => parts.filter(kept));
}

/** Audio, video and documents in a kind that the target refuses with 400 are not this law's matter. */
function sayable(request: ChatRequest, id: DialectId): ChatRequest {
  const kept = (part: Part): boolean =>
    part.type !== 'media' ||
    part.mediaType.startsWith('image/') ||
    (part.mediaType === 'application/pdf' && conversationOf(id).refusesDocuments !== true);
  return mapParts(request, (parts) => parts.filter(kept));
}

function mapParts(request: ChatRequest, change: (parts: readonly Part[]) => readonly Part[]): ChatRequest {
  const inner = (part: Part): Part => (part.type === 'tool-result' ? { ...part, content: change(part.content) } : part);
  const turns = request.turns.map((turn): Turn => ({ ...turn, parts: change(turn.parts).map(inner) }));
  return { ...request, turns };
}

function callsOf(request: ChatRequest): readonly unknown[] {
  return request.turns.flatMap(({ parts }) =>
    parts.flatMap((part) => {
      if (part.type === 'tool-result') return [['result', part.id]];
      return part.type === 'tool-call' ? [['call', part.id, part.name]] : [];
    }),
  );
}

function userWords(request: ChatRequest): readonly string[] {
  return request.turns.flatMap(({ parts }) =>
    parts.flatMap((part) =>
      part.type === 'text' && part.text.trim() !== '' ? [part.text.trim().split('\n')[0] ?? ''] : [],
    ),
  );
}

/** A conversation with everything that tempts a translation to change its past. */
const long: ChatRequest = {
  tools: [
    { type: 'function', name: 'read file', parameters: { type: 'object', properties: { path: { type: 'string' } } } },
    { type: 'freeform', name: 'patch', namespace: 'edit' },
  ],
  sampling: { maxTokens: 1000 },
  turns: [
    { role: 'system', parts: [{ type: 'text', text: 'Be brief.', cache: {} }] },
    { role: 'user', name: 'alice', parts: [{ type: 'text', text: 'Look at a.ts.', cache: {} }] },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'I should read it.', seal: { maker: 'google', token: 'AAAA' } },
        { type: 'text', text: 'Reading.' },
        {
          type: 'tool-call',
          id: 'exec:0',
          name: 'read file',
          input: '{"path":"a.ts"}',
          seal: { maker: 'google', token: 'BBBB' },
        },
        { type: 'tool-call', id: 'exec:1', name: 'patch', namespace: 'edit', input: '*** Begin', freeform: true },
      ],
    },
    {
      role: 'user',
      parts: [
        { type: 'tool-result', id: 'exec:1', content: [{ type: 'text', text: 'ok' }], freeform: true },
        { type: 'tool-result', id: 'exec:0', content: [{ type: 'text', text: 'let a = 1;' }], failed: true },
      ],
    },
    { role: 'system', parts: [{ type: 'text', text: 'The user changed the file.' }] },
    {
      role: 'assistant',
      parts: [
        { type: 'text', text: 'Counting.' },
        {
          type: 'foreign',
          origin: 'openai-completions',
          value: {},
          meaning: { tool: 'code-execution', input: 'len(a)', output: '1' },
        },
        { type: 'text', text: 'It holds one line.' },
      ],
    },
    {
      role: 'user',
      name: 'bob',
      parts: [
        { type: 'text', text: 'Again, please.' },
        { type: 'text', text: '' },
      ],
    },
    { role: 'assistant', parts: [{ type: 'tool-call', id: 'exec:0', name: 'read file', input: '{"path":"a.ts"}' }] },
    { role: 'user', parts: [{ type: 'tool-result', id: 'exec:0', content: [{ type: 'text', text: 'let a = 2;' }] }] },
    { role: 'assistant', parts: [{ type: 'text', text: 'Now it is two.' }] },
    { role: 'user', parts: [{ type: 'text', text: 'Thanks.', cache: { ttl: '1h' } }] },
  ],
};

/** Marks say where to cache; they are no part of what is cached. */
function unmarked(value: unknown): string {
  return JSON.stringify(value, (key, member: unknown) =>
    key === 'cache_control' || key === 'prompt_cache_breakpoint' ? undefined : member,
  );
}

describe.each(conversing)('prompt caches of %s', (id) => {
  const dialect = dialectOf(id);
  const { preamble, turns: turnsOf } = conversationOf(id);
  const histories: readonly (readonly [string, ChatRequest])[] = [
    ['a long conversation', long],
    ...conversations.map(
      ({ title, dialect: from, request }) => [title, withoutOwnFiles(from.request.decode(request, quiet))] as const,
    ),
  ];

  it.each(histories)('keep the beginning of %s when it goes on', (_title, history) => {
    const request = mapParts(history, (parts) =>
      parts.filter((part) => part.type !== 'media' || part.mediaType.startsWith('image/')),
    );
    const { turns } = request;
    const whole = written(request, dialect);
    turns.forEach((turn, position) => {
      const next = turns[position + 1];
      if (turn.role === 'assistant' || next?.role !== 'assistant') return;
      const before = written({ ...request, turns: turns.slice(0, position + 1) }, dialect);
      expect(unmarked(preamble(before))).toBe(unmarked(preamble(whole)));
      const kept = turnsOf(before).map(unmarked);
      expect(turnsOf(whole).slice(0, kept.length).map(unmarked)).toEqual(kept);
    });
  });
});

interface Sealed {
  readonly upstream: Dialect;
  readonly client: Dialect;
  /** The next request of a client of another dialect, with this reply in its history. */
  readonly body: JsonObject;
  /** The tokens that the client's dialect can carry. */
  readonly tokens: readonly string[];
}
const sealed = fixtures.flatMap(({ title, dialect: upstream, reply }) => {
  const decoded = reply && upstream.reply.decode(reply, { maker: upstream.maker });
  const clients = conversing.filter((id) => id !== upstream.id);
  return clients.flatMap((id): readonly (readonly [string, Sealed])[] => {
    const { asHistory, carries } = conversationOf(id);
    const tokens = decoded?.parts.flatMap((part) =>
      'seal' in part && part.seal && carries.includes(part.type) ? [part.seal.token] : [],
    );
    if (!decoded || !tokens?.length) return [];
    const client = dialectOf(id);
    const body = asHistory(printed(client.reply.encode(decoded, contextFor(client))));
    return [[`${title} through ${id}`, { upstream, client, body, tokens }]];
  });
});

describe('the seals of a recording', () => {
  it('there are some', () => {
    expect(sealed.length).toBeGreaterThan(3);
  });

  it.each(sealed)('%s: find their way home, and only there', (_title, { upstream, client, body, tokens }) => {
    const home = JSON.stringify(written(client.request.decode(body, quiet), upstream));
    for (const token of tokens) expect(home).toContain(token);
    expect(home).not.toContain(sealMark);
    for (const stranger of conversing.filter((id) => id !== upstream.id).map(dialectOf)) {
      const abroad = JSON.stringify(written(client.request.decode(body, quiet), stranger));
      expect([stranger.id, abroad.includes(sealMark)]).toEqual([stranger.id, false]);
      for (const token of tokens) expect([stranger.id, abroad.includes(token)]).toEqual([stranger.id, false]);
    }
  });

  it.each(sealed)(
    '%s: are bare for their maker and gone for others, in a body that keeps its dialect',
    (_title, sent) => {
      const { upstream, client, body, tokens } = sent;
      const home = client.request.unseal(Body.of(body), upstream.maker, quiet).bytes.toString();
      expect(home).not.toContain(sealMark);
      const { report, losses } = listener();
      const abroad = client.request.unseal(Body.of(body), 'someone-else', report).bytes.toString();
      expect(abroad).not.toContain(sealMark);
      for (const token of tokens) expect(abroad).not.toContain(token);
      expect(losses.map(({ what }) => what)).toContain('reasoning_history');
    },
  );
});
