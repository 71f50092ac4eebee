// One loss is told once: a history of a hundred marked parts would otherwise fill the log with the same sentence.

import type { Report } from '../../loss.ts';

/** The report, deaf to repetitions of the same thing at the same place. */
export function once(report: Report): Report {
  const told = new Set<string>();
  return (loss) => {
    const key = `${loss.what}\n${loss.where ?? ''}`;
    if (told.has(key)) return;
    told.add(key);
    report(loss);
  };
}
