// The script language: lines such as `text 200` or `status 429 retry-after=7`, read into what to answer and what to do wrong.
// docs/simulator.md describes it to people.

import { parseJson } from '../json.ts';
import { type Argument, argumentsOf, directivesOf, ScriptError } from './script-words.ts';
import type { Complaint, Ending, Tokens } from './speaker.ts';

/** One thing to say. */
export type Line =
  | { readonly say: 'echo' }
  | { readonly say: 'exactly'; readonly text: string; readonly whole?: boolean }
  | { readonly say: 'text'; readonly words: number; readonly unicode: boolean }
  | { readonly say: 'call'; readonly name: string; readonly input?: string }
  | { readonly say: 'think'; readonly steps: number; readonly form: 'shown' | 'hidden' | 'redacted' }
  | { readonly say: 'image' }
  | { readonly say: 'refuse'; readonly text: string };

/** What to do wrong on the wire. Times are in milliseconds. */
export interface Faults {
  /** An HTTP error instead of an answer. */
  readonly status?: Complaint;
  /** An error inside a 200 stream, after so many content events. A plain error status where nothing streams. */
  readonly failure?: Complaint & { readonly after: number };
  /** So many bytes of the body, then the end: of the connection, or (clean) of the body as if it were complete. */
  readonly cut?: { readonly bytes: number; readonly clean: boolean };
  /** The stream ends well, but its last word is missing. */
  readonly noTerminal?: boolean;
  /** A broken event after so many content events; a whole body is broken off. */
  readonly malformed?: { readonly after: number };
  /** Time before the head of the answer. */
  readonly slow?: number;
  /** Time between the head and the first byte of the body. */
  readonly slowBody?: number;
  /** Silence after so many content events, for so long. */
  readonly stall?: { readonly after: number; readonly ms: number };
  /** Time between events. */
  readonly pace?: number;
  /** While it waits within a stream, it sends a sign of life this often. */
  readonly keepAlive?: number;
  /** The body in writes of so many bytes, whatever characters that cuts. */
  readonly drip?: { readonly bytes: number; readonly every: number };
  /** Never answers. */
  readonly hang?: boolean;
  /** 200 and nothing. */
  readonly empty?: boolean;
  /** An HTML page with this status. */
  readonly html?: number;
  /** More headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What to answer, and what to do wrong. Nothing to say leaves the answer to the simulator. */
export interface Script extends Faults {
  readonly lines: readonly Line[];
  /** Why the answer ends, in place of the true reason. */
  readonly ending?: Ending;
  /** Gemini alone: the prompt itself is blocked. */
  readonly blocked?: boolean;
  /** Counts in place of the true ones; `none`: the service reports none. */
  readonly usage?: Partial<Tokens> | 'none';
}

const marker = /^\s*#sim\s+(.+)$/;

/** The script in a prompt: its lines that begin with `#sim`. */
export function scriptInPrompt(prompt: string): Script {
  return readScript(prompt.split(/\r?\n/).flatMap((line) => marker.exec(line)?.[1] ?? []));
}

/** The prompt without its directives. */
export function promptWithoutScript(prompt: string): string {
  return prompt
    .split(/\r?\n/)
    .filter((line) => !marker.test(line))
    .join('\n')
    .trim();
}

/** Reads directives, one a line or several with `;` between them. Throws ScriptError. */
export function readScript(text: string | readonly string[]): Script {
  const directives = (typeof text === 'string' ? [text] : text).flatMap(directivesOf);
  return directives.map(readDirective).reduce(joined, { lines: [] });
}

/** Scripts from the weakest to the strongest: the strongest that says anything is the answer; of faults the later wins. */
export function strongest(scripts: readonly Script[]): Script {
  const lines = scripts.findLast((script) => script.lines.length > 0)?.lines ?? [];
  return { ...scripts.reduce(over, { lines: [] }), lines };
}

function joined(whole: Script, part: Script): Script {
  return { ...over(whole, part), lines: [...whole.lines, ...part.lines] };
}

/** What both say the second decides; headers and numbers of usage add up where they are not the same. */
function over(first: Script, second: Script): Script {
  const headers = { ...first.headers, ...second.headers };
  const usage = usageOver(first.usage, second.usage);
  return {
    ...first,
    ...second,
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(usage !== undefined && { usage }),
  };
}

function usageOver(first: Script['usage'], second: Script['usage']): Script['usage'] {
  if (typeof first !== 'object' || typeof second !== 'object') return second ?? first;
  return { ...first, ...second };
}

function readDirective(directive: string): Script {
  const words = argumentsOf(directive);
  const read = readers[words.name];
  if (read === undefined)
    throw new ScriptError(`Unknown directive "${words.name}". Known: ${Object.keys(readers).join(', ')}.`);
  const script = { lines: [], ...read(words) };
  const unread = words.unread();
  if (unread !== undefined) throw new ScriptError(`"${words.name}" does not know "${unread}".`);
  return script;
}

const one = (line: Line): Partial<Script> => ({ lines: [line] });

const readers: Readonly<Record<string, (words: Argument) => Partial<Script>>> = {
  echo: () => one({ say: 'echo' }),
  say: (words) => one({ say: 'exactly', text: words.whole() }),
  text: (words) => one({ say: 'text', words: words.count(50, 1_000_000), unicode: words.has('unicode') }),
  tool: readTool,
  think: (words) => one({ say: 'think', steps: words.count(3, 10_000), form: thoughtForm(words) }),
  image: () => one({ say: 'image' }),
  refuse: (words) =>
    words.has('prompt')
      ? { blocked: true, ending: 'filter' }
      : one({ say: 'refuse', text: words.text('text') ?? refusal }),
  finish: (words) => ({ ending: words.first('a reason') }),
  usage: (words) => ({ usage: words.has('none') ? 'none' : readUsage(words) }),
  json: (words) => one({ say: 'exactly', text: checkedJson(words.whole(), words.name) }),
  huge: (words) => one({ say: 'exactly', text: 'x'.repeat(words.count(2_000_000, 200_000_000)), whole: true }),

  status: (words) => ({ status: readComplaint(words, words.count(500)) }),
  overload: (words) => ({
    failure: { ...readComplaint(words, words.number('status') ?? 529), after: words.number('after') ?? 0 },
  }),
  cut: (words) => ({ cut: { bytes: words.count(0), clean: words.has('clean') } }),
  'no-terminal': () => ({ noTerminal: true }),
  malformed: (words) => ({ malformed: { after: words.number('after') ?? 1 } }),
  slow: (words) => ({ slow: words.count(1000) }),
  'slow-body': (words) => ({ slowBody: words.count(1000) }),
  stall: (words) => ({
    stall: { after: words.number('after') ?? 1, ms: words.number('for') ?? Number.POSITIVE_INFINITY },
  }),
  pace: (words) => ({ pace: words.count(20) }),
  'keep-alive': (words) => ({ keepAlive: Math.max(1, words.count(1000)) }),
  drip: (words) => ({ drip: { bytes: Math.max(1, words.count(1)), every: words.number('every') ?? 0 } }),
  hang: () => ({ hang: true }),
  empty: () => ({ empty: true }),
  html: (words) => ({ html: answerable(words.count(502)) }),
  header: (words) => ({ headers: readHeaders(words) }),
};

const refusal = "I'm sorry, but I can't help with that.";

function thoughtForm(words: Argument): 'shown' | 'hidden' | 'redacted' {
  // `think 3 steps` reads better, and says no more.
  words.has('steps');
  if (words.has('redacted')) return 'redacted';
  return words.has('hidden') ? 'hidden' : 'shown';
}

function readTool(words: Argument): Partial<Script> {
  const name = words.first('the name of a tool');
  const input = words.whole().slice(name.length).trim();
  return one(input === '' ? { say: 'call', name } : { say: 'call', name, input });
}

function checkedJson(text: string, name: string): string {
  try {
    parseJson(text);
  } catch {
    throw new ScriptError(`"${name}" needs JSON, not: ${text}`);
  }
  return text;
}

const counts = ['input', 'output', 'cached', 'written', 'reasoning'] as const;

function readUsage(words: Argument): Partial<Tokens> {
  const known = counts.flatMap((name) => {
    const count = words.number(name);
    return count === undefined ? [] : [[name, count] as const];
  });
  if (known.length === 0) throw new ScriptError(`"usage" needs one of ${counts.join('=, ')}=, or none.`);
  return Object.fromEntries(known);
}

function readComplaint(words: Argument, status: number): Complaint {
  const retryAfter = words.number('retry-after');
  const facts = ['message', 'type', 'code', 'param'].flatMap((name) => {
    const text = words.text(name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return {
    status: answerable(status),
    ...Object.fromEntries(facts),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

function answerable(status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new ScriptError(`${status} is no HTTP status to answer with.`);
}

/** What HTTP lets a header hold: no line ends, no character above one byte. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/;

function readHeaders(words: Argument): Readonly<Record<string, string>> {
  const headers = Object.entries(words.pairs());
  if (headers.length === 0) throw new ScriptError(`"${words.name}" needs a name and a value, such as x-name=value.`);
  for (const [name, value] of headers)
    if (!sendable.test(value)) throw new ScriptError(`"${words.name} ${name}" holds what no HTTP header can.`);
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}
