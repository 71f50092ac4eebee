// A gateway and a simulator in this process, on ports of their own: what every end-to-end test begins with.

import { type App, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Observation } from '../../src/observe/observation.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';

export const clientKey = 'test-client-key-0123456789';

export interface Gateway {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly simulator: Simulator;
  readonly observations: readonly Observation[];
  readonly app: App;
  close(): Promise<void>;
}

/**
 * Each upstream dialect under the model name that reaches it: `to-openai-chat` and so on, all served by the simulator. Nothing rests:
 * tests that share a gateway shall not suffer from each other's faults.
 */
export function everyUpstream(simulator: string, models = ''): string {
  return `
disable-cooling: true
openai-compatibility:
  - name: chat-service
    base-url: ${simulator}/v1
    api-key-entries: [{ api-key: chat-upstream-key }]
    models: [{ name: m-chat, alias: to-openai-chat${models} }]
codex-api-key:
  - api-key: responses-upstream-key
    base-url: ${simulator}/v1
    models: [{ name: m-responses, alias: to-openai-responses${models} }]
claude-api-key:
  - api-key: messages-upstream-key
    base-url: ${simulator}
    models: [{ name: m-messages, alias: to-anthropic-messages${models} }]
gemini-api-key:
  - api-key: gemini-upstream-key
    base-url: ${simulator}
    models: [{ name: m-gemini, alias: to-gemini${models} }]
`;
}

/** Starts both; `configure` writes the configuration for a simulator's URL. */
export async function startGateway(
  configure: (simulator: string) => string = (url) => everyUpstream(url),
  simulate: Parameters<typeof startSimulator>[0] = {},
  keys: readonly string[] = [clientKey],
): Promise<Gateway> {
  const simulator = await startSimulator({ seed: 'e2e', ...simulate });
  const text = `host: 127.0.0.1\nport: 8317\napi-keys: [${keys.join()}]\n${configure(simulator.url)}`;
  const loaded = loadConfig(text, { env: {}, path: 'config.yaml' });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 2));
  const observations: Observation[] = [];
  const app = await createApp({ config: loaded.config, observe: (observation) => observations.push(observation) });
  const { port } = await app.listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    simulator,
    observations,
    app,
    async close() {
      await app.close();
      await simulator.close();
    },
  };
}

/** A plain call with the client's key. */
export function call(
  gateway: Gateway,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
