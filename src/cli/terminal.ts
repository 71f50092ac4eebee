// What a command may use of the world around it: where it stands, what it can say, and how it ends.

import type { Environment } from '../config/environment.ts';

/** The world around a command. Texts that are printed bring their own line ends. */
export interface Terminal {
  readonly env: Environment;
  /** The working directory. */
  readonly directory: string;
  /** A person reads what is printed, and nothing keeps it. */
  readonly interactive: boolean;
  /** On standard output: what was asked for. */
  print(text: string): void;
  /** On standard error: what is wrong. */
  complain(text: string): void;
  /** Ends the process at once; streams that are open are cut. */
  end(code: number): void;
  /** Calls back for every SIGINT and SIGTERM, and as for one when npm, which began it, is gone. */
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
      onceAbandoned(owner, () => listener('SIGTERM'));
    },
    ...(owner.platform !== 'win32' &&
      owner.stdout.isTTY !== true && {
        onHangup: (listener) => {
          owner.on('SIGHUP', listener);
        },
      }),
  };
}

/** Milliseconds between two looks at who the parent is. */
const lookEvery = 1000;

/**
 * npm runs a script by `sh -c`, and passes its signals to that shell; where the shell is dash, it ends and tells nobody. Then the
 * process has another parent. A script that puts it into the background (`… &`) wants it to stay.
 */
function onceAbandoned(owner: NodeJS.Process, callback: () => void): void {
  const { npm_lifecycle_event: script, npm_lifecycle_script: command = '' } = owner.env;
  if (script === undefined || /&\s*$/.test(command)) return;
  const parent = owner.ppid;
  const timer = setInterval(() => {
    if (owner.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, lookEvery).unref();
}
