// Sealed reasoning that only the account that made it can read: where a conversation moves, or an upstream refuses a seal, it goes on
// without, and says so. Two simulators of different seeds are two accounts that refuse each other's seals.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asString, type Json, type JsonObject, objects, parseObject } from '../../src/json.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { type Account, type Accounts, startAccounts } from '../support/accounts.ts';
import { clientKey } from '../support/gateway.ts';
import { folded } from '../support/hearing.ts';

let first: Simulator;
let second: Simulator;
let accounts: Accounts;
beforeEach(async () => {
  [first, second] = await Promise.all([startSimulator({ seed: 'one' }), startSimulator({ seed: 'two' })]);
});
afterEach(async () => {
  await accounts.close();
  await Promise.all([first.close(), second.close()]);
});

interface Heard {
  readonly status: number;
  readonly losses: string;
  readonly reply: JsonObject;
}

async function send(path: string, body: JsonObject, client: 'openai-responses' | 'anthropic-messages'): Promise<Heard> {
  const response = await fetch(`${accounts.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const reply = body.stream === true && response.ok ? folded(client, text) : (parseObject(text) ?? {});
  return { status: response.status, losses: response.headers.get('x-cliproxy-loss') ?? '', reply };
}

const asked = (): readonly number[] => [first, second].map((one) => one.recorded().length);
const last = (simulator: Simulator): JsonObject => (simulator.recorded().at(-1)?.body ?? {}) as JsonObject;
const tool = { type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false };

const prompt = '#sim think 2\n#sim tool look {}';

/** A Codex-like client: it sends everything back as it came. */
function codexTalk(stream: boolean) {
  let input: Json[] = [{ type: 'message', role: 'user', content: prompt }];
  return {
    async ask(): Promise<Heard> {
      const heard = await send(
        '/v1/responses',
        { model: 'm', input, tools: [tool], store: false, stream, include: ['reasoning.encrypted_content'] },
        'openai-responses',
      );
      const output = objects(heard.reply.output);
      const call = output.find(({ type }) => type === 'function_call');
      const result = { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'x' };
      input = [...input, ...output, ...(call ? [result] : []), { type: 'message', role: 'user', content: prompt }];
      return heard;
    },
    sealed: () => input.filter((item) => asString((item as JsonObject).encrypted_content) !== undefined).length,
  };
}

const mine = { dialect: 'openai-responses' } as const satisfies Account;

describe.each([false, true])('a conversation that moves to another account (stream: %s)', (stream) => {
  it('goes on without the reasoning that only the first one can read, then and later, and says so', async () => {
    accounts = await startAccounts(first, [mine, { ...mine, url: `${second.url}/v1` }]);
    const talk = codexTalk(stream);
    expect((await talk.ask()).status).toBe(200);
    expect((await talk.ask()).losses).toBe('');
    expect([talk.sealed(), asked()]).toEqual([2, [2, 0]]);

    first.script({ say: 'status 429 retry-after=600' });
    const moved = await talk.ask();
    expect([moved.status, moved.losses]).toEqual([200, 'reasoning_history']);
    expect(JSON.stringify(last(second).input)).not.toContain('encrypted_content');
    expect(accounts.observations.some(({ type }) => type === 'translation-lost')).toBe(true);

    // Its history now holds seals of both, of which each account would refuse some.
    const later = await talk.ask();
    expect([later.status, later.losses, asked()]).toEqual([200, 'reasoning_history', [3, 2]]);
    expect(accounts.outcomes().at(-1)?.trace?.attempts).toMatchObject([
      { status: 200, losses: [{ what: 'reasoning_history' }] },
    ]);
  });
});

describe('an upstream that refuses a seal', () => {
  it('is asked once more without, and not again with', async () => {
    accounts = await startAccounts(first, [mine]);
    const talk = codexTalk(false);
    await talk.ask();
    const body = (seal: string): JsonObject => ({
      model: 'm',
      store: false,
      prompt_cache_key: 'this conversation',
      input: [
        { type: 'message', role: 'user', content: 'Go on.' },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: seal },
        { type: 'message', role: 'user', content: '#sim say survived' },
      ],
    });
    for (const calls of [3, 4]) {
      const heard = await send('/v1/responses', body('gAAAAABforeign'), 'openai-responses');
      expect([heard.status, heard.losses, first.recorded().length]).toEqual([200, 'reasoning_history', calls]);
    }
    expect(accounts.outcomes()[1]?.trace?.attempts).toMatchObject([
      { kind: 'seal-refused', next: 'asked again without sealed reasoning' },
      { status: 200 },
    ]);
    expect(accounts.observations.some(({ type }) => type === 'credential-cooled')).toBe(false);
  });

  it('that makes Claude models is asked without the thoughts', async () => {
    accounts = await startAccounts(first, [{ dialect: 'anthropic-messages' }]);
    const body = {
      model: 'm',
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      messages: [
        { role: 'user', content: 'Go on.' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: Buffer.from('somebody else’s').toString('base64') },
            { type: 'text', text: 'Well.' },
          ],
        },
        { role: 'user', content: '#sim say survived' },
      ],
    };
    const heard = await send('/v1/messages', body, 'anthropic-messages');
    expect([heard.status, heard.losses, first.recorded().length]).toEqual([200, 'reasoning_history', 2]);
    expect(objects(last(first).messages).map(({ content }) => content)).toEqual([
      'Go on.',
      [{ type: 'text', text: 'Well.' }],
      '#sim say survived',
    ]);
  });
});

describe('a client of another dialect', () => {
  it('whose conversation moves is treated alike: what it carries is left out in translation', async () => {
    accounts = await startAccounts(first, [mine, { ...mine, url: `${second.url}/v1` }]);
    const tools = [{ name: 'look', input_schema: { type: 'object', properties: {} } }];
    let messages: Json[] = [{ role: 'user', content: prompt }];
    const ask = async (): Promise<Heard> => {
      const thinking = { type: 'enabled', budget_tokens: 2000 };
      const heard = await send(
        '/v1/messages',
        { model: 'm', max_tokens: 4000, messages, tools, thinking },
        'anthropic-messages',
      );
      const content = objects(heard.reply.content);
      const call = content.find(({ type }) => type === 'tool_use');
      messages = [
        ...messages,
        { role: 'assistant', content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: call?.id ?? '', content: 'x' },
            { type: 'text', text: prompt },
          ],
        },
      ];
      return heard;
    };
    await ask();
    await ask();
    expect(JSON.stringify(last(first).input)).toContain('encrypted_content');
    first.script({ say: 'status 401' });
    const moved = await ask();
    expect([moved.status, moved.losses.split(', ')]).toEqual([200, expect.arrayContaining(['reasoning_history'])]);
    expect(JSON.stringify(last(second).input)).not.toContain('encrypted_content');
    expect(asked()).toEqual([3, 1]);
  });
});

describe('a response that an account keeps', () => {
  it('is continued where it is kept, whoever’s turn it is, and nowhere else', async () => {
    accounts = await startAccounts(first, [mine, { ...mine, url: `${second.url}/v1` }]);
    const begun = await send('/v1/responses', { model: 'm', input: 'One' }, 'openai-responses');
    first.script({ say: 'status 429 retry-after=600' });
    await send('/v1/responses', { model: 'm', input: 'Two' }, 'openai-responses');
    expect(asked()).toEqual([2, 1]);
    const previous_response_id = begun.reply.id ?? '';
    const resting = await send(
      '/v1/responses',
      { model: 'm', input: 'More', previous_response_id },
      'openai-responses',
    );
    expect([resting.status, asked()]).toEqual([429, [2, 1]]);
    accounts.clock.advance(700_000);
    const kept = await send('/v1/responses', { model: 'm', input: 'More', previous_response_id }, 'openai-responses');
    expect([kept.status, asked()]).toEqual([200, [3, 1]]);
  });
});
