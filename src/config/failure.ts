// A start that cannot go on, in words for whoever started it: what happened and what to do.

/** Ends a command: `message` in one line, `advice` below it. Never a defect of the program itself. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

/** The code of an error of the operating system: `ENOENT`; empty for anything else. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
