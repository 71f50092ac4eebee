// Tool definitions and the choice among them, both ways.

import { badRequest } from '../../errors.ts';
import { answersTo, boundsOf, forcesTool, namesHosted, readLocation } from '../../ir/hosted.ts';
import type {
  ChatRequest,
  FunctionTool,
  HostedKind,
  HostedTool,
  SearchOptions,
  Tool,
  ToolChoice,
} from '../../ir/request.ts';
import {
  asArray,
  asBoolean,
  asNumber,
  asObject,
  asString,
  compact,
  type Json,
  type JsonObject,
  strings,
} from '../../json.ts';
import type { Report } from '../../loss.ts';
import { expectShape, flag, number, object, type Shapes, text } from '../shape.ts';
import { decodeMark, mark } from './cache.ts';
import { constrainedSchema } from './constrained-schema.ts';
import { invalid, misshapen } from './content-decode.ts';
import { inputSchema } from './schema.ts';
import { dialectId, type Markable, type OtherBlock, type ToolChoiceValue, type ToolDefinition } from './wire.ts';

/** Anthropic's built-in tools by the start of their dated `type`. */
const kinds: readonly (readonly [string, HostedKind])[] = [
  ['web_search_', 'web-search'],
  ['web_fetch_', 'web-fetch'],
  ['code_execution_', 'code-execution'],
  ['bash_', 'shell'],
  ['text_editor_', 'text-editor'],
  ['computer_', 'computer'],
  ['browser_', 'computer'],
  ['memory_', 'memory'],
  ['tool_search_tool_', 'tool-search'],
  ['mcp_toolset', 'mcp'],
];

/** Members of a function tool that only Anthropic acts on. Not `eager_input_streaming`: others stream arguments as they come anyway. */
const extras = ['defer_loading', 'allowed_callers', 'input_examples'];

const toolShapes: Shapes = { type: text, description: text, input_schema: object, strict: flag, cache_control: object };
const searchShapes: Shapes = {
  allowed_domains: [text],
  blocked_domains: [text],
  max_uses: number,
  user_location: object,
};

/** wire → IR; an unknown `type` is a hosted tool of kind `other`. Throws `bad-request` for no object, or a function without a name. */
export function decodeTools(tools: Json | undefined, report: Report): Tool[] {
  if (tools === undefined || tools === null) return [];
  const list = asArray(tools);
  if (!list) throw invalid('tools', 'an array is expected');
  return list.map((tool, index) => {
    const where = `tools[${index}]`;
    const value = asObject(tool);
    if (!value) throw invalid(where, 'a tool must be an object');
    expectShape(value, toolShapes, where, misshapen);
    const type = asString(value.type) ?? 'custom';
    return type === 'custom' ? decodeFunction(value, where, report) : decodeHosted(value, type, where);
  });
}

function decodeFunction(value: JsonObject, where: string, report: Report): FunctionTool {
  const name = asString(value.name);
  if (name === undefined || name === '') throw invalid(`${where}.name`, 'a tool needs a name');
  for (const what of extras)
    if (value[what]) report({ what, why: `Only Anthropic knows ${what} on a tool; the tool is offered plainly.` });
  return compact({
    type: 'function',
    name,
    description: asString(value.description),
    parameters: asObject(value.input_schema),
    strict: asBoolean(value.strict),
    ...decodeMark(value),
  });
}

function decodeHosted(value: JsonObject, wireType: string, where: string): HostedTool {
  const kind = kinds.find(([start]) => wireType.startsWith(start))?.[1] ?? 'other';
  if (kind === 'web-search') expectShape(value, searchShapes, where, misshapen);
  return compact({
    type: 'hosted',
    kind,
    wireType,
    name: asString(value.name),
    origin: dialectId,
    value,
    search: kind === 'web-search' ? decodeSearch(value) : undefined,
    bounds: boundsOf(value, kind === 'web-search' ? searchMembers : ['type', 'name']),
  });
}

