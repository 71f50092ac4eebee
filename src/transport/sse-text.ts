// The text of server-sent events as frames, to the letter of the specification. Only whole frames come here: what is cut across
// reads has been joined before.

import type { Frame } from '../frame.ts';

const lineFeed = 0x0a;
const space = 0x20;

/** A frame of which some lines were read. */
interface Begun {
  event: string | undefined;
  /** Undefined until the first `data` line: without one, a blank line ends nothing. */
  data: string | undefined;
}

/**
 * Every line must have its end. Some upstreams put a bare JSON object (an error, most often) among the events: a line that is
 * no field but looks like one is given as a frame of its own.
 */
export function readFrames(text: string): Frame[] {
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  const frames: Frame[] = [];
  const begun: Begun = { event: undefined, data: undefined };
  for (let at = 0; at < lines.length; ) {
    if (lines.charCodeAt(at) === lineFeed) {
      finish(begun, frames);
      at++;
      continue;
    }
    const end = lines.indexOf('\n', at);
    if (end < 0) break;
    if (lines.startsWith('data:', at)) addData(begun, valueIn(lines, at + 5, end));
    else readLine(lines.slice(at, end), begun, frames);
    at = end + 1;
  }
  return frames;
}

function finish(begun: Begun, frames: Frame[]): void {
  const { event, data } = begun;
  if (data !== undefined) frames.push(event === undefined ? { data } : { event, data });
  begun.event = undefined;
  begun.data = undefined;
}

function addData(begun: Begun, value: string): void {
  begun.data = begun.data === undefined ? value : `${begun.data}\n${value}`;
}

function valueIn(text: string, start: number, end: number): string {
  return text.slice(text.charCodeAt(start) === space ? start + 1 : start, end);
}

function readLine(line: string, begun: Begun, frames: Frame[]): void {
  if (line.startsWith('event:')) begun.event = valueIn(line, 6, line.length) || undefined;
  else if (line === 'event') begun.event = undefined;
  else if (line === 'data') addData(begun, '');
  else if (/^\{.*\}\s*$/.test(line)) frames.push({ data: line });
}
