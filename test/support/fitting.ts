// What becomes of a body that passes by and says how much to think.

import { Body } from '../../src/body.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import type { Operation, Target } from '../../src/envelope.ts';
import { listener, targetFor } from './fixtures.ts';

export interface Fitted {
  readonly text: string;
  /** What was lost, by its words. */
  readonly lost: readonly string[];
  /** Nothing was changed. */
  readonly same: boolean;
}

/** The body as the target's model takes it. */
export function fitted(
  dialect: Dialect,
  text: string,
  target: Partial<Target>,
  operation: Operation = 'generate',
): Fitted {
  const body = Body.read(Buffer.from(text));
  const { report, losses } = listener();
  const edited = dialect.request.fitThinking(body, targetFor(dialect, target), operation, report);
  return { text: edited.bytes.toString(), lost: losses.map(({ what }) => what), same: edited === body };
}
