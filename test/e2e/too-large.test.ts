// A client that is told of its body's size while it still sends it reads the answer, and not of a broken pipe. It has an event loop of
// its own here, as it would have elsewhere: on a shared one it never sends while the gateway closes.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { clientKey, everyUpstream, startGateway } from '../support/gateway.ts';

/** Sends a body of 24 MiB ten times, and posts what came of it each time. */
const client = `
const { request } = require('node:http');
const { parentPort, workerData: { url, headers, how } } = require('node:worker_threads');
const large = Buffer.alloc(24 << 20, ' ');
const ways = {
  http: () => new Promise((resolve) => {
    const length = { 'content-length': large.length };
    const sending = request(url, { method: 'POST', headers: { ...headers, ...length }, agent: false });
    sending.on('response', (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode)).on('error', ({ code }) => resolve(code));
    });
    sending.on('error', ({ code }) => resolve(code)).end(large);
  }),
  fetch: () => fetch(url, { method: 'POST', headers, body: large }).then(
    async (answer) => (await answer.text()).includes('max-body-size') && answer.status,
    (thrown) => String(thrown.cause?.code ?? thrown),
  ),
};
(async () => {
  const told = [];
  for (let i = 0; i < 10; i++) told.push(await ways[how]());
  parentPort.postMessage(told);
})();
`;

it.each(['http', 'fetch'])('a body that is too large is told so to a client that still sends it (%s)', async (how) => {
  const gateway = await startGateway((url) => `max-body-size: 1\n${everyUpstream(url)}`);
  const headers = { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' };
  const workerData = { url: `${gateway.url}/v1/messages`, headers, how };
  const [told] = await once(new Worker(client, { eval: true, workerData }), 'message');
  await gateway.close();
  expect(told).toEqual(Array.from({ length: 10 }, () => 413));
});
