// The `input` list as turns. Items of one speaker in a row are one turn where that speaker is the model or the client's tools;
// messages of a user or of the system stay apart, as they were sent.

import { argumentText } from '../../ir/arguments.ts';
import type { Part, ToolCallPart, ToolResultPart, Turn } from '../../ir/request.ts';
import { asArray, asString, isObject, type Json, type JsonObject, objects } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { expectShape, object, type Shapes, text } from '../shape.ts';
import { decodeClientCall, decodeMeaning, isClientOutput, readClientOutput } from './builtin.ts';
import { decodeContent } from './content.ts';
import { fault, misshapen } from './error.ts';
import { readSlot } from './slot.ts';
import { dialectId } from './wire.ts';

/** Turns under construction. */
interface Draft {
  readonly turns: { role: Turn['role']; developer?: boolean; parts: Part[] }[];
  /** Whether the last turn holds tool results only, and so takes the next one. */
  answering: boolean;
  readonly report: Report;
}

/** Reads `instructions` and `input`. Throws `bad-request` with the path of an item that cannot be read. */
export function decodeInput(instructions: Json | undefined, input: Json | undefined, report: Report): Turn[] {
  const draft: Draft = { turns: [], answering: false, report };
  if (instructions !== undefined && instructions !== null && instructions !== '') {
    // A stored response echoes instructions as a list of items; clients that copy them back send that list.
    if (typeof instructions === 'string') say(draft, 'system', [{ type: 'text', text: instructions }]);
    else decodeItems(draft, instructions, 'instructions');
  }
  if (typeof input === 'string') say(draft, 'user', [{ type: 'text', text: input }]);
  else if (input !== undefined && input !== null) decodeItems(draft, input, 'input');
  if (draft.turns.length === 0) throw fault('input', 'is missing. Send a text or a list of items.');
  return draft.turns;
}

function decodeItems(draft: Draft, value: Json, path: string): void {
  const items = isObject(value) ? [value] : asArray(value);
  if (!items) throw fault(path, 'must be a string or a list of items.');
  items.forEach((item, index) => {
    if (typeof item === 'string') say(draft, 'user', [{ type: 'text', text: item }]);
    else if (isObject(item)) decodeItem(draft, item, `${path}[${index}]`);
    else throw fault(`${path}[${index}]`, 'must be an item, an object with a type or a role.');
  });
}

/** A turn of its own. */
function say(draft: Draft, role: Turn['role'], parts: Part[], developer = false): void {
  draft.turns.push({ role, ...(developer && { developer }), parts });
  draft.answering = false;
}

/** Adds to what the model said last, if nobody spoke since. */
function continueAssistant(draft: Draft, ...parts: Part[]): void {
  const last = draft.turns.at(-1);
  if (last?.role === 'assistant') last.parts.push(...parts);
  else say(draft, 'assistant', parts);
}

/** Adds to the results that were given last. */
function answer(draft: Draft, part: Part): void {
  if (draft.answering) draft.turns.at(-1)?.parts.push(part);
  else say(draft, 'user', [part]);
  draft.answering = true;
}

type Read = (draft: Draft, item: JsonObject, path: string, type: string) => void;

const readers: Readonly<Record<string, Read>> = {
  message: decodeMessage,
  agent_message: decodeAgentMessage,
  reasoning: decodeReasoning,
  function_call: (draft, item, path) => continueAssistant(draft, decodeCall(item, path)),
  custom_tool_call: (draft, item, path) => continueAssistant(draft, decodeCall(item, path)),
  function_call_output: (draft, item, path, type) => answer(draft, decodeOutput(item, type, path)),
  custom_tool_call_output: (draft, item, path, type) => answer(draft, decodeOutput(item, type, path)),
  image_generation_call: decodeImageCall,
  // Read with the tools.
  additional_tools: () => {},
  compaction: refuseCompaction,
  compaction_summary: refuseCompaction,
  compaction_trigger: refuseTrigger,
  item_reference: (_draft, _item, path) => {
    const message = 'refers to a stored item that is not known here. Send the item itself.';
    throw fault(path, message, 'previous_response_not_found');
  },
};

