// Calls that break on their way back: names, argument deltas, the grammar of streams, thinking blocks. Each test is named after what
// users of gateways suffered from.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonObject, objects } from '../../src/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { framesOf } from '../support/hearing.ts';
import { toolsSeen } from '../support/sight.ts';
import { faultsOfMessages, faultsOfResponses } from '../support/stream-judges.ts';
import { ask, bodyOf, type Call, followUp, pairsOf, type Said } from '../support/talk.ts';
import { modelFor, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const tools = [weather];
const question: Said = { user: 'How is the weather?' };
const thanks: Said = { user: '#sim say fine' };
const foreignPairs = pairsOf(upstreams);

describe('7: names of tools', () => {
  const long = `mcp__very_long_server_name_${'x'.repeat(50)}__browser_Take_Screenshot`;
  const names = ['bash', 'Bash', 'BASH', long, `${long}_2`, 'mcp__github_com__Create-Issue'];
  const odd = ['fs.read', 'fs/read', 'read file', 'läs', '9lives'];

  it.each(foreignPairs)(
    '%s client, %s upstream: the client reads its own spelling, whole and streamed',
    async (client, upstream) => {
      const wanted = client === 'openai-chat' ? [...names, ...odd] : names;
      const body = bodyOf[client]({
        tools: wanted.map((name) => ({ name, description: `Tool ${name}` })),
        said: [{ user: 'Go on.' }],
      });
      const first = await ask(gateway, client, modelFor(upstream), body);
      expect(first.status, first.text).toBe(200);
      const wire = toolsSeen[upstream](first.sent).map(([name]) => name);
      expect(new Set(wire).size).toBe(wanted.length);
      for (const stream of [false, true]) {
        gateway.simulator.script({ say: wire.map((name) => `tool ${name} {}`) });
        const told = await ask(gateway, client, modelFor(upstream), body, { stream });
        expect(told.answer.calls.map(({ name }) => name)).toEqual(wanted);
      }
    },
  );
});

describe('8: arguments of calls', () => {
  const command = 'printf "%s\\n" "a \\u00e9 b" && echo "{\\"x\\": [1, 2]}" # \u2028 😀';
  const input = JSON.stringify({ command, timeout: 120000, nested: { list: [1, 2.5, -0.001], empty: {} } });

  it.each(upstreams.flatMap((client) => upstreams.map((upstream) => [client, upstream] as const)))(
    '%s client, %s upstream: pieces add up to what the model wrote',
    async (client, upstream) => {
      const body = bodyOf[client]({ tools: [{ name: 'Bash' }], said: [{ user: 'Run it.' }] });
      for (const stream of [false, true]) {
        gateway.simulator.script({ say: [`tool Bash ${input}`, 'drip 5'] });
        const told = await ask(gateway, client, modelFor(upstream), body, { stream });
        expect(told.answer.calls.map((one) => [one.name, JSON.parse(one.input)])).toEqual([
          ['Bash', JSON.parse(input)],
        ]);
        expect(told.answer.calls[0]?.id).not.toBe('');
      }
    },
  );

  it.each(foreignPairs)(
    '%s client, %s upstream: a call without what its schema requires passes as it was made, and the log tells what is missing',
    async (client, upstream) => {
      const schema = { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] };
      const body = bodyOf[client]({ tools: [{ name: 'Bash', schema }], said: [{ user: 'Run it.' }] });
      for (const stream of [false, true]) {
        const before = gateway.observations.length;
        gateway.simulator.script({ say: ['tool Bash {"timeout":1}', 'tool Bash {"command":"ls"}'] });
        const told = await ask(gateway, client, modelFor(upstream), body, { stream });
        expect(told.answer.calls.map(({ input: made }) => JSON.parse(made))).toEqual([
          { timeout: 1 },
          { command: 'ls' },
        ]);
        const seen = gateway.observations.slice(before).filter(({ type }) => type === 'call-incomplete');
        expect(seen).toMatchObject([{ tool: 'Bash', members: ['command'] }]);
      }
    },
  );

  it.each(foreignPairs)(
    '%s client, %s upstream: a stream that breaks off within a call never ends as if the call were whole',
    async (client, upstream) => {
      const body = bodyOf[client]({ tools: [{ name: 'Bash' }], said: [{ user: 'Run it.' }] });
      const whole = gateway.simulator.recorded().length;
      gateway.simulator.script({ say: [`tool Bash ${JSON.stringify({ command: 'x'.repeat(4000) })}`] });
      await ask(gateway, client, modelFor(upstream), body, { stream: true });
      const size = gateway.simulator.recorded()[whole]?.sent ?? 0;
      gateway.simulator.script({
        say: [`tool Bash ${JSON.stringify({ command: 'x'.repeat(4000) })}`, `cut ${Math.floor(size / 2)}`],
      });
      const told = await ask(gateway, client, modelFor(upstream), body, { stream: true });
      expect(told.text).not.toMatch(
        /"stop_reason":"tool_use"|"finish_reason":"tool_calls"|response\.completed|"finishReason"/,
      );
    },
  );

  it.each(foreignPairs)(
    '%s client, %s upstream: a call whose JSON was cut by the token limit can be sent back',
    async (client, upstream) => {
      const broken: Call = { id: 'call_cut', name: 'Bash', input: '{"command":"echo \\"hal' };
      const told = await ask(
        gateway,
        client,
        modelFor(upstream),
        bodyOf[client]({
          tools: [{ name: 'Bash' }],
          said: [question, { calls: [broken] }, { results: [{ id: 'call_cut', name: 'Bash', text: 'no' }] }, thanks],
        }),
      );
      expect(told.status, told.text).toBe(200);
    },
  );
});

