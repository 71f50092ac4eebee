// Tools and the choice among them, both directions.

import type { Target } from '../../envelope.ts';
import { badRequest } from '../../errors.ts';
import { boundsOf, forcesTool, namesHosted, readContextSize, readLocation, unsupportedTool } from '../../ir/hosted.ts';
import type { ChatRequest, FreeformTool, FunctionTool, HostedTool, Tool, ToolChoice } from '../../ir/request.ts';
import { asArray, asBoolean, asObject, asString, compact, type Json, type JsonObject, objects } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { writeCacheControl } from '../cache-control.ts';
import { openAiParameters } from '../openai-schema.ts';
import { expectShape, flag, object, type Shapes, text } from '../shape.ts';
import { decodeCache } from './content.ts';
import { dialectId } from './wire.ts';

const searchMember = 'web_search_options';

export const searchShapes: Shapes = {
  [searchMember]: { search_context_size: text, user_location: { approximate: object } },
};
const toolShapes: Shapes = { type: text, function: object, custom: object, cache_control: object };
const functionShapes: Shapes = { description: text, parameters: object, strict: flag };
const freeformShapes: Shapes = { description: text, format: { grammar: object } };

// wire → IR

/** `tools`, the legacy `functions`, and the web search that stands in a member of its own. */
export function decodeTools(body: JsonObject, report: Report): Tool[] {
  const tools = list(body, 'tools').map((tool, index) => decodeTool(tool, `tools[${index}]`));
  const functions = list(body, 'functions').map((tool, index) => decodeFunction(tool, tool, `functions[${index}]`));
  const search = asObject(body[searchMember]);
  return [...tools, ...functions, ...(search ? [decodeSearch(search, report)] : [])];
}

function list(body: JsonObject, member: string): readonly JsonObject[] {
  const value = body[member];
  if (value === undefined || value === null) return [];
  const array = asArray(value);
  if (!array) throw badRequest(`${member} must be an array.`, member);
  return array.map((entry, index) => {
    const object = asObject(entry);
    if (!object) throw badRequest(`${member}[${index}] must be an object.`, member);
    return object;
  });
}

function decodeTool(tool: JsonObject, path: string): Tool {
  expectShape(tool, toolShapes, path);
  const type = asString(tool.type) ?? 'function';
  const custom = asObject(tool.custom);
  // Some clients send the flat tools of Responses.
  if (type === 'function') return decodeFunction(asObject(tool.function) ?? tool, tool, `${path}.function`);
  if (type === 'custom') return decodeFreeform(custom ?? tool, `${path}.custom`);
  const name = asString(asObject(tool.function)?.name) ?? asString(tool.name);
  return compact({
    type: 'hosted',
    kind: /web_?search/.test(`${type} ${name ?? ''}`) ? 'web-search' : 'other',
    wireType: type,
    origin: dialectId,
    value: tool,
    name,
    bounds: boundsOf(tool, ['type', 'name', 'function']),
  });
}

function decodeFunction(definition: JsonObject, holder: JsonObject, path: string): FunctionTool {
  expectShape(definition, functionShapes, path);
  return compact({
    type: 'function',
    name: nameOf(definition, path),
    description: asString(definition.description),
    parameters: asObject(definition.parameters),
    strict: asBoolean(definition.strict),
    cache: decodeCache(holder),
  });
}

function decodeFreeform(definition: JsonObject, path: string): FreeformTool {
  expectShape(definition, freeformShapes, path);
  const format = asObject(definition.format);
  const grammar = asObject(format?.grammar);
  return compact({
    type: 'freeform',
    name: nameOf(definition, path),
    description: asString(definition.description),
    format: grammar ? { type: 'grammar', ...grammar } : format,
  });
}

function nameOf(definition: JsonObject, path: string): string {
  const name = asString(definition.name);
  if (!name) throw badRequest(`${path}.name must be a non-empty string.`, `${path}.name`);
  return name;
}

function decodeSearch(value: JsonObject, report: Report): HostedTool {
  const place = asObject(value.user_location);
  return {
    type: 'hosted',
    kind: 'web-search',
    wireType: searchMember,
    origin: dialectId,
    value,
    search: compact({
      contextSize: readContextSize(value.search_context_size, report),
      location: readLocation(asObject(place?.approximate) ?? place),
    }),
  };
}

/** `tool_choice`, or the legacy `function_call`. */
export function decodeToolChoice(body: JsonObject, report: Report): ToolChoice | undefined {
  const choice = body.tool_choice ?? body.function_call;
  if (choice === undefined || choice === null) return undefined;
  // It speaks of the tools alone: the search beside them goes on.
  if (choice === 'none' && asObject(body[searchMember])) return { allowed: [searchMember], mode: 'auto' };
  const decoded = typeof choice === 'string' ? choiceOfWord(choice) : choiceOfObject(asObject(choice) ?? {});
  if (!decoded) report({ what: 'tool_choice', why: 'The gateway does not know this choice, so the model decides.' });
  return decoded;
}

function choiceOfWord(word: string): ToolChoice | undefined {
  if (word === 'auto' || word === 'none' || word === 'required') return word;
  return word === 'any' ? 'required' : undefined;
}