function decodeItem(draft: Draft, item: JsonObject, path: string): void {
  const type = typeOf(item);
  if (type === undefined) throw fault(`${path}.type`, 'an item needs a type, or a role.');
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (read) read(draft, item, path, type);
  else decodeBuiltin(draft, item, type);
}

function refuseCompaction(_draft: Draft, _item: JsonObject, path: string, type: string): void {
  throw fault(path, `an item of type '${type}' can be read by the vendor's own models only.`, 'unsupported_item');
}

/** Codex sends it through its own provider once a conversation is long; through another one it compacts by itself. */
function refuseTrigger(_draft: Draft, _item: JsonObject, path: string): void {
  const message =
    "asks the service to compact the conversation, which only the vendor's own models can. In Codex, set the gateway up as a provider under model_providers: it then compacts by itself.";
  throw fault(path, message, 'unsupported_item');
}

/** Messages need no type; an item that is nothing but an id is a reference. */
function typeOf(item: JsonObject): string | undefined {
  const type = asString(item.type);
  if (type !== undefined) return type;
  if (item.role !== undefined) return 'message';
  return typeof item.id === 'string' ? 'item_reference' : undefined;
}

function decodeMessage(draft: Draft, item: JsonObject, path: string): void {
  const { role } = item;
  const parts = decodeContent(item.content, `${path}.content`);
  if (role === 'assistant') {
    if (item.phase)
      draft.report({ what: 'phase', why: 'Only OpenAI Responses tells commentary from the final answer.' });
    continueAssistant(draft, ...parts);
  } else if (role === 'user') say(draft, 'user', parts);
  else if (role === 'system' || role === 'developer') say(draft, 'system', parts, role === 'developer');
  else throw fault(`${path}.role`, "must be 'user', 'assistant', 'system' or 'developer'.");
}

/**
 * What one agent tells another, as Codex gives a sub-agent its task. The service encrypts what its own models write there; what
 * another vendor's model wrote comes back in the same member as it was written, and only the service's token is of no use here.
 */
function decodeAgentMessage(draft: Draft, item: JsonObject, path: string): void {
  draft.report({
    what: 'agent_message',
    why: 'Only OpenAI Responses carries messages between agents; their words were sent as the user’s.',
  });
  const content = asArray(item.content)?.flatMap((part): Json[] => {
    if (!isObject(part) || part.type !== 'encrypted_content') return [part];
    const text = asString(part.encrypted_content) ?? '';
    if (!encrypted.test(text)) return [{ type: 'input_text', text }];
    draft.report({
      what: 'agent_message_encrypted',
      why: 'What an agent told another is encrypted for the vendor’s own models; it was left out.',
    });
    return [];
  });
  say(draft, 'user', decodeContent(content ?? item.content, `${path}.content`));
}

const encrypted = /^gAAAA[\w-]+=*$/;

/** The text of a reasoning item: its summary, or where there is none the thought itself. */
export function reasoningText(item: JsonObject): string {
  const texts = (list: Json | undefined) => objects(list).flatMap((part) => asString(part.text) || []);
  const summary = texts(item.summary);
  return (summary.length > 0 ? summary : texts(item.content)).join('\n\n');
}

const thoughtShapes: Shapes = { summary: [object], content: [object], encrypted_content: text };

function decodeReasoning(draft: Draft, item: JsonObject, path: string): void {
  expectShape(item, thoughtShapes, path, misshapen);
  const thought = reasoningText(item);
  const slot = asString(item.encrypted_content);
  const { seal, use } = slot ? readSlot(slot) : {};
  const turn = draft.turns.at(-1);
  const owner = turn?.role === 'assistant' ? turn.parts.at(-1) : undefined;
  if (seal && use === 'part' && turn && (owner?.type === 'text' || owner?.type === 'tool-call') && !owner.seal)
    turn.parts[turn.parts.length - 1] = { ...owner, seal };
  else
    continueAssistant(draft, {
      type: 'reasoning',
      text: thought,
      ...(seal && { seal }),
      ...(use === 'redacted' && { redacted: true }),
    });
}

