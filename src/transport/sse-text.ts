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
  /** What came so far of a bare JSON object that is printed over several lines. */
  bare: string | undefined;
}

/**
 * Every line must have its end. Some upstreams put a bare JSON object (an error, most often) among the events: a line that is no
 * field but looks like one is given as a frame of its own, and so are the lines of one that is indented, as Google prints its errors,
 * alone or in an array.
 */
export function readFrames(text: string): Frame[] {
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  const frames: Frame[] = [];
  const begun: Begun = { event: undefined, data: undefined, bare: undefined };
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
  begun.bare = undefined;
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
  else if (/^\{.*\}\s*$/.test(line)) frames.push(bareFrame(line));
  else readBare(line, begun, frames);
}

/** Within a JSON object no line begins or ends in a string, so that its lines make one. */
function readBare(line: string, begun: Begun, frames: Frame[]): void {
  if (/^\[?\{\s*$/.test(line)) begun.bare = '{';
  else if (begun.bare !== undefined) begun.bare += line.trim();
  if (begun.bare === undefined || !/^\}[\],]?\s*$/.test(line)) return;
  frames.push(bareFrame(begun.bare.replace(/[\],]$/, '')));
  begun.bare = undefined;
}

/** Dialects that name their events name one by its `type`. */
function bareFrame(data: string): Frame {
  return /^\{\s*"type"\s*:\s*"error"/.test(data) ? { event: 'error', data } : { data };
}

/** Whether a client would see a frame in it: one that came bare is none to any reader but ours. */
export function isFramed(text: string): boolean {
  return /(?:^|[\r\n])data(?:[:\r\n]|$)/.test(text);
}