const searchMembers = ['type', 'name', 'allowed_domains', 'blocked_domains', 'max_uses', 'user_location'];

function decodeSearch(value: JsonObject): SearchOptions {
  const allowedDomains = strings(value.allowed_domains);
  const blockedDomains = strings(value.blocked_domains);
  return compact({
    allowedDomains: allowedDomains.length > 0 ? allowedDomains : undefined,
    blockedDomains: blockedDomains.length > 0 ? blockedDomains : undefined,
    maxUses: asNumber(value.max_uses),
    location: readLocation(value.user_location),
  });
}

/** wire → IR; empty where nothing was said. Throws `bad-request` for an unknown `type`, or a `tool` that is not named. */
export function decodeChoice(choice: Json | undefined): Pick<ChatRequest, 'toolChoice' | 'parallelToolCalls'> {
  if (choice === undefined || choice === null) return {};
  const value = asObject(choice);
  if (!value) throw invalid('tool_choice', 'an object with a type is expected');
  expectShape(value, { disable_parallel_tool_use: flag }, 'tool_choice', misshapen);
  const toolChoice = choiceOf(value);
  return {
    ...(toolChoice && { toolChoice }),
    ...(value.disable_parallel_tool_use === true && { parallelToolCalls: false }),
  };
}

function choiceOf(value: JsonObject): ToolChoice | undefined {
  if (value.type === 'auto' || value.type === 'none') return value.type;
  if (value.type === 'any') return 'required';
  const name = asString(value.name);
  if (value.type === 'tool' && name) return { name };
  throw invalid('tool_choice', 'a type of auto, any, none, or tool with a name is expected');
}

/** The tools that may be called, and the choice among them; neither where there is none. */
export function encodeTools(
  request: ChatRequest,
  marks: Markable[],
  report: Report,
): { tools?: ToolDefinition[]; tool_choice?: ToolChoiceValue } {
  const { toolChoice } = request;
  const tools = onceEach(offered(request), report)
    .map((tool) => encodeTool(tool, marks, report))
    .filter((tool) => tool !== undefined);
  if (tools.length === 0) {
    if (request.tools.length > 0 && forcesTool(toolChoice))
      throw badRequest('tools: the only tool that may be called cannot be offered to this model.', 'tools');
    return {};
  }
  const choice = encodeChoice(request);
  return { tools, ...(choice && { tool_choice: choice }) };
}

/** "Tool names must be unique": of built-in tools that are one and the same here the first is offered. */
function onceEach(tools: readonly Tool[], report: Report): readonly Tool[] {
  const kept = new Map<string, HostedTool>();
  return tools.filter((tool) => {
    const name = tool.type === 'hosted' ? hostedName(tool) : undefined;
    if (tool.type !== 'hosted' || name === undefined) return true;
    const first = kept.get(name);
    if (!first) kept.set(name, tool);
    else if (!asksTheSame(first.search, tool.search))
      report({ what: `tool:${tool.wireType}`, why: 'Anthropic takes one tool of a sense; the first one was kept.' });
    return !first;
  });
}

function asksTheSame(first: SearchOptions = {}, second: SearchOptions = {}): boolean {
  return JSON.stringify(first) === JSON.stringify(second);
}

/** Messages has no list of allowed tools: only those are sent. */
function offered({ tools, toolChoice }: ChatRequest): readonly Tool[] {
  if (typeof toolChoice !== 'object' || !('allowed' in toolChoice)) return tools;
  return tools.filter((tool) => toolChoice.allowed.some((word) => answersTo(tool, word)));
}

function encodeTool(tool: Tool, marks: Markable[], report: Report): ToolDefinition | undefined {
  if (tool.type === 'hosted') return encodeHosted(tool, marks, report);
  // `repair` has made functions of them.
  if (tool.type === 'freeform') return undefined;
  const schema = inputSchema(tool.parameters, report);
  const strict = tool.strict ? strictSchema(schema, report) : undefined;
  const written = { ...named(tool), input_schema: strict ?? schema, ...(strict && { strict: true }) };
  return mark(written, tool.cache, marks);
}

