// Items of the vendor's own tools: those that the client runs (shell, patches), which are calls like any other under other names,
// and those that the vendor ran, which only mean something elsewhere.

import type { HostedTool, Meaning, MediaPart, Tool, ToolCallPart } from '../../ir/request.ts';
import {
  asNumber,
  asObject,
  asString,
  compact,
  type Json,
  type JsonObject,
  objects,
  parseObject,
  strings,
} from '../../json.ts';
import { decodeContent } from './content.ts';
import { dialectId } from './wire.ts';

/** A tool that the client runs: how its call items say what a function call says in `arguments`. */
interface ClientTool {
  /** The `type` of the tool's definition; also the name of the function it becomes for other vendors' models. */
  readonly tool: string;
  readonly call: string;
  readonly output: string;
  /** The arguments, of a call item. */
  readonly input: (item: JsonObject) => JsonObject;
  /** The members of a call item, of the arguments. */
  readonly members: (input: JsonObject) => JsonObject;
}

const clientTools: readonly ClientTool[] = [
  {
    tool: 'local_shell',
    call: 'local_shell_call',
    output: 'local_shell_call_output',
    input: (item) => {
      const { type: _, ...action } = asObject(item.action) ?? {};
      return action;
    },
    members: (input) => ({ action: { type: 'exec', ...input, env: input.env ?? {} } }),
  },
  {
    tool: 'shell',
    call: 'shell_call',
    output: 'shell_call_output',
    input: (item) => asObject(item.action) ?? {},
    members: (input) => ({ action: input }),
  },
  {
    tool: 'apply_patch',
    call: 'apply_patch_call',
    output: 'apply_patch_call_output',
    input: (item) => ({ operation: item.operation ?? {} }),
    members: (input) => ({ operation: input.operation ?? input }),
  },
  {
    tool: 'tool_search',
    call: 'tool_search_call',
    output: 'tool_search_output',
    input: (item) => asObject(item.arguments) ?? {},
    members: (input) => ({ execution: 'client', arguments: input }),
  },
];

/** A search for tools is the vendor's own unless it says that the client runs it. */
export function isVendorRun({ type, execution }: JsonObject): boolean {
  return String(type).startsWith('tool_search') && execution !== 'client';
}

/** Whether an item is a call which the client must answer. */
export function isClientCall(item: JsonObject): boolean {
  return clientTools.some(({ call }) => call === item.type) && !isVendorRun(item);
}

/** A call item of a tool that the client runs, as a call. */
export function decodeClientCall(item: JsonObject): ToolCallPart | undefined {
  const row = clientTools.find(({ call }) => call === item.type);
  if (!row || isVendorRun(item)) return undefined;
  return {
    type: 'tool-call',
    id: asString(item.call_id) || asString(item.id) || '',
    name: row.tool,
    input: JSON.stringify(row.input(item)),
  };
}

/** Whether an item answers a call of a tool that the client runs. */
export function isClientOutput(item: JsonObject): boolean {
  return clientTools.some(({ output }) => output === item.type) && !isVendorRun(item);
}

/** What such an output says, as text; `failed` where it says so. */
export function readClientOutput(item: JsonObject): { readonly text: string; readonly failed: boolean } {
  const failed = item.status === 'failed';
  const { output } = item;
  if (typeof output === 'string') return { text: output, failed };
  if (item.type === 'tool_search_output') return { text: foundTools(item), failed };
  return { text: objects(output).map(shellOutput).join('\n'), failed };
}

/** What a search found stands among the tools from then on: told are the names, as they are where there are no namespaces. */
function foundTools({ tools }: JsonObject): string {
  const names = objects(tools).flatMap((tool) => {
    const name = asString(tool.name) ?? '';
    if (tool.type !== 'namespace') return name;
    return objects(tool.tools).map((inner) => `${name.replace(/__$/, '')}__${asString(inner.name)}`);
  });
  return names.length > 0 ? `These tools can be called now: ${names.join(', ')}.` : 'No tools were found.';
}

function shellOutput(result: JsonObject): string {
  const outcome = asObject(result.outcome);
  const code = asNumber(outcome?.exit_code);
  const ending = outcome?.type === 'timeout' ? 'Timed out.' : code ? `Exit code ${code}.` : '';
  return [asString(result.stdout), asString(result.stderr), ending].filter(Boolean).join('\n');
}

/** How a call or its answer is said, where its name is that of a declared tool that the client runs. */
export interface ClientSpeech {
  /** The call's item, without `id` and `status`. */
  call(name: string, id: string, input: string): JsonObject | undefined;
  /** The answer's item. */
  output(name: string | undefined, id: string, text: string, failed: boolean): JsonObject | undefined;
}

/** Of the tools as the wire has them (a client's body), or as the IR has them. */
export function clientSpeech(types: readonly string[]): ClientSpeech {
  const rowOf = (name: string | undefined) => clientTools.find(({ tool }) => tool === name && types.includes(tool));
  return {
    call(name, id, input) {
      const row = rowOf(name);
      const members = row && parseObject(input);
      return row && members && { type: row.call, call_id: id, ...row.members(members) };
    },
    output(name, id, text, failed) {
      const row = rowOf(name);
      if (!row) return undefined;
      const told = { type: row.output, call_id: id };
      if (row.tool === 'shell') return { ...told, output: [shellResult(text, failed)] };
      if (row.tool === 'apply_patch') return { ...told, status: failed ? 'failed' : 'completed', output: text };
      return { type: row.output, id, output: text };
    },
  };
}

