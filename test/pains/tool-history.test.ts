// Tool histories that break in translation: results split, lost, doubled or under other ids, and thoughts that lose their call. Each
// test is named after what users of gateways suffered from.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonObject, objects, parseObject } from '../../src/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { seen } from '../support/sight.ts';
import {
  ask,
  bodyOf,
  type Call,
  type ClientName,
  followUp,
  lossesOf,
  pairsOf,
  type Result,
  type Said,
} from '../support/talk.ts';
import { modelFor, type UpstreamName, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const tools = [weather];
const paris: Call = { id: 'call_paris', name: 'get_weather', input: '{"city":"Paris"}' };
const rome: Call = { id: 'call_rome', name: 'get_weather', input: '{"city":"Rome"}' };
const sunny: Result = { id: 'call_paris', name: 'get_weather', text: 'sunny' };
const rainy: Result = { id: 'call_rome', name: 'get_weather', text: 'rainy' };
const question: Said = { user: 'How is the weather?' };
const thanks: Said = { user: '#sim say fine' };

/** One parallel turn, answered, as each service wants it. */
const paired: Readonly<Record<UpstreamName, readonly string[]>> = {
  'openai-chat': [
    'user: text How is the weather?',
    'assistant: call call_paris get_weather{"city":"Paris"}, call call_rome get_weather{"city":"Rome"}',
    'tool: result call_paris=sunny',
    'tool: result call_rome=rainy',
    'user: text #sim say fine',
  ],
  'openai-responses': [
    'user: text How is the weather?',
    'function_call: call call_paris get_weather{"city":"Paris"}',
    'function_call: call call_rome get_weather{"city":"Rome"}',
    'function_call_output: result call_paris=sunny',
    'function_call_output: result call_rome=rainy',
    'user: text #sim say fine',
  ],
  'anthropic-messages': [
    'user: text How is the weather?',
    'assistant: call call_paris get_weather{"city":"Paris"}, call call_rome get_weather{"city":"Rome"}',
    'user: result call_paris=sunny, result call_rome=rainy, text #sim say fine',
  ],
  gemini: [
    'user: text How is the weather?',
    'model: call call_paris get_weather{"city":"Paris"}, call call_rome get_weather{"city":"Rome"}',
    'user: result call_paris=sunny, result call_rome=rainy, text #sim say fine',
  ],
};

const foreignPairs = pairsOf(upstreams);

describe.each(foreignPairs)('%s client, %s upstream', (client, upstream) => {
  const send = (said: readonly Said[]) => ask(gateway, client, modelFor(upstream), bodyOf[client]({ tools, said }));

  it('1, 2: parallel results sent one by one arrive together, results first', async () => {
    const told = await send([question, { calls: [paris, rome] }, { results: [sunny] }, { results: [rainy] }, thanks]);
    expect(told.status, told.text).toBe(200);
    expect(seen[upstream](told.sent)).toEqual(paired[upstream]);
  });

  it('1: results in another order than the calls, and text between them, are put in order', async () => {
    const told = await send([
      question,
      { calls: [paris, rome] },
      { results: [rainy] },
      { user: 'and' },
      { results: [sunny] },
      thanks,
    ]);
    expect(told.status, told.text).toBe(200);
    const lines = seen[upstream](told.sent).join('\n');
    expect(lines.indexOf('result call_paris=sunny')).toBeGreaterThan(lines.indexOf('call call_rome'));
    expect(lines.indexOf('result call_rome=rainy')).toBeGreaterThan(lines.indexOf('result call_paris=sunny'));
    expect(lines.indexOf('text and')).toBeGreaterThan(lines.indexOf('result call_rome=rainy'));
  });

  it('3: a result without its call becomes labelled text, and the task goes on for as many turns as it likes', async () => {
    const lost: Result = { id: 'call_gone', name: 'get_weather', text: 'foggy in Oslo' };
    const history: Said[] = [question, { results: [lost] }, { answer: 'Foggy.' }];
    for (const more of [[thanks], [thanks, { answer: 'fine' } as const, thanks]]) {
      const told = await send([...history, ...more]);
      expect(told.status, told.text).toBe(200);
      const lines = seen[upstream](told.sent);
      expect(lines.filter((line) => line.includes('foggy in Oslo'))).toEqual([
        expect.stringContaining('text Tool result (call_gone): foggy in Oslo'),
      ]);
      // Nothing was invented: no call stands in the history.
      expect(lines.join('\n')).not.toContain('call call_gone');
      expect(lossesOf(told)).toContain('orphan_tool_result');
    }
  });

  it('3: a call that was never answered is told so, under its own id', async () => {
    const told = await send([question, { calls: [paris, rome] }, { results: [sunny] }, thanks]);
    expect(told.status, told.text).toBe(200);
    const lines = seen[upstream](told.sent).join('\n');
    expect(lines).toContain('result call_paris=sunny');
    expect(lines).toMatch(/result call_rome=(?:Error: )?Tool result not available\./);
    expect(lossesOf(told)).toContain('missing_tool_result');
  });

  it('4: a result sent twice counts once, with its last text, at its first place', async () => {
    const told = await send([
      question,
      { calls: [paris, rome] },
      { results: [{ ...sunny, text: 'cloudy' }, rainy] },
      { results: [sunny] },
      thanks,
    ]);
    expect(told.status, told.text).toBe(200);
    expect(seen[upstream](told.sent)).toEqual(paired[upstream]);
  });

  it('5: an id that the service refuses is rewritten on both sides alike, the same in every turn', async () => {
    const ids = ['exec_command:0', `functions.get_weather:1 ${'x'.repeat(80)}`, 'call|fc_1'];
    const said = ids.flatMap((id): Said[] => [
      question,
      { calls: [{ ...paris, id }] },
      { results: [{ ...sunny, id }] },
      { answer: 'Sunny.' },
    ]);
    const first = await send([...said, thanks]);
    expect(first.status, first.text).toBe(200);
    const idsIn = (word: string, lines: readonly string[]): string[] =>
      [...lines.join('\n').matchAll(new RegExp(`${word} ([^ =]+(?: x+)?)[ =]`, 'g'))].map((found) => String(found[1]));
    const lines = seen[upstream](first.sent);
    expect(idsIn('call', lines)).toEqual(idsIn('result', lines));
    expect(new Set(idsIn('call', lines)).size).toBe(3);
    const second = await send([...said, thanks, { answer: 'fine' }, thanks]);
    expect(idsIn('call', seen[upstream](second.sent))).toEqual(idsIn('call', lines));
  });
});

describe('13: replayed thinking', () => {
  /** Requests that ask to see thoughts, in a form that carries them back. */
  const curious: Readonly<Record<ClientName, JsonObject>> = {
    'openai-chat': { reasoning_effort: 'medium' },
    'openai-responses': {
      reasoning: { effort: 'medium', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    },
    'anthropic-messages': { thinking: { type: 'adaptive', display: 'summarized' } },
    gemini: { generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } },
  };

  it.each(upstreams.flatMap((client) => upstreams.map((upstream) => [client, upstream] as const)))(
    '%s client, %s upstream: three rounds of a tool loop keep each thought before its call',
    async (client, upstream) => {
      let body: JsonObject = {
        ...bodyOf[client]({ tools, said: [{ user: 'Compare three cities.' }] }),
        ...curious[client],
      };
      for (const city of ['Paris', 'Rome', 'Oslo']) {
        gateway.simulator.script({ say: ['think 2', `tool get_weather {"city":"${city}"}`] });
        const told = await ask(gateway, client, modelFor(upstream), body, { stream: city === 'Rome' });
        expect(told.status, told.text).toBe(200);
        const [called] = told.answer.calls;
        expect(parseObject(called?.input ?? '')).toEqual({ city });
        body = followUp(client, body, told.reply, [
          { results: [{ id: called?.id ?? '', name: 'get_weather', text: `in ${city} sun` }] },
        ]);
      }
      const last = await ask(gateway, client, modelFor(upstream), followedBy(client, body));
      expect(last.status, last.text).toBe(200);
      const kinds = seen[upstream](last.sent).join('\n');
      const sealed = { 'anthropic-messages': /thinking, call/g, 'openai-responses': /reasoning\nfunction_call:/g };
      if (upstream in sealed) expect(kinds.match(sealed[upstream as keyof typeof sealed])).toHaveLength(3);
      for (const city of ['Paris', 'Rome', 'Oslo'])
        expect(kinds.indexOf(`in ${city} sun`)).toBeGreaterThan(kinds.indexOf(`"city":"${city}"`));
    },
  );
});

function followedBy(client: ClientName, body: JsonObject): JsonObject {
  const asked = bodyOf[client]({ said: [thanks] });
  if (client === 'openai-responses') return { ...body, input: [...objects(body.input), ...objects(asked.input)] };
  if (client === 'gemini') return { ...body, contents: [...objects(body.contents), ...objects(asked.contents)] };
  return { ...body, messages: [...objects(body.messages), ...objects(asked.messages)] };
}