function strictSchema(schema: JsonObject, report: Report): JsonObject | undefined {
  const strict = constrainedSchema(schema, report);
  if (!strict)
    report({
      what: 'strict',
      why: 'Anthropic cannot hold a model to this schema (recursion, outside references or values of any kind); the tool is offered without strict.',
    });
  return strict;
}

function named({ name, description }: { name: string; description?: string }): { name: string; description?: string } {
  return { name, ...(description !== undefined && { description }) };
}

function encodeHosted(tool: HostedTool, marks: Markable[], report: Report): OtherBlock | undefined {
  if (tool.origin === dialectId) {
    const { cache_control: _, ...value } = tool.value;
    return mark<OtherBlock>(value, decodeMark(tool.value).cache, marks);
  }
  if (tool.kind === 'web-search') return { ...ownTools['web-search'], ...encodeSearch(tool.search ?? {}, report) };
  const own = ownTools[tool.kind];
  if (!own)
    report({
      what: `tool:${tool.wireType}`,
      why: 'This built-in tool runs only at its own vendor; it was not offered to the model.',
    });
  return own && { ...own };
}

/** Anthropic's tools of the same sense as another vendor's. */
const ownTools: Partial<Record<HostedKind, { readonly type: string; readonly name: string }>> = {
  'web-search': { type: 'web_search_20250305', name: 'web_search' },
  'web-fetch': { type: 'web_fetch_20250910', name: 'web_fetch' },
  'code-execution': { type: 'code_execution_20250825', name: 'code_execution' },
};

/** What they are called among the functions. */
export const hostedNames: Partial<Record<HostedKind, string>> = Object.fromEntries(
  Object.entries(ownTools).map(([kind, { name }]) => [kind, name]),
);

/** Anthropic refuses an empty list of domains, and allowed ones together with blocked ones. */
function encodeSearch(search: SearchOptions, report: Report): OtherBlock {
  const { allowedDomains = [], blockedDomains = [], contextSize, maxUses, location } = search;
  const allows = allowedDomains.length > 0;
  if (allows && blockedDomains.length > 0)
    report({
      what: 'blocked_domains',
      why: 'Anthropic takes either allowed or blocked domains; the allowed ones were kept.',
    });
  if (contextSize !== undefined && contextSize !== 'medium')
    report({ what: 'search_context_size', why: 'Anthropic has no size for search results; it was left out.' });
  return {
    ...(maxUses !== undefined && { max_uses: maxUses }),
    ...(allows && { allowed_domains: allowedDomains }),
    ...(!allows && blockedDomains.length > 0 && { blocked_domains: blockedDomains }),
    ...(location && { user_location: { type: 'approximate', ...location } }),
  };
}

function encodeChoice({ tools, toolChoice, parallelToolCalls }: ChatRequest): ToolChoiceValue | undefined {
  const alone = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (toolChoice === undefined) return parallelToolCalls === false ? { type: 'auto', ...alone } : undefined;
  if (toolChoice === 'none') return { type: 'none' };
  if (toolChoice === 'auto') return { type: 'auto', ...alone };
  if (toolChoice === 'required') return { type: 'any', ...alone };
  if ('name' in toolChoice) return { type: 'tool', name: ownName(toolChoice.name, tools), ...alone };
  return { type: toolChoice.mode === 'required' ? 'any' : 'auto', ...alone };
}

/** The name that a chosen tool has here: another vendor's built-in tool goes by Anthropic's. */
function ownName(word: string, tools: readonly Tool[]): string {
  const hosted = tools.find((tool) => tool.type === 'hosted' && namesHosted(word, tool));
  if (hosted?.type !== 'hosted') return word;
  return hostedName(hosted) ?? word;
}

function hostedName({ origin, name, kind }: HostedTool): string | undefined {
  return origin === dialectId ? name : hostedNames[kind];
}