function shellResult(stdout: string, failed: boolean): JsonObject {
  return { stdout, stderr: '', outcome: { type: 'exit', exit_code: failed ? 1 : 0 } };
}

/** The wire types of the built-in tools that a body declares. */
export function builtinTypesOf(tools: Json | undefined): string[] {
  return objects(tools).flatMap((tool) => asString(tool.type) ?? []);
}

/** The wire types of this dialect's own hosted tools. */
export function ownHostedTypes(tools: readonly Tool[]): string[] {
  return tools
    .filter((tool): tool is HostedTool => tool.type === 'hosted' && tool.origin === dialectId)
    .map((tool) => tool.wireType);
}

/** xAI shows the inner steps of its own search as calls; they were run already and nobody must answer them. */
export function isInnerCall(item: JsonObject): boolean {
  return asString(item.call_id)?.startsWith('xs_call') ?? false;
}

/** What an item of a tool that the vendor ran means elsewhere; undefined where it means nothing there. */
export function decodeMeaning(item: JsonObject): Meaning | undefined {
  const id = asString(item.id) ?? asString(item.call_id);
  const meaning = readMeaning(item);
  const failed = item.status === 'failed' || Boolean(item.error);
  return meaning && { ...meaning, ...(id !== undefined && { id }), ...(failed && { failed }) };
}

function readMeaning(item: JsonObject): Meaning | undefined {
  if (isInnerCall(item))
    return compact({ tool: 'web-search', input: asString(item.arguments) ?? asString(item.input) });
  switch (item.type) {
    case 'web_search_call':
      return searchMeaning(asObject(item.action) ?? {});
    case 'file_search_call':
      return compact({
        tool: 'file-search',
        input: strings(item.queries).join(', ') || undefined,
        output:
          objects(item.results)
            .flatMap((result) => asString(result.text) ?? [])
            .join('\n') || undefined,
      });
    case 'code_interpreter_call':
      return compact({
        tool: 'code-execution',
        input: asString(item.code),
        output:
          objects(item.outputs)
            .flatMap((output) => asString(output.logs) ?? [])
            .join('\n') || undefined,
      });
    case 'mcp_call':
      return compact({
        tool: 'mcp',
        input: `${asString(item.name) ?? ''}(${asString(item.arguments) ?? ''})`,
        output: asString(item.output) || errorText(item.error),
      });
    case 'computer_call':
      return { tool: 'computer', input: JSON.stringify(item.actions ?? item.action ?? {}) };
    case 'computer_call_output':
      return compact({ tool: 'computer', shown: screenshot(asObject(item.output) ?? {}) });
    default:
      return undefined;
  }
}

function screenshot(output: JsonObject): MediaPart | undefined {
  const [part] = decodeContent([{ ...output, type: 'input_image' }], 'output');
  return part?.type === 'media' ? part : undefined;
}

/** What an MCP server said when it failed: a text, or an object with one. */
function errorText(error: Json | undefined): string | undefined {
  const told = asObject(error);
  const texts = objects(told?.content).flatMap((piece) => asString(piece.text) ?? []);
  return asString(error) ?? (texts.join('\n') || asString(told?.message));
}

function searchMeaning(action: JsonObject): Meaning {
  const links = objects(action.sources).flatMap((source) => {
    const url = asString(source.url);
    return url === undefined ? [] : [{ url }];
  });
  const queries = strings(action.queries).join(', ');
  return compact({
    tool: 'web-search',
    input: asString(action.query) ?? (queries || undefined) ?? asString(action.url),
    links: links.length > 0 ? links : undefined,
  });
}

/** A foreign vendor's tool run as an item of this dialect, without `id`; undefined where it has no such item. */
export function encodeMeaning(meaning: Meaning): JsonObject | undefined {
  if (meaning.tool === 'web-search') {
    const sources = meaning.links?.map(({ url }) => ({ type: 'url', url }));
    const action = { type: 'search', query: meaning.input ?? '', ...(sources && { sources }) };
    return { type: 'web_search_call', status: meaning.failed ? 'failed' : 'completed', action };
  }
  if (meaning.tool === 'code-execution') {
    const outputs = meaning.output === undefined ? [] : [{ type: 'logs', logs: meaning.output }];
    const status = meaning.failed ? 'failed' : 'completed';
    return { type: 'code_interpreter_call', status, code: meaning.input ?? '', container_id: '', outputs };
  }
  return undefined;
}

/** How ids begin that the gateway gives to thoughts: told from OpenAI's own, which it can find in its store. */
export const ownThought = 'rs_gateway_';

/** Ids begin with what the item is. */
export const idPrefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: ownThought.slice(0, -1),
  function_call: 'fc',
  custom_tool_call: 'ctc',
  local_shell_call: 'lsh',
  shell_call: 'sh',
  apply_patch_call: 'apc',
  tool_search_call: 'tsc',
  web_search_call: 'ws',
  code_interpreter_call: 'ci',
  image_generation_call: 'ig',
};
