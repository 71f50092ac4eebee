// What a command may use of the world around it: where it stands, what it can say, and how it ends.

import type { Environment } from '../config/environment.ts';

export interface Terminal {
  readonly env: Environment;
  /** The working directory. */
  readonly directory: string;
  /** A person reads what is printed, and nothing keeps it. */
  readonly interactive: boolean;
  print(text: string): void;
  complain(text: string): void;
  end(code: number): void;
  /** Calls back for every SIGINT and SIGTERM. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): void;
  /** Calls back for every SIGHUP. Absent where there is none, and at a terminal, where it means that the terminal is gone. */
  readonly onHangup?: (listener: () => void) => void;
}

/** The terminal of a process. */
export function terminalOf(owner: NodeJS.Process, env: Environment): Terminal {
  // Whoever read the output may have gone (`cliproxy serve | head`): that must not end open streams.
  for (const output of [owner.stdout, owner.stderr]) output.on('error', () => {});
  return {
    env,
    directory: owner.cwd(),
    interactive: owner.stdout.isTTY === true,
    print: (text) => {
      owner.stdout.write(text);
    },
    complain: (text) => {
      owner.stderr.write(text);
    },
    end: (code) => owner.exit(code),
    onSignal: (listener) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) owner.on(signal, () => listener(signal));
    },
    ...(owner.platform !== 'win32' &&
      owner.stdout.isTTY !== true && {
        onHangup: (listener) => {
          owner.on('SIGHUP', listener);
        },
      }),
  };
}
