// The command line: every command with its options, and the one place where a failed start becomes words and an exit code.

import { Command } from 'commander';
import { StartFailure } from '../config/failure.ts';
import { version } from '../version.ts';
import { type ConfigFlags, checkConfig, printConfigPath } from './config.ts';
import { listenFailure } from './listen-failure.ts';
import { type CreateApp, type ServeFlags, serve } from './serve.ts';
import { simulateCommand } from './simulate.ts';
import type { Terminal } from './terminal.ts';

/** Runs a command line, without the names of node and of the script. */
export async function run(words: readonly string[], terminal: Terminal, create: CreateApp): Promise<void> {
  try {
    await program(terminal, create).parseAsync(words.map(withTwoDashes), { from: 'user' });
  } catch (error) {
    const failure = startFailure(error);
    if (failure === undefined) throw error;
    terminal.complain(`${failure.message}\n    ${failure.advice}\n`);
    terminal.end(1);
  }
}

/** What was thrown, if the user and not the program is to act on it. */
function startFailure(thrown: unknown): StartFailure | undefined {
  if (thrown instanceof StartFailure) return thrown;
  const { address = 'localhost', port = 0 } = thrown as { address?: string; port?: number };
  const failure = listenFailure(thrown, address, port);
  return failure instanceof StartFailure ? failure : undefined;
}

function program(terminal: Terminal, create: CreateApp): Command {
  const root = new Command('cliproxy')
    .description('An LLM gateway: any client dialect in, any model of any account out.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .addHelpText('after', '\nWithout a command, cliproxy serves.');
  root
    .command('serve', { isDefault: true })
    .description('start the gateway (the default command)')
    .option('--config <file>', 'configuration file; also $CLIPROXY_CONFIG')
    .option('--host <address>', 'address to listen on; also $CLIPROXY_HOST')
    .option('--port <number>', 'port to listen on; also $CLIPROXY_PORT')
    .action((flags: ServeFlags) => serve(flags, terminal, create));
  const config = root.command('config').description('look at the configuration');
  config
    .command('check')
    .description('say what is wrong with the configuration file')
    .option('--config <file>', 'configuration file')
    .action((flags: ConfigFlags) => checkConfig(flags, terminal));
  config
    .command('path')
    .description('print which configuration file counts')
    .option('--config <file>', 'configuration file')
    .action((flags: ConfigFlags) => printConfigPath(flags, terminal));
  root
    .command('version')
    .description('print the version')
    .action(() => terminal.print(`${version}\n`));
  simulateCommand(root);
  return root;
}

/** Older command lines say `-config FILE`. */
function withTwoDashes(word: string): string {
  return /^-config(=|$)/.test(word) ? `-${word}` : word;
}
