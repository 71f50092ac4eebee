// What a translation could not say. Never dropped in silence: reported to the client, the log and the docs.

import { isSaid, type JsonObject } from './json.ts';

/** One thing that was lost, and why. Shown in a header of the reply, in the log and in traces. */
export interface Loss {
  /** The thing that was lost, in a stable snake_case word or wire field name: `top_k`, `cache_control`, `citations`. */
  readonly what: string;
  /** Where in the client's body, if it is one place: `messages[3].content[0]`. */
  readonly where?: string;
  /** One sentence: the rule of the outside world that forbids it, and what was done instead. */
  readonly why: string;
}

/** How a loss is told. Whoever meets one tells it each time: who listens to a translation is deaf to repetitions (`once`). */
export type Report = (loss: Loss) => void;

/** The report, deaf to repetitions of one thing at one place: a long history would repeat a sentence for each of its parts. */
export function once(report: Report): Report {
  let told: Set<string> | undefined;
  return (loss) => {
    told ??= new Set();
    const key = `${loss.what}\n${loss.where ?? ''}`;
    if (told.has(key)) return;
    told.add(key);
    report(loss);
  };
}

/** The `why` of a member that no dialect here has a place for. */
export const unknownMember = 'The gateway does not know this member, so it reaches only upstreams of this dialect.';

/** Reports each member that asks for something and is none of those that are read. `where`: the place of the object; `''` is the body. */
export function reportOthers(
  object: JsonObject | undefined,
  read: readonly string[],
  where: string,
  why: string,
  report: Report,
): void {
  for (const [what, value] of Object.entries(object ?? {}))
    if (!read.includes(what) && isSaid(value)) report({ what, where: where === '' ? what : `${where}.${what}`, why });
}
