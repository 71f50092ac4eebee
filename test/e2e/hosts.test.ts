// Where a gateway can be reached, by the host it is told to listen on.

import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';

const six = Object.values(networkInterfaces()).some((ones) => ones?.some(({ address }) => address === '::1'));

it.skipIf(!six).each(['""', '"::"'])('a gateway at %s answers in IPv4 and IPv6', async (host) => {
  const loaded = loadConfig(`host: ${host}\napi-keys: [one-client-key]\n`, { env: {}, path: 'config.yaml' });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const app = await createApp({ config: loaded.config, observe: () => undefined });
  try {
    const { port } = await app.listen(0);
    for (const address of ['127.0.0.1', '[::1]']) {
      const url = `http://${address}:${port}/v1/chat/completions`;
      const body = JSON.stringify({ model: 'demo-openai-chat', messages: [{ role: 'user', content: 'hi' }] });
      const told = await fetch(url, { method: 'POST', body, headers: { authorization: 'Bearer one-client-key' } });
      expect([address, told.status]).toEqual([address, 200]);
      await told.text();
    }
  } finally {
    await app.close();
  }
});
