// Turns as `instructions` and an `input` list, for a history that was made acceptable before.

import type {
  ForeignPart,
  MediaPart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from '../../ir/request.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import type { ClientSpeech } from './builtin.ts';
import { encodeInput, encodeOutputText } from './content.ts';
import { cacheLoss } from './tools.ts';
import { callTypes, type InputContent, type OutputContent } from './wire.ts';

interface Writing {
  readonly items: JsonObject[];
  readonly speech: ClientSpeech;
  /** Names of the tools by the ids of their calls: outputs of built-in tools are told apart by them. */
  readonly names: Map<string, string>;
  readonly report: Report;
}

/** The system text at the head of a conversation goes to `instructions`; all else stays where it was said. */
export function encodeTurns(
  turns: readonly Turn[],
  speech: ClientSpeech,
  report: Report,
): { readonly instructions?: string; readonly input: JsonObject[] } {
  const writing: Writing = { items: [], speech, names: new Map(), report };
  const instructions = headText(turns[0]);
  const rest = instructions === undefined ? turns : turns.slice(1);
  if (instructions !== undefined && turns[0]?.parts.some((part) => 'cache' in part)) report(cacheLoss);
  for (const turn of rest) {
    if (turn.role === 'assistant') encodeAssistant(turn.parts, writing);
    else encodeHeard(turn, writing);
  }
  if (writing.items.length === 0) return { input: [onlyItem(turns[0], instructions ?? '')] };
  return { ...(instructions !== undefined && { instructions }), input: writing.items };
}

/** The service refuses an input without items, also beside instructions. */
function onlyItem(turn: Turn | undefined, text: string): JsonObject {
  return {
    type: 'message',
    role: turn?.role === 'system' ? 'system' : 'user',
    content: [{ type: 'input_text', text }],
  };
}

function headText(turn: Turn | undefined): string | undefined {
  if (turn?.role !== 'system' || turn.developer) return undefined;
  const texts = turn.parts.filter((part) => part.type === 'text');
  return texts.length === turn.parts.length ? texts.map(({ text }) => text).join('\n\n') : undefined;
}

/** A user's or system turn: results are items of their own, in their place among the messages. */
function encodeHeard(turn: Turn, writing: Writing): void {
  const role = turn.role === 'system' ? (turn.developer ? 'developer' : 'system') : 'user';
  let content: InputContent[] = [];
  const flush = () => {
    if (content.length > 0) writing.items.push({ type: 'message', role, content });
    content = [];
  };
  for (const part of turn.parts) {
    reportCache(part, writing);
    if (part.type === 'text' || part.type === 'media') content.push(...encodeInput(part, writing.report));
    else {
      flush();
      if (part.type === 'tool-result') writing.items.push(encodeResult(part, writing));
      else if (part.type === 'foreign') encodeForeign(part, writing);
    }
  }
  flush();
}

function encodeResult(part: ToolResultPart, writing: Writing): JsonObject {
  for (const each of part.content) reportCache(each, writing);
  const content = part.content.filter((each) => each.type === 'text' || each.type === 'media');
  const told = part.failed ? withFailure(content) : content;
  const [only] = told;
  const plain = told.length === 0 ? '' : told.length === 1 && only?.type === 'text' ? only.text : undefined;
  const name = writing.names.get(part.id) ?? part.name;
  const builtin = plain === undefined ? undefined : writing.speech.output(name, part.id, plain, part.failed ?? false);
  if (builtin) return builtin;
  return {
    type: part.freeform ? 'custom_tool_call_output' : 'function_call_output',
    call_id: part.id,
    output: plain ?? told.flatMap((each) => encodeInput(each, writing.report)),
  };
}

/** No member says that a tool failed; its text must. */
function withFailure(content: readonly (TextPart | MediaPart)[]): readonly (TextPart | MediaPart)[] {
  const [first, ...rest] = content;
  if (first?.type !== 'text') return [{ type: 'text', text: 'Error' }, ...content];
  return /error|fail/i.test(first.text) ? content : [{ ...first, text: `Error: ${first.text}` }, ...rest];
}

function encodeAssistant(parts: readonly Part[], writing: Writing): void {
  let content: OutputContent[] = [];
  const flush = () => {
    if (content.length > 0) writing.items.push({ type: 'message', role: 'assistant', content });
    content = [];
  };
  for (const part of parts) {
    reportCache(part, writing);
    if (part.type === 'text') content.push(encodeOutputText(part, writing.report));
    else {
      flush();
      encodeSaid(part, writing);
    }
  }
  flush();
}

function encodeSaid(part: Exclude<Part, TextPart>, writing: Writing): void {
  if (part.type === 'reasoning') encodeReasoning(part, writing);
  else if (part.type === 'tool-call') writing.items.push(encodeCall(part, writing));
  else if (part.type === 'foreign') encodeForeign(part, writing);
  else if (part.type === 'media') encodeMade(part, writing);
}

/** `repair` leaves only thoughts with a seal: nothing is stored, and the service refuses what it cannot open. */
function encodeReasoning({ seal, text }: ReasoningPart, { items }: Writing): void {
  const summary = text === '' ? [] : [{ type: 'summary_text', text }];
  if (seal) items.push({ type: 'reasoning', summary, encrypted_content: seal.token });
}

function encodeCall(part: ToolCallPart, { names, speech }: Writing): JsonObject {
  names.set(part.id, part.name);
  const builtin = part.freeform ? undefined : speech.call(part.name, part.id, part.input);
  if (builtin) return { ...builtin, status: 'completed' };
  const type = part.freeform ? 'custom_tool_call' : 'function_call';
  return {
    type,
    call_id: part.id,
    name: part.name,
    ...(part.namespace !== undefined && { namespace: part.namespace }),
    [callTypes[type]]: part.freeform ? part.input : part.input || '{}',
  };
}

/** Of this dialect, since `repair` has told those of others in words. */
function encodeForeign({ value }: ForeignPart, { items }: Writing): void {
  if (isObject(value)) items.push(value);
}

/** An image that the model made. */
function encodeMade({ mediaType, source }: MediaPart, { items, report }: Writing): void {
  if (!mediaType.startsWith('image/') || !('data' in source)) {
    report({
      what: 'media_history',
      why: 'Only inline images can stand among what the model said; others were left out.',
    });
    return;
  }
  const id = `ig_${items.length}`;
  items.push({ type: 'image_generation_call', id, status: 'completed', result: source.data });
}

function reportCache(part: Part, { report }: Writing): void {
  if ('cache' in part && part.cache) report(cacheLoss);
}
