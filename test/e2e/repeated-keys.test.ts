// An upstream that repeats the key it was shown in an error within its stream, when the client has had content already.

import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { logLines } from '../support/log.ts';
import { type Stub, startStub } from '../support/stub.ts';
import { upstreams } from '../support/upstreams.ts';

const key = 'planted-"upstream"-key';
const said = `Bad key ${key}.`;
const event = (type: string, more: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const data = (json: object): string => `data: ${JSON.stringify(json)}\n\n`;
const chunk = (delta: object): string =>
  data({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta }] });
const response = { id: 'r', object: 'response', created_at: 1, model: 'm', status: 'in_progress', output: [] };
const item = { id: 'i', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
const part = { item_id: 'i', output_index: 0, content_index: 0 };
const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1 } };

/** What each dialect says before and after the first content. */
const streams: readonly (readonly [path: string, content: string, failure: string])[] = [
  ['chat/completions', chunk({ role: 'assistant', content: 'Hello' }), data({ error: { message: said, code: 503 } })],
  [
    'responses',
    event('response.created', { response }) +
      event('response.output_item.added', { output_index: 0, item }) +
      event('response.content_part.added', { ...part, part: { type: 'output_text', text: '' } }) +
      event('response.output_text.delta', { ...part, delta: 'Hello' }),
    event('response.failed', {
      response: { ...response, status: 'failed', error: { code: 'server_error', message: said } },
    }),
  ],
  [
    'messages',
    event('message_start', { message }) +
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hello' } }),
    event('error', { error: { type: 'overloaded_error', message: said } }),
  ],
  [
    'GenerateContent',
    data({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hello' }] } }] }),
    data({ error: { code: 503, message: said, status: 'UNAVAILABLE' } }),
  ],
];

let gateway: Gateway;
let stub: Stub;
/** Fails the stream that waits for it. */
let fail: () => void = () => undefined;

beforeAll(async () => {
  stub = await startStub((request, reply: ServerResponse) => {
    const [, content = '', failure = ''] = streams.find(([path]) => request.url?.includes(path)) ?? [];
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write(content);
    fail = () => void reply.end(failure);
  });
  const entry = (base: string, name: string, more = '') =>
    `[{ api-key: '${key}', base-url: "${base}", models: [{ name: m, alias: ${name} }, { name: m, alias: ${name}-named, force-mapping: true }]${more} }]`;
  gateway = await startGateway(
    () => `
openai-api-key: ${entry(`${stub.url}/v1`, 'openai-chat')}
codex-api-key: ${entry(`${stub.url}/v1`, 'openai-responses')}
claude-api-key: ${entry(stub.url, 'anthropic-messages')}
gemini-api-key: ${entry(stub.url, 'gemini')}
disable-cooling: true
`,
  );
});
afterAll(async () => {
  await gateway.close();
  await stub.close();
});

it.each(upstreams.flatMap((upstream) => upstreams.map((client) => [upstream, client] as const)))(
  'the key of %s does not reach a client of %s',
  async (upstream, client) => {
    for (const name of [upstream, `${upstream}-named`]) {
      const { body } = await ask(gateway, client, name, { stream: true });
      let text = '';
      for await (const bytes of body ?? []) {
        text += Buffer.from(bytes).toString();
        if (text.includes('Hello')) fail();
      }
      expect(text).toContain('Bad key [redacted].');
      expect(text).not.toContain('upstream');
    }
  },
);

it('and neither does the log have it', () => {
  const log = logLines(gateway.observations).join('\n');
  expect(log).toContain('Bad key [redacted].');
  expect(log).not.toMatch(/planted/);
});