describe('10: the grammar of streams', () => {
  const scripts = [
    'say hello',
    'think 3; say hello',
    'think 2; tool get_weather {"city":"Paris"}; tool get_weather {"city":"Rome"}',
    'say first; tool get_weather {"city":"Paris"}; say last',
    'think 2; say a; think 2; say b; tool get_weather {"city":"X"}',
    'text 60; finish length',
    'refuse',
    'think 2 hidden; say hello',
  ];
  const cases = upstreams.flatMap((upstream) => scripts.map((script) => [upstream, script] as const));

  it.each(cases)(
    'Messages from %s: no delta without start, no two starts, nothing open at the end (%s)',
    async (upstream, script) => {
      const body = { ...bodyOf['anthropic-messages']({ tools, said: [question] }), thinking: { type: 'adaptive' } };
      gateway.simulator.script({ say: script.split('; ') });
      const told = await ask(gateway, 'anthropic-messages', modelFor(upstream), body, { stream: true });
      expect(told.status, told.text).toBe(200);
      expect(faultsOfMessages(told.text)).toEqual([]);
    },
  );

  it.each(cases)(
    'Responses from %s: items and parts open and close in order, numbers rise by one (%s)',
    async (upstream, script) => {
      const body = { ...bodyOf['openai-responses']({ tools, said: [question] }), reasoning: { summary: 'auto' } };
      gateway.simulator.script({ say: script.split('; ') });
      const told = await ask(gateway, 'openai-responses', modelFor(upstream), body, { stream: true });
      expect(told.status, told.text).toBe(200);
      expect(faultsOfResponses(told.text)).toEqual([]);
    },
  );
});

describe('16: thinking blocks in the shape the SDK wants', () => {
  it.each(upstreams)('whole and streamed they have a thinking and a signature, also from %s', async (upstream) => {
    const body: JsonObject = {
      ...bodyOf['anthropic-messages']({ said: [{ user: '#sim think 2\n#sim say fine' }] }),
      thinking: { type: 'adaptive', display: 'summarized' },
    };
    const whole = await ask(gateway, 'anthropic-messages', modelFor(upstream), body);
    const [thought] = objects(whole.reply.content);
    expect(thought).toMatchObject({
      type: 'thinking',
      thinking: expect.stringMatching(/Step 1/),
      signature: expect.any(String),
    });
    const streamed = await ask(gateway, 'anthropic-messages', modelFor(upstream), body, { stream: true });
    const starts = framesOf(streamed.text).filter(({ event }) => event === 'content_block_start');
    expect(starts[0]?.json.content_block).toEqual({ type: 'thinking', thinking: '', signature: '' });
    // What the client got it can send back.
    const next = followUp('anthropic-messages', body, streamed.reply, [thanks]);
    expect((await ask(gateway, 'anthropic-messages', modelFor(upstream), next)).status).toBe(200);
  });
});
