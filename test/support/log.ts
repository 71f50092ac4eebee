// What the log would say: the observations of a gateway as its lines.

import { createLog } from '../../src/observe/log.ts';
import type { Observation } from '../../src/observe/observation.ts';

export function logLines(observations: readonly Observation[]): readonly string[] {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', stream: { write: (line) => lines.push(line) } });
  for (const observation of observations) log(observation);
  return lines;
}
