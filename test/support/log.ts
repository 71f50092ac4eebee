// What the log would say: the observations of a gateway as its lines.

import { createLog } from '../../src/observe/log.ts';
import type { Observation } from '../../src/observe/observation.ts';

export function logLines(observations: readonly Observation[]): readonly string[] {
  let text = '';
  const stream = {
    write(lines: string) {
      text += lines;
    },
  };
  createLog({ level: 'debug', stream }).hear(observations, []);
  return text.split(/(?<=\n)/);
}
