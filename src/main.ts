// The program's entry: the command line, given to the cli.

import process from 'node:process';
import { withEnvironmentFile } from './cli/environment-file.ts';
import { run } from './cli/program.ts';
import { terminalOf } from './cli/terminal.ts';

const terminal = terminalOf(process, withEnvironmentFile(process.env, process.cwd()));

await run(process.argv.slice(2), terminal, async (options) => {
  const { createApp } = await import('./app.ts');
  return createApp(options);
});
