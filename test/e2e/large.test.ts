// Bodies of one and of twenty megabytes reach every upstream whole, and cost the gateway no more than a few copies while it has them
// and nothing afterwards.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import type { Memory } from '../support/gateway-process.ts';
import { images, longHistory, saidBy } from '../support/large.ts';
import { modelFor, type UpstreamName, upstreams } from '../support/upstreams.ts';

const megabyte = 1 << 20;
const rounds = longHistory(170);
const pictures = images(12, 1.27 * megabyte);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway((url) => everyUpstream(url));
});
afterAll(() => gateway.close());

/** Sends a body as its sender wrote it; gives what upstream got. */
async function relay(url: string, path: string, text: string): Promise<string> {
  gateway.simulator.reset();
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: text,
  });
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('done')]);
  const [recorded, ...others] = gateway.simulator.recorded().filter(({ method }) => method === 'POST');
  expect(others).toEqual([]);
  return recorded?.raw ?? '';
}

/** A printing that nobody would choose, so that a body that was parsed and printed again is told. */
const printed = (body: unknown): string => JSON.stringify(body, null, 1).replaceAll('ö', '\\u00f6');

/** The body with the model's name that upstream knows it by. */
const renamed = (text: string): string =>
  text.replace(/"model": "[^"]*"/, (member) => member.replace(/to-.*(?=")/, upstreamName));
const upstreamNames: Readonly<Record<string, string>> = {
  'to-openai-chat': 'm-chat',
  'to-openai-responses': 'm-responses',
  'to-anthropic-messages': 'm-messages',
};
const upstreamName = (alias: string): string => upstreamNames[alias] ?? alias;

describe.each(upstreams)('a client of %s', (client) => {
  it.each(upstreams)('brings a history of a megabyte to %s', async (upstream) => {
    const { path, body } = saidBy[client](modelFor(upstream), rounds, []);
    const text = printed(body);
    expect(Buffer.byteLength(text)).toBeGreaterThan(megabyte);
    const arrived = await relay(gateway.url, path, text);
    if (client === upstream) {
      expect(arrived === renamed(text)).toBe(true);
      return;
    }
    const plain = JSON.stringify(JSON.parse(arrived));
    const missing = rounds.flatMap(({ question, calls, answer }) =>
      [question, answer, ...calls.flatMap(({ path: file, content }) => [file, content])].filter(
        (said) => !plain.includes(JSON.stringify(said).slice(1, -1)),
      ),
    );
    expect(missing).toEqual([]);
  });
});

/** A gateway whose memory can be looked at. */
async function startProcess() {
  const text = `host: 127.0.0.1\nport: 8317\napi-keys: [${clientKey}]\n${everyUpstream(gateway.simulator.url)}`;
  const child = fork(join(import.meta.dirname, '../support/gateway-process.ts'), [text], { execArgv: ['--expose-gc'] });
  const heard = async <T>(): Promise<T> => (await once(child, 'message'))[0] as T;
  const { port } = await heard<{ port: number }>();
  return {
    url: `http://127.0.0.1:${port}`,
    memory(): Promise<Memory> {
      child.send('memory');
      return heard<Memory>();
    },
    stop: () => child.kill(),
  };
}

const foreignTo = (upstream: UpstreamName): UpstreamName =>
  upstream === 'anthropic-messages' ? 'openai-chat' : 'anthropic-messages';

it('twenty megabytes of images arrive whole, are held no longer than needed, and copied a few times at most', async () => {
  const child = await startProcess();
  onTestFinished(() => void child.stop());
  const send = async (client: UpstreamName, upstream: UpstreamName, shown: readonly string[]) => {
    const { path, body } = saidBy[client](modelFor(upstream), [], shown);
    const text = printed(body);
    return { text, arrived: await relay(child.url, path, text) };
  };
  for (const client of upstreams) for (const upstream of upstreams) await send(client, upstream, []);
  const idle = await child.memory();
  for (const client of upstreams) {
    const { text, arrived } = await send(client, client, pictures);
    expect(Buffer.byteLength(text)).toBeGreaterThan(20 * megabyte);
    expect([client, arrived === renamed(text)]).toEqual([client, true]);
  }
  const relayed = await child.memory();
  for (const upstream of upstreams) {
    const { arrived } = await send(foreignTo(upstream), upstream, pictures);
    expect(pictures.filter((data) => !arrived.includes(data))).toEqual([]);
  }
  const translated = await child.memory();
  // In bodies: none is held. What comes in, is joined, edited and goes out is several at once, and as much again may wait for the
  // collector; a translation has it as text and as parts besides.
  const bodies = (bytes: number): number => bytes / (20 * megabyte);
  expect(bodies(relayed.held - idle.held)).toBeLessThan(0.5);
  expect(bodies(translated.held - idle.held)).toBeLessThan(0.5);
  expect(bodies(relayed.peak - idle.peak)).toBeLessThan(9);
  expect(bodies(translated.peak - idle.peak)).toBeLessThan(18);
});
