// What a translation could not say. Never dropped in silence: reported to the client, the log and the docs.

export interface Loss {
  /** The thing that was lost, in a stable snake_case word or wire field name: `top_k`, `cache_control`, `citations`. */
  readonly what: string;
  /** Where in the client's body, if it is one place: `messages[3].content[0]`. */
  readonly where?: string;
  /** One sentence: the rule of the outside world that forbids it, and what was done instead. */
  readonly why: string;
}

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
