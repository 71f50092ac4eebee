import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Recorded } from './recorder.ts';
import { listenerOf, type Simulator, startSimulator } from './server.ts';
import { simulation } from './simulation.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const post = (path: string, body: unknown, headers: Record<string, string> = { authorization: 'Bearer k' }) =>
  fetch(simulator.url + path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const chat = (content = 'hi', model = 'm', headers?: Record<string, string>) =>
  post('/v1/chat/completions', { model, messages: [{ role: 'user', content }] }, headers);
const said = async (reply: Response): Promise<string> =>
  ((await reply.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? '';

describe('a simulator', () => {
  it('takes a key wherever clients put one, and turns away none and bad ones in the dialect', async () => {
    for (const headers of [{ authorization: 'Bearer k' }, { 'x-api-key': 'k' }, { 'x-goog-api-key': 'k' }])
      expect((await chat('hi', 'm', headers)).status).toBe(200);
    const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
    const gemini = '/v1beta/models/m:generateContent';
    expect((await post(`${gemini}?key=k`, { contents }, {})).status).toBe(200);
    expect((await post(`${gemini}?key=bad`, { contents }, {})).status).toBe(401);
    const refused = await post('/v1/messages', {}, { 'x-api-key': 'bad-1' });
    expect([refused.status, await refused.json()]).toMatchObject([
      401,
      { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
    ]);
    expect((await chat('hi', 'm', {})).status).toBe(401);
  });

  it('answers garbage with 400 and unknown paths with 404', async () => {
    for (const body of ['', '{', '[]', '"x"', 'null'])
      for (const path of ['/v1/chat/completions', '/v1/responses', '/v1/messages', '/v1beta/models/m:generateContent'])
        expect([path, body, (await post(path, body)).status]).toEqual([path, body, 400]);
    for (const path of ['/v1/chat', '/v1/v1/messages', '/chat/completions', '/v1beta/models/m:explode'])
      expect([path, (await post(path, {})).status]).toEqual([path, 404]);
  });

  it('gives the same answer to the same request, and another under another seed', async () => {
    const other = await startSimulator({ seed: 'other' });
    const text = async (url: string) => {
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: '#sim text 30' }] });
      const reply = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'x-api-key': 'k' }, body });
      return said(reply);
    };
    expect(await text(simulator.url)).toBe(await text(simulator.url));
    expect(await text(other.url)).not.toBe(await text(simulator.url));
    await other.close();
  });

  it('obeys the header over the prompt, and a waiting script over both', async () => {
    const header = { 'x-api-key': 'k', 'x-simulate': 'say "from; the header"; header x-from=header' };
    const reply = await chat('#sim say prompt', 'm', header);
    expect(reply.headers.get('x-from')).toBe('header');
    expect(await said(reply)).toBe('from; the header');
    simulator.script({ say: 'say script' });
    expect(await said(await chat('#sim say prompt', 'm', header))).toBe('script');
    expect(await said(await chat('#sim say prompt'))).toBe('prompt');
  });

  it('binds scripts to keys and models, for so many requests or always', async () => {
    simulator.script({ say: 'status 429 retry-after=9', match: { key: 'k-429' }, times: 'always' });
    simulator.script({ say: 'status 503', match: { model: 'slow-*' }, times: 2 });
    const key = { 'x-api-key': 'k-429' };
    const statuses = async (times: number, ...facts: Parameters<typeof chat>) => {
      const all: number[] = [];
      for (let index = 0; index < times; index++) all.push((await chat(...facts)).status);
      return all;
    };
    expect(await statuses(3, 'hi', 'm', key)).toEqual([429, 429, 429]);
    expect(await statuses(3, 'hi', 'slow-one')).toEqual([503, 503, 200]);
    expect((await chat('hi', 'm', key)).headers.get('retry-after')).toBe('9');
    expect(() => simulator.script({ say: 'dance' })).toThrow('Unknown directive "dance"');
  });

  it('is scripted and asked over HTTP too', async () => {
    const order = { say: ['status 500', 'header x-n=1'], match: { model: 'm' } };
    expect(await (await post('/_simulator/script', order, {})).json()).toEqual({ scripts: 1 });
    expect((await chat()).status).toBe(500);
    expect((await chat()).status).toBe(200);
    expect((await post('/_simulator/script', { say: 'nonsense' }, {})).status).toBe(400);
    expect((await post('/_simulator/script', { say: 'echo', match: { colour: 'red' } }, {})).status).toBe(400);
    await simulator.idle();
    const { requests } = (await (await fetch(`${simulator.url}/_simulator/requests`)).json()) as {
      requests: Recorded[];
    };
    expect(requests).toMatchObject([
      { method: 'POST', path: '/v1/chat/completions', status: 500, model: 'm', key: 'k', tongue: 'openai-chat' },
      { status: 200, body: { model: 'm', messages: [{ content: 'hi' }] } },
    ]);
    await fetch(`${simulator.url}/_simulator/requests`, { method: 'DELETE' });
    expect(simulator.recorded()).toEqual([]);
  });

  it.each([
    [[{ say: 'status 429' }, { say: 'nosuch' }]],
    [[{ say: 'status 429' }, 2]],
    ['status 429'],
    [7],
    [{}],
    [{ say: ['status 429', 7] }],
    [{ say: 'status 429', times: 0 }],
    [{ say: 'status 429', times: -1 }],
    [{ say: 'status 429', times: 1.5 }],
    [{ say: 'status 429', match: { tongue: 'nope' } }],
    [{ say: 'status 429', Times: 2 }],
  ])('refuses the order %j in words, and keeps nothing of it', async (order) => {
    const answer = await post('/_simulator/script', order, {});
    expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringMatching(/\w/) }]);
    expect((await chat()).status).toBe(200);
  });

  it('takes orders for a family of dialects', async () => {
    await post('/_simulator/script', { say: 'status 500', match: { tongue: 'openai-*' } }, {});
    expect((await chat()).status).toBe(500);
  });

  it('stands behind any Node server', async () => {
    const server = createServer(listenerOf(simulation())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const reply = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/models`, {
      headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    });
    expect(await reply.json()).toMatchObject({ data: [{ type: 'model', id: 'demo-anthropic' }], has_more: false });
    server.closeAllConnections();
    server.close();
  });

  it('records a body as it came, to the digit', async () => {
    const raw = '{"model":"m", "seed":12345678901234567890, "messages":[{"role":"user","content":"1.0"}]}';
    await post('/v1/chat/completions', raw, { authorization: 'Bearer key-1', 'x-trace': 'abc' });
    expect(simulator.recorded()[0]).toMatchObject({ raw, key: 'key-1', headers: { 'x-trace': 'abc' } });
    expect(JSON.stringify(simulator.recorded()[0]?.body)).toContain('12345678901234567890');
  });

  it('reads directives only from what the user says last, so that a tool loop ends', async () => {
    const messages = [
      { role: 'user', content: '#sim tool f {}' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: '#sim status 500' },
    ];
    const reply = await post('/v1/chat/completions', { model: 'm', messages });
    expect(await said(reply)).toContain('#sim status 500');
  });
});
