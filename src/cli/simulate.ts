// `cliproxy simulate`: an upstream that needs no account, for trying the gateway and for testing clients.

import { type Command, InvalidArgumentError } from 'commander';
import { demoModels } from '../simulator/models.ts';
import type { Simulator } from '../simulator/server.ts';
import { listenFailure } from './listen-failure.ts';
import type { Terminal } from './terminal.ts';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly seed: string;
  readonly lenient: boolean;
}

/** Adds the command to the program. */
export function simulateCommand(program: Command, terminal: Terminal): void {
  program
    .command('simulate')
    .description('serve a simulated upstream that speaks all four dialects and needs no account')
    .option('--port <number>', 'port to listen on (0: any free one)', portNumber, 8399)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--seed <text>', 'decides every word, id and signature of the answers', 'simulator')
    .option('--lenient', 'accept requests that the real services would refuse', false)
    .action(async (options: Options) => {
      const simulator = await started(options);
      terminal.onSignal(() => void simulator.close().finally(() => terminal.end(0)));
      terminal.print(greeting(simulator.url));
    });
}

async function started({ port, host, seed, lenient }: Options): Promise<Simulator> {
  // Loaded only here: the gateway starts faster without it.
  const { startSimulator } = await import('../simulator/server.ts');
  try {
    return await startSimulator({ port, host, seed, strict: !lenient });
  } catch (thrown) {
    throw listenFailure(thrown, host, port, 'Choose another port with --port; 0 takes any free one.');
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('A port is 0 to 65535.');
  return port;
}

/** What to try first. */
export function greeting(url: string): string {
  const chat = JSON.stringify({ model: demoModels['openai-chat'], messages: [{ role: 'user', content: 'Hello' }] });
  const think = JSON.stringify({
    model: demoModels['anthropic-messages'],
    max_tokens: 200,
    stream: true,
    messages: [{ role: 'user', content: '#sim think 2 steps; text 20' }],
  });
  const busy = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: '#sim status 429 retry-after=7' }] }] });
  return [
    `The simulator listens on ${url}. Any key will do. Try:`,
    '',
    `  curl ${url}/v1/chat/completions -H 'authorization: Bearer any' -d '${chat}'`,
    `  curl -N ${url}/v1/messages -H 'x-api-key: any' -H 'anthropic-version: 2023-06-01' -d '${think}'`,
    `  curl ${url}/v1beta/models/${demoModels.gemini}:generateContent -H 'x-goog-api-key: any' -d '${busy}'`,
    '',
  ].join('\n');
}