function choiceOfObject(choice: JsonObject): ToolChoice | undefined {
  if (choice.type === 'allowed_tools') {
    const allowed = asObject(choice.allowed_tools) ?? choice;
    const names = objects(allowed.tools)
      .map(chosenName)
      .filter((name) => name !== undefined);
    return { allowed: names, mode: allowed.mode === 'required' ? 'required' : 'auto' };
  }
  const name = chosenName(choice);
  if (name !== undefined) return { name };
  return choiceOfWord(asString(choice.type) ?? '');
}

function chosenName(choice: JsonObject): string | undefined {
  return asString(asObject(choice.function)?.name) ?? asString(asObject(choice.custom)?.name) ?? asString(choice.name);
}

// IR → wire

/** `tools`, `tool_choice`, `parallel_tool_calls` and `web_search_options` of a body. */
export function encodeTools(request: ChatRequest, target: Target, report: Report): JsonObject {
  const chosen = allowedOnly(request, target);
  const tools = chosen
    .map((tool) => encodeTool(tool, request.toolChoice, target, report))
    .filter((tool) => tool !== undefined);
  const search = chosen.find((tool) => tool.type === 'hosted' && isSearch(tool));
  return compact({
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: tools.length > 0 ? encodeToolChoice(request, target, report) : undefined,
    // OpenAI refuses the switch where there are no tools.
    parallel_tool_calls: tools.length > 0 ? request.parallelToolCalls : undefined,
    [searchMember]: search?.type === 'hosted' ? encodeSearch(search, request.toolChoice, target, report) : undefined,
  });
}

/** Only OpenAI itself knows `allowed_tools`; others are sent no other tools. */
function allowedOnly({ tools, toolChoice }: ChatRequest, { maker }: Target): readonly Tool[] {
  if (typeof toolChoice !== 'object' || !('allowed' in toolChoice) || maker === 'openai') return tools;
  return tools.filter((tool) => tool.name !== undefined && toolChoice.allowed.includes(tool.name));
}

function isSearch({ kind, wireType, origin }: HostedTool): boolean {
  return origin === dialectId ? wireType === searchMember : kind === 'web-search';
}

function encodeTool(
  tool: Tool,
  choice: ToolChoice | undefined,
  target: Target,
  report: Report,
): JsonObject | undefined {
  if (tool.type === 'function')
    return { type: 'function', function: functionOf(tool, target, report), ...markOf(tool, target.accent.cacheMarks) };
  // `repair` has made functions of them.
  if (tool.type === 'freeform') return undefined;
  if (isSearch(tool)) return undefined;
  if (tool.origin === dialectId) return tool.value;
  refuseForced(tool, choice);
  report({ what: `tool:${tool.wireType}`, why: 'Chat Completions has no such tool, so it was left out.' });
  return undefined;
}

/** An answer without the tool that had to be called would pass for one with it. */
function refuseForced(tool: HostedTool, choice: ToolChoice | undefined): void {
  if (typeof choice === 'object' && 'name' in choice && namesHosted(choice.name, tool)) throw unsupportedTool(tool);
}

function functionOf(
  { name, description, parameters, strict }: FunctionTool,
  target: Target,
  report: Report,
): JsonObject {
  if (!parameters) return compact({ name, description, strict });
  const told = openAiParameters(withProperties(parameters), strict, target, report);
  return compact({ name, description, parameters: told.schema, strict: told.strict });
}

/** Some services refuse an object schema that does not say it has no properties. */
function withProperties(schema: JsonObject): JsonObject {
  return schema.type === 'object' && schema.properties === undefined ? { ...schema, properties: {} } : schema;
}

function markOf({ cache }: FunctionTool, allowed: boolean | undefined): JsonObject {
  return cache && allowed ? { cache_control: writeCacheControl(cache) } : {};
}

function encodeSearch(
  tool: HostedTool,
  choice: ToolChoice | undefined,
  { accent }: Target,
  report: Report,
): JsonObject | undefined {
  if (accent.webSearch === false) {
    refuseForced(tool, choice);
    report({ what: `tool:${tool.wireType}`, why: 'This service has no web search of its own, so it was left out.' });
    return undefined;
  }
  if (tool.origin === dialectId) return tool.value;
  const { contextSize, location, allowedDomains, blockedDomains, maxUses } = tool.search ?? {};
  if (allowedDomains?.length || blockedDomains?.length || maxUses !== undefined)
    report({
      what: 'web_search',
      why: 'The web search of Chat Completions knows no domain lists and no limit of uses.',
    });
  return compact({
    search_context_size: contextSize,
    user_location: location && { type: 'approximate', approximate: compact(location) },
  });
}

function encodeToolChoice({ toolChoice, tools }: ChatRequest, { maker }: Target, report: Report): Json | undefined {
  if (toolChoice === undefined || typeof toolChoice === 'string') return toolChoice;
  const wanted = 'name' in toolChoice ? [toolChoice.name] : toolChoice.allowed;
  const callable = wanted.filter((name) => !tools.some((tool) => tool.type === 'hosted' && namesHosted(name, tool)));
  if (callable.length < wanted.length && forcesTool(toolChoice))
    report({ what: 'tool_choice', why: 'Chat Completions cannot force a tool that the vendor itself runs.' });
  if (callable.length === 0) return 'name' in toolChoice ? undefined : 'none';
  const entry = (name: string): JsonObject => ({ type: 'function', function: { name } });
  if ('name' in toolChoice) return entry(toolChoice.name);
  if (maker !== 'openai') return toolChoice.mode;
  return { type: 'allowed_tools', allowed_tools: { mode: toolChoice.mode, tools: callable.map(entry) } };
}
