// What may become of a request, by the fault that its upstream has: the table of the chaos suite, and how clients of two dialects see
// each outcome.

import { expect } from 'vitest';
import { asObject, parseObject } from '../../src/json.ts';
import { answerOf, folded, framesOf } from './hearing.ts';

/** Whose clients ask, and which upstreams answer. */
export type ChaosClient = 'openai-chat' | 'anthropic-messages';

/** `survives`: another account answers, and if there is none the client gets a status; `fault`: the request's own, told at once. */
export type Fate =
  | { readonly fate: 'fine' }
  | { readonly fate: 'survives'; readonly status: number }
  | { readonly fate: 'fault'; readonly status: number }
  /** Content was there: the stream ends in an error that the client may retry, and nobody else is asked. */
  | { readonly fate: 'breaks' };

export interface Trouble {
  readonly say: string;
  readonly whole: Fate;
  readonly stream: Fate;
  /** Of a stream whose upstream speaks the client's dialect, where that differs: what came is passed on as it came. */
  readonly passed?: Fate;
}

const fine: Fate = { fate: 'fine' };
const breaks: Fate = { fate: 'breaks' };
const survives = (status: number): Fate => ({ fate: 'survives', status });
const fault = (status: number): Fate => ({ fate: 'fault', status });
const both = (say: string, fate: Fate): Trouble => ({ say, whole: fate, stream: fate });

/** Content in pieces that come apart, so that what goes wrong after some of it goes wrong after it was passed on. */
const talking = 'text 60; pace 4';

/** Faults of status and of the connection before anything was said. */
export const early: readonly Trouble[] = [
  ...[401, 402, 403, 404, 429, 500, 502, 503, 504].map((status) => both(`status ${status}`, survives(status))),
  both('status 408 type=timeout_error', survives(408)),
  both('status 499 type=api_error', survives(499)),
  both('status 529', survives(529)),
  both('status 429 retry-after=30', survives(429)),
  both('status 429 retry-after=1', survives(429)),
  both('status 503 retry-after=20', survives(503)),
  both('status 400 code=model_not_found message="The model does not exist"', survives(400)),
  ...[400, 406, 413, 422].map((status) => both(`status ${status}`, fault(status))),
  both('html 502', survives(502)),
  both('html 403', survives(403)),
  both('empty', survives(502)),
  both('hang', survives(504)),
];

/** Faults of a reply that has begun. */
export const late: readonly Trouble[] = [
  both('cut 0', survives(502)),
  { say: 'cut 0 clean', whole: survives(502), stream: survives(502) },
  both('slow-body 100000', survives(504)),
  { say: 'overload', whole: survives(529), stream: survives(529) },
  { say: `${talking}; overload after=20`, whole: survives(529), stream: breaks },
  { say: `${talking}; cut 3000`, whole: fine, stream: breaks },
  { say: `text 2000; pace 0; cut 3000`, whole: survives(502), stream: breaks },
  { say: 'stall after=0', whole: survives(504), stream: survives(504) },
  { say: `${talking}; stall after=20`, whole: survives(504), stream: breaks },
  { say: 'malformed after=0', whole: survives(502), stream: survives(502) },
  { say: `${talking}; malformed after=20`, whole: survives(502), stream: breaks, passed: fine },
  { say: `${talking}; no-terminal`, whole: fine, stream: breaks },
];

/** What is odd or slow, and no fault. */
export const harmless: readonly Trouble[] = [
  both('slow 60', fine),
  both('slow-body 60', fine),
  both('pace 3', fine),
  both('drip 7', fine),
  both('header x-odd=1', fine),
  { say: 'pace 30; keep-alive 5', whole: fine, stream: fine },
];

export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The text of an answer, as its client reads it. */
function textOf(client: ChaosClient, stream: boolean, { text }: Seen): string {
  return answerOf(client, stream ? folded(client, text) : (parseObject(text) ?? {})).text;
}

/** A whole answer: one beginning, one end, no error. */
export function expectClean(client: ChaosClient, stream: boolean, seen: Seen, words: string): void {
  expect(seen.status).toBe(200);
  expect(textOf(client, stream, seen)).toContain(words);
  expect(seen.text).not.toMatch(/"error"\s*:/);
  if (!stream) return;
  const frames = framesOf(seen.text);
  const last = frames.at(-1);
  if (client === 'openai-chat') expect(last?.data).toBe('[DONE]');
  else {
    expect(frames.filter(({ event }) => event === 'message_start').length).toBe(1);
    expect(last?.event).toBe('message_stop');
  }
}

/** A stream that had begun ends in an error of a kind that clients retry. */
export function expectBroken(client: ChaosClient, { status, text }: Seen): void {
  expect(status).toBe(200);
  const last = framesOf(text).at(-1);
  const error = asObject(last?.json.error);
  if (client === 'anthropic-messages') expect(last?.event).toBe('error');
  expect(error?.message).toEqual(expect.any(String));
  expect(String(error?.type)).toMatch(/^(?:server_error|api_error|overloaded_error|timeout_error)$/);
}

/** An error status with the body that the client's dialect has for it. */
export function expectError(client: ChaosClient, { status, headers, text }: Seen, wanted: number): void {
  expect(statusesOf(client, wanted)).toContain(status);
  expect(headers.get('content-type')).toMatch(/json/);
  const json = parseObject(text);
  if (client === 'anthropic-messages') expect(json?.type).toBe('error');
  expect(asObject(json?.error)).toMatchObject({ message: expect.any(String), type: expect.any(String) });
}

/** Anthropic has a status of its own for overload, and says 404 to an unknown model. */
function statusesOf(client: ChaosClient, status: number): readonly number[] {
  if (status === 400) return client === 'anthropic-messages' ? [400, 404] : [400];
  if (status === 529 || status === 503) return client === 'anthropic-messages' ? [529, 503] : [503, 529];
  return [status];
}
