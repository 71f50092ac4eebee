// Upstreams whose content type says nothing of what they send, or the wrong thing: the bytes decide.

import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseObject } from '../../src/json.ts';
import { ask } from '../support/ask.ts';
import { recorded } from '../support/fixtures.ts';
import { everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { answerOf, folded, framesOf } from '../support/hearing.ts';
import { type Stub, startStub } from '../support/stub.ts';
import { modelFor, type UpstreamName, upstreams } from '../support/upstreams.ts';

let gateway: Gateway;
let stub: Stub;
let answer: (reply: ServerResponse) => void = (reply) => void reply.end();

beforeAll(async () => {
  stub = await startStub((_request, reply) => answer(reply));
  gateway = await startGateway(() => `request-retry: 0\n${everyUpstream(stub.url)}`);
});
afterEach(() => {
  answer = (reply) => void reply.end();
});
afterAll(async () => {
  await gateway.close();
  await stub.close();
});

const types = [undefined, 'text/plain', 'application/json', 'application/octet-stream', 'text/event-stream'];
const pairs = upstreams.flatMap((upstream) => upstreams.map((client) => [upstream, client] as const));

async function heard(client: UpstreamName, upstream: UpstreamName, stream: boolean): Promise<string> {
  const response = await ask(gateway, client, modelFor(upstream), { stream });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(response.headers.get('content-type')).toMatch(stream ? /^text\/event-stream/ : /^application\/json/);
  return answerOf(client, stream ? folded(client, text) : (parseObject(text) ?? {})).text;
}

describe.each(pairs)('%s for a client of %s', (upstream, client) => {
  const whole = recorded(upstream, 'text', 'reply.json');
  const streamed = recorded(upstream, 'text', 'reply.sse');
  const words = answerOf(upstream, parseObject(whole) ?? {}).text;

  it.each(types)('a stream sent as %s is one', async (type) => {
    answer = (reply) => void reply.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(streamed);
    expect(words).not.toBe('');
    expect(await heard(client, upstream, true)).toBe(words);
    expect(await heard(client, upstream, false)).toBe(words);
  });

  it.each(types)('a whole answer sent as %s is one', async (type) => {
    answer = (reply) => void reply.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(whole);
    expect(await heard(client, upstream, false)).toBe(words);
    expect(await heard(client, upstream, true)).toBe(words);
  });
});

describe.each(upstreams)('a promised stream of %s', (upstream) => {
  const whole = JSON.stringify(parseObject(recorded(upstream, 'text', 'reply.json')));
  const streamed = recorded(upstream, 'text', 'reply.sse');
  const words = answerOf(upstream, parseObject(whole) ?? {}).text;
  const asEvents = { 'content-type': 'text/event-stream' };

  it('that is one JSON body is its answer however its pieces come', async () => {
    answer = (reply) => {
      reply.writeHead(200, asEvents).write(`\n ${whole.slice(0, 1)}`);
      setTimeout(() => reply.write(whole.slice(1, 99)), 5);
      setTimeout(() => reply.end(`${whole.slice(99)}\n`), 10);
    };
    for (const client of upstreams) expect(await heard(client, upstream, true)).toBe(words);
  });

  it('whose frames come bare is told while upstream still speaks', async () => {
    const bare = framesOf(streamed).map(({ json }) => `${JSON.stringify(json)}\n`);
    let finish: () => void = () => undefined;
    answer = (reply) => {
      reply.writeHead(200, asEvents).write(bare.slice(0, -1).join(''));
      finish = () => void reply.end(bare.at(-1));
    };
    const response = await ask(gateway, 'openai-chat', modelFor(upstream), { stream: true });
    finish();
    expect([response.status, (await response.text()).includes('data:')]).toEqual([200, true]);
  });
});

/** An error that keeps to no framing, as Google prints them. */
const bareError = `${JSON.stringify({ type: 'error', error: { code: 503, type: 'overloaded_error', message: 'busy', status: 'UNAVAILABLE' } }, null, 2)}\n`;

describe.each(pairs)('a bare error among the events of %s', (upstream, client) => {
  const streamed = recorded(upstream, 'text', 'reply.sse');
  const half = streamed.indexOf('\n\n', streamed.length * 0.6) + 2;

  it.each([bareError, bareError.replaceAll('\n', ''), `[${bareError}]`])(
    'is told to clients in their own framing',
    async (error) => {
      let fail: () => void = () => undefined;
      answer = (reply) => {
        reply.writeHead(200, { 'content-type': 'text/event-stream' }).write(streamed.slice(0, half));
        fail = () => void reply.end(error);
      };
      const response = await ask(gateway, client, modelFor(upstream), { stream: true });
      fail();
      const text = await response.text();
      expect(JSON.stringify(framesOf(text).at(-1)?.json)).toContain('busy');
      answer = (reply) => void reply.writeHead(200, { 'content-type': 'text/event-stream' }).end(error);
      const early = await ask(gateway, client, modelFor(upstream), { stream: true });
      expect([503, 529]).toContain(early.status);
      expect(await early.text()).toContain('busy');
    },
  );
});

describe.each(upstreams)('a stream of %s without a content type', (upstream) => {
  const streamed = recorded(upstream, 'text', 'reply.sse');

  it('reaches the client while upstream still speaks, however small its first pieces are', async () => {
    const half = streamed.lastIndexOf('\n\n', streamed.length * 0.8) + 2;
    let finish: () => void = () => undefined;
    answer = (reply) => {
      for (const byte of `\n: hi\n\n`) reply.write(byte);
      reply.write(streamed.slice(0, half));
      finish = () => void reply.end(streamed.slice(half));
    };
    const response = await ask(gateway, upstream, modelFor(upstream), { stream: true });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    finish();
    while (!(await reader?.read())?.done);
  });

  it('is over with its last word for clients that want one body, whether or not its bytes have ended', async () => {
    if (upstream === 'gemini') return; // whose streams end with their bytes alone
    answer = (reply) => void reply.writeHead(200, { 'content-type': 'text/event-stream' }).write(streamed);
    const whole = await ask(gateway, 'openai-chat', modelFor(upstream));
    expect([whole.status, await whole.text()]).toEqual([200, expect.stringContaining('"stop"')]);
  });

  it('that breaks off before its first word is another failure than one that is no stream', async () => {
    answer = (reply) => void reply.writeHead(200).end(': hi\n\n');
    const broken = await ask(gateway, upstream, modelFor(upstream), { stream: true });
    expect([broken.status, await broken.text()]).toEqual([502, expect.stringContaining('ended before')]);
    answer = (reply) => void reply.writeHead(200).end('no healthy upstream');
    const words = await ask(gateway, upstream, modelFor(upstream), { stream: true });
    expect([words.status, await words.text()]).toEqual([502, expect.stringContaining('no JSON object')]);
    answer = (reply) => void reply.writeHead(200).end();
    const nothing = await ask(gateway, upstream, modelFor(upstream), { stream: true });
    expect([nothing.status, await nothing.text()]).toEqual([502, expect.stringContaining('an empty body')]);
  });
});
