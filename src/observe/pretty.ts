// Log lines for a person at a terminal: the time of day, the level, the message, then what else is known as `name=value`.

import { styleText } from 'node:util';
import { asObject, asString, type Json, parseObject } from '../json.ts';

const colours = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** One line of the log as it is printed on a terminal; a line that is none of ours stays as it is. */
export function prettyLine(line: string): string {
  const fields = parseObject(line);
  if (!fields) return line;
  const { time, level, msg, ...rest } = fields;
  const facts = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => styleText('gray', `${name}=`) + printed(value));
  const clock = new Date(asString(time) ?? '');
  return `${[
    styleText('gray', Number.isNaN(clock.getTime()) ? '--:--:--' : clock.toTimeString().slice(0, 8)),
    labelled(asString(level) ?? 'info'),
    asString(msg) ?? '',
    ...facts,
  ].join(' ')}\n`;
}

function labelled(level: string): string {
  const colour = level in colours ? colours[level as keyof typeof colours] : 'green';
  return styleText(colour, level.padEnd(5));
}

/** Words as they are, sentences in quotes, the rest as JSON. */
function printed(value: Json | undefined): string {
  if (Array.isArray(value)) return value.map(printed).join(' · ');
  const object = asObject(value);
  if (object) return Object.values(object).map(printed).join(' ');
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
