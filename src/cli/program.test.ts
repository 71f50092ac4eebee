import { expect, it } from 'vitest';
import { run } from './program.ts';
import type { Terminal } from './terminal.ts';

/** What a command line is answered with before anything is done. */
async function answered(...words: string[]): Promise<{ readonly said: string; readonly code: number | undefined }> {
  let said = '';
  let code: number | undefined;
  const terminal: Terminal = {
    env: {},
    directory: '/',
    interactive: false,
    print: (text) => {
      said += text;
    },
    complain: (text) => {
      said += text;
    },
    end: (given) => {
      code = given;
    },
    onSignal: () => undefined,
  };
  await run(words, terminal, () => Promise.reject(new Error('a gateway is made')));
  return { said, code };
}

it.each([
  ['sreve', 'unknown command "sreve"\n    Did you mean "serve"?\n'],
  ['modles', 'unknown command "modles"\n    Did you mean "models"?\n'],
  [
    'xyzzyxyzzy',
    'unknown command "xyzzyxyzzy"\n    There are serve, config, explain, models, cooldowns, version, simulate, help; ',
  ],
])('says of a mistyped command that it is none: %s', async (word, expected) => {
  const { said, code } = await answered(word);
  expect(said).toContain(expected);
  expect(code).toBe(1);
});

it('knows its own commands', async () => {
  const { said, code } = await answered('version');
  expect(said).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(code).toBeUndefined();
});
