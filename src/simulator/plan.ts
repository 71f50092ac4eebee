// What to answer: the script where there is one, else what sense the request makes. Pure but for the prompt cache's memory.

import { type JsonObject, parseObject } from '../json.ts';
import type { PromptCache } from './prompt-cache.ts';
import { sample } from './sample.ts';
import { type Line, promptWithoutScript, type Script } from './script.ts';
import type { Ask, Ending, OfferedTool, Piece, Plan, Tokens } from './speaker.ts';
import { digest, prose, tokensOf, withinTokens } from './words.ts';

/** What an answer hangs on beside its request and script. */
interface PlanFacts {
  readonly seed: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly cache: PromptCache;
  /** The speaker's name for people. */
  readonly title: string;
}

/**
 * Decides the answer. The same request under the same seed gets the same answer, cache hits and the date aside, streamed or
 * not. Words hang on what the user said, directives aside, so that they are the same in every dialect and under
 * every fault; ids hang on the whole request.
 */
export function planAnswer(ask: Ask, script: Script, facts: PlanFacts): Plan {
  const { stream: _stream, stream_options: _options, ...body } = ask.body;
  const id = digest(facts.seed, ask.tongue, ask.model, JSON.stringify(body)).slice(0, 24);
  const words = digest(facts.seed, promptWithoutScript(ask.prompt));
  const lines = script.lines.length > 0 ? script.lines : ownLines(ask, script, words, facts.title);
  const wanted = script.blocked === true ? [] : lines.map((line, index) => pieceOf(line, ask, { id, words, index }));
  const { pieces, ending, met } = limited(wanted, ask);
  const usage = script.usage === 'none' ? undefined : usageOf(ask, pieces, script.usage ?? {}, facts.cache);
  return {
    id,
    created: Math.floor(facts.now / 1000),
    pieces,
    ending: script.ending ?? ending,
    ...(met === undefined ? {} : { met }),
    ...(script.blocked === true ? { blocked: true } : {}),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** The answer nobody scripted. */
function ownLines(ask: Ask, script: Script, words: string, title: string): readonly Line[] {
  if (script.blocked === true) return [];
  const thought: readonly Line[] = ask.thinks
    ? [{ say: 'think', steps: 2, form: ask.showsThoughts ? 'shown' : 'hidden' }]
    : [];
  const calls = callsWanted(ask);
  if (calls.length > 0) return [...thought, ...calls.map((tool): Line => ({ say: 'call', name: tool.name }))];
  return [...thought, { say: 'exactly', text: ownText(ask, words, title) }];
}

function ownText(ask: Ask, words: string, title: string): string {
  if (ask.json !== undefined) return JSON.stringify(sample(ask.json.schema ?? answerSchema, words));
  if (ask.results.length > 0) return `The tools answered. ${ask.results.map(quoted).join(' ')}`;
  const prompt = ownWords(ask.prompt);
  const heard = prompt === '' ? 'You said nothing' : `You said "${clipped(prompt)}"`;
  return `${heard} to ${ask.model}, and the simulator heard it as ${title}.`;
}

const answerSchema = { type: 'object', properties: { answer: { type: 'string' } } };
const quoted = (result: { readonly name: string; readonly text: string }): string =>
  `${result.name}: "${clipped(result.text)}".`;
const clipped = (text: string): string => (text.length > 500 ? `${text.slice(0, 500)}…` : text);

/** Forced tools, else those the prompt names; one only where parallel calls are off. */
function callsWanted(ask: Ask): readonly OfferedTool[] {
  const { choice, tools } = ask;
  if (choice === 'none' || tools.length === 0) return [];
  if (typeof choice === 'object') return tools.filter((tool) => tool.name === choice.name).slice(0, 1);
  const named = ask.results.length > 0 ? [] : tools.filter((tool) => mentions(ownWords(ask.prompt), tool.name));
  if (choice === 'required' && named.length === 0) return tools.slice(0, 1);
  return ask.parallel ? named : named.slice(0, 1);
}

/** What coding agents put beside the user's words, in tags such as `<system-reminder>`: it names tools, and wishes for none. */
const aside = /^<([a-z]+[-_][a-z_-]+)>[\s\S]*?<\/\1>\s*/gm;

/** What the user said: the prompt without its directives, and without a client's asides where anything else was said. */
function ownWords(prompt: string): string {
  const said = promptWithoutScript(prompt);
  return said.replace(aside, '').trim() || said;
}

function mentions(prompt: string, name: string): boolean {
  if (name === '') return false;
  const exact = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${exact}(?![\\w-])`, 'i').test(prompt);
}

interface Seeds {
  readonly id: string;
  readonly words: string;
  readonly index: number;
}

function pieceOf(line: Line, ask: Ask, seeds: Seeds): Piece {
  const seed = `${seeds.words}.${seeds.index}`;
  switch (line.say) {
    case 'echo':
      return { kind: 'text', text: promptWithoutScript(ask.prompt) };
    case 'exactly':
      return { kind: 'text', text: line.text, ...(line.whole === true ? { whole: true } : {}) };
    case 'text':
      return { kind: 'text', text: prose(line.words, seed, line.unicode) };
    case 'call':
      return callOf(line.name, line.input, ask, { seed, id: digest(seeds.id, String(seeds.index)) });
    case 'think':
      return { kind: 'think', text: thought(line.steps, seed), form: line.form };
    case 'image':
      return { kind: 'image', data: pixel, mediaType: 'image/png' };
    case 'refuse':
      return { kind: 'refusal', text: line.text };
  }
}

/** A PNG of one pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function thought(steps: number, seed: string): string {
  return Array.from({ length: steps }, (_, index) => `Step ${index + 1}: ${prose(6, `${seed}.${index}`)}.`).join(' ');
}

function callOf(
  name: string,
  input: string | undefined,
  ask: Ask,
  { seed, id: unique }: { readonly seed: string; readonly id: string },
): Piece {
  const tool = ask.tools.find((candidate) => candidate.name === name);
  const freeform = tool?.freeform === true;
  const made = freeform ? prose(5, seed) : JSON.stringify(sample(tool?.schema ?? { type: 'object' }, seed));
  const id = unique.slice(0, 20);
  const call = { kind: 'call', id, name, input: input ?? made, freeform } as const;
  return tool?.namespace === undefined ? call : { ...call, namespace: tool.namespace };
}

interface Limited {
  readonly pieces: readonly Piece[];
  readonly ending: Ending;
  readonly met?: string;
}

/** Cuts the answer at the first stop sequence and at the token limit, and says how it therefore ends. */
function limited(pieces: readonly Piece[], ask: Ask): Limited {
  let left = ask.maxTokens ?? Number.POSITIVE_INFINITY;
  const kept: Piece[] = [];
  for (const piece of pieces) {
    const stopped = piece.kind === 'text' ? stoppedAt(piece.text, ask.stops) : undefined;
    const said = stopped === undefined ? piece : { ...piece, text: stopped.text };
    const cost = costOf(said);
    if (cost > left) return { pieces: [...kept, ...shortened(said, left)], ending: 'length' };
    left -= cost;
    kept.push(said);
    if (stopped !== undefined) return { pieces: kept, ending: 'sequence', met: stopped.met };
  }
  return { pieces: kept, ending: endingOf(kept) };
}

function endingOf(pieces: readonly Piece[]): Ending {
  if (pieces.some((piece) => piece.kind === 'call')) return 'tool';
  return pieces.some((piece) => piece.kind === 'refusal') ? 'refusal' : 'stop';
}

function stoppedAt(
  text: string,
  stops: readonly string[],
): { readonly text: string; readonly met: string } | undefined {
  const hits = stops.filter((stop) => stop !== '' && text.includes(stop));
  const [met] = hits.sort((left, right) => text.indexOf(left) - text.indexOf(right));
  return met === undefined ? undefined : { text: text.slice(0, text.indexOf(met)), met };
}

/** What is left of a piece that the limit cut: text to its last whole word; calls and images not at all. */
function shortened(piece: Piece, limit: number): readonly Piece[] {
  if (piece.kind !== 'text' && piece.kind !== 'think') return [];
  const text = withinTokens(piece.text, limit);
  return text === '' ? [] : [{ ...piece, text }];
}

function costOf(piece: Piece): number {
  switch (piece.kind) {
    case 'text':
      // One huge event tests readers, not limits.
      return piece.whole === true ? 0 : tokensOf(piece.text);
    case 'think':
    case 'refusal':
      return tokensOf(piece.text);
    case 'call':
      return tokensOf(piece.name) + tokensOf(piece.input);
    case 'image':
      return 258;
  }
}

function usageOf(ask: Ask, pieces: readonly Piece[], scripted: Partial<Tokens>, cache: PromptCache): Tokens {
  const cost = (wanted: (piece: Piece) => boolean): number =>
    pieces.filter(wanted).reduce((sum, piece) => sum + costOf(piece), 0);
  const reasoning = scripted.reasoning ?? cost((piece) => piece.kind === 'think');
  const output = scripted.output ?? reasoning + cost((piece) => piece.kind !== 'think');
  const input = scripted.input ?? countInput(ask);
  const known = cache.consult(ask);
  const cached = scripted.cached ?? Math.min(known.cached, input);
  const written = scripted.written ?? Math.min(known.written, input - Math.min(cached, input));
  return { input, cached, written, reasoning, output };
}

/** The tokens of a request, as the counting endpoints and the bill say. */
export function countInput(ask: Ask): number {
  return 3 + tokensOf(ask.text);
}

/** The input of a call as an object, for the dialects that carry one; text that is none stands under `input`. */
export function inputObject(input: string): JsonObject {
  return parseObject(input) ?? { input };
}
