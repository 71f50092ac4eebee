// The command line: every command with its options, and the one place where a failed start becomes words and an exit code.

import { Command } from 'commander';
import { StartFailure } from '../config/failure.ts';
import { nearest } from '../nearest.ts';
import { version } from '../version.ts';
import { type ConfigFlags, checkConfig, printConfigPath } from './config.ts';
import { type CooldownsFlags, cooldowns } from './cooldowns.ts';
import { type ExplainFlags, explain } from './explain.ts';
import { listModels, type ModelsFlags } from './models.ts';
import { type CreateApp, type ServeFlags, serve } from './serve.ts';
import { simulateCommand } from './simulate.ts';
import type { Terminal } from './terminal.ts';

/** Runs a command line, without the names of node and of the script. */
export async function run(words: readonly string[], terminal: Terminal, create: CreateApp): Promise<void> {
  try {
    const root = program(terminal, create);
    refuseUnknown(words[0] ?? 'serve', [...root.commands.map((command) => command.name()), 'help']);
    await root.parseAsync(words.map(withTwoDashes), { from: 'user' });
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    terminal.complain(`${error.message}\n    ${error.advice}\n`);
    terminal.end(1);
  }
}

/** A mistyped command would be taken for an argument of the default one. */
function refuseUnknown(word: string, commands: readonly string[]): void {
  if (word.startsWith('-') || commands.includes(word)) return;
  const [best] = nearest(word, commands, 1);
  throw new StartFailure(
    `unknown command "${word}"`,
    best === undefined
      ? `There are ${commands.join(', ')}; "cliproxy --help" explains them.`
      : `Did you mean "${best}"?`,
  );
}

function program(terminal: Terminal, create: CreateApp): Command {
  const root = new Command('cliproxy')
    .description('An LLM gateway: any client dialect in, any model of any account out.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .showHelpAfterError('    Add --help to see what it takes.')
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
  askingCommands(root, terminal);
  root
    .command('version')
    .description('print the version')
    .action(() => terminal.print(`${version}\n`));
  simulateCommand(root, terminal);
  return root;
}

/** Commands that ask the running gateway. */
function askingCommands(root: Command, terminal: Terminal): void {
  const asking = (name: string, description: string): Command =>
    root
      .command(name)
      .description(description)
      .option('--config <file>', 'configuration file of the gateway to ask')
      .option('--url <url>', 'gateway to ask, instead of the one of the configuration')
      .option('--key <key>', 'client key to ask with; also $CLIPROXY_KEY')
      .option('--json', 'print JSON');
  asking('explain', 'say who would be asked for a model, in which order and how, without sending anything')
    .option('--model <name>', 'the model as a client would name it')
    .option('--body <file>', 'a request of a client, to see what would become of it')
    .option('--dialect <name>', 'what the client speaks: openai-chat (the default), anthropic-messages, …')
    .option('--stream', 'as a stream')
    .option('--session <word>', 'the conversation, as the client would name it')
    .option('--without <credential>', 'as if this account were gone; may be repeated', gathered)
    .action((flags: ExplainFlags) => explain(flags, terminal));
  asking('models', 'list every model with provider, limits and state').action((flags: ModelsFlags) =>
    listModels(flags, terminal),
  );
  asking('cooldowns', 'list what rests, why and for how long')
    .option('--clear [credential]', 'end the rests of this account, or all of them')
    .option('--model <name>', 'with --clear: only of this model, by its upstream id')
    .action((flags: CooldownsFlags) => cooldowns(flags, terminal));
}

function gathered(word: string, others: readonly string[] = []): readonly string[] {
  return [...others, word];
}

/** Older command lines say `-config FILE`. */
function withTwoDashes(word: string): string {
  return /^-config(=|$)/.test(word) ? `-${word}` : word;
}