function decodeCall(item: JsonObject, path: string): ToolCallPart {
  const call = readCall(item);
  if (!call) throw fault(`${path}.name`, 'a call needs the name of its tool.');
  return call;
}

/** The call of a `function_call` or `custom_tool_call` item; undefined where it names no tool. */
export function readCall(item: JsonObject): ToolCallPart | undefined {
  const freeform = item.type === 'custom_tool_call';
  const name = asString(item.name);
  if (!name) return undefined;
  const namespace = asString(item.namespace);
  return {
    type: 'tool-call',
    id: asString(item.call_id) || asString(item.id) || '',
    name,
    ...(namespace && { namespace }),
    input: argumentText(freeform ? item.input : item.arguments),
    ...(freeform && { freeform }),
  };
}

function decodeOutput(item: JsonObject, type: string, path: string): ToolResultPart {
  const { output } = item;
  const bare = isObject(output) && output.type === undefined;
  const name = asString(item.name);
  return {
    type: 'tool-result',
    id: asString(item.call_id) ?? '',
    ...(name && { name }),
    content: bare ? [{ type: 'text', text: JSON.stringify(output) }] : decodeContent(output, `${path}.output`),
    ...(type === 'custom_tool_call_output' && { freeform: true }),
  };
}

function decodeImageCall(draft: Draft, item: JsonObject): void {
  const part = readImage(item);
  if (part) continueAssistant(draft, part);
}

/** The image that a call made; undefined where it made none. */
export function readImage(item: JsonObject): Part | undefined {
  const data = asString(item.result);
  if (!data) return undefined;
  const format = asString(item.output_format) ?? 'png';
  return { type: 'media', mediaType: `image/${format === 'svg' ? 'svg+xml' : format}`, source: { data } };
}

/** Answers that the client gives to tools which mean nothing to other vendors. */
const clientAnswers = ['computer_call_output', 'tool_search_output', 'mcp_approval_response'];

function decodeBuiltin(draft: Draft, item: JsonObject, type: string): void {
  const call = decodeClientCall(item);
  if (call) continueAssistant(draft, call);
  else if (isClientOutput(item)) answer(draft, decodeClientOutput(item));
  else {
    const meaning = decodeMeaning(item);
    const part: Part = { type: 'foreign', origin: dialectId, value: item, ...(meaning && { meaning }) };
    if (clientAnswers.includes(type)) answer(draft, part);
    else continueAssistant(draft, part);
  }
}

function decodeClientOutput(item: JsonObject): ToolResultPart {
  const { text, failed } = readClientOutput(item);
  const id = asString(item.call_id) || asString(item.id) || '';
  return { type: 'tool-result', id, content: [{ type: 'text', text }], ...(failed && { failed }) };
}

/** The tool lists that stand within the input: added in the middle of a conversation, or found by a search for tools. */
export function toolListsOf(input: Json | undefined): [path: string, list: Json | undefined][] {
  return (asArray(input) ?? []).flatMap((item, index): [string, Json | undefined][] => {
    if (!isObject(item)) return [];
    if (item.type === 'additional_tools') return [[`input[${index}].tools`, item.tools]];
    return item.type === 'tool_search_output' ? [[`input[${index}].tools`, found(item.tools)]] : [];
  });
}

/** What was found is deferred no more. */
function found(tools: Json | undefined): Json | undefined {
  return asArray(tools)?.map((tool) => {
    if (!isObject(tool)) return tool;
    const { defer_loading: _, ...loaded } = tool;
    return loaded.type === 'namespace' ? { ...loaded, tools: found(loaded.tools) ?? null } : loaded;
  });
}
