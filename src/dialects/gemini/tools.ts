// Tools and the choice among them: function declarations, Google's own tools, `functionCallingConfig`.

import type { Target } from '../../envelope.ts';
import { badRequest } from '../../errors.ts';
import { boundsOf, forcesTool } from '../../ir/hosted.ts';
import type { ChatRequest, FunctionTool, HostedKind, HostedTool, Tool, ToolChoice } from '../../ir/request.ts';
import { asObject, asString, compact, isSaid, type Json, type JsonObject, strings } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { expectShape, object, type Shapes, text } from '../shape.ts';
import { encodeParameters, schemaMember } from './schema.ts';
import { decodeSchema } from './schema-decode.ts';
import { isGemini3 } from './thinking.ts';
import { camel, dialectId, listOf, reportRest, section, snake } from './wire.ts';

const hostedKinds: ReadonlyMap<string, HostedKind> = new Map([
  ['googleSearch', 'web-search'],
  ['googleSearchRetrieval', 'web-search'],
  ['enterpriseWebSearch', 'web-search'],
  ['exaAiSearch', 'web-search'],
  ['parallelAiSearch', 'web-search'],
  ['urlContext', 'web-fetch'],
  ['codeExecution', 'code-execution'],
  ['fileSearch', 'file-search'],
  ['retrieval', 'file-search'],
  ['computerUse', 'computer'],
  ['googleMaps', 'maps'],
  ['mcpServers', 'mcp'],
]);

/** wire → IR: each member of an entry is a tool of its own. Throws `bad-request` for no object, or a function without a name. */
export function decodeTools(value: Json | undefined, report: Report): Tool[] {
  return listOf(value).flatMap((entry, index) => {
    const tool = asObject(entry);
    if (!tool) throw badRequest(`tools[${index}] must be an object.`, `tools[${index}]`);
    return Object.entries(tool).flatMap(([key, options]) =>
      decodeEntry(key, options ?? null, `tools[${index}]`, report),
    );
  });
}

function decodeEntry(key: string, options: Json, where: string, report: Report): Tool[] {
  const [word] = Object.keys(camel({ [key]: null }));
  if (word === 'functionDeclarations')
    return listOf(options).map((value, index) => {
      const place = `${where}.functionDeclarations[${index}]`;
      const declaration = asObject(value);
      if (!declaration) throw badRequest(`${place} must be an object.`, place);
      return decodeFunction(camel(declaration), place, report);
    });
  if (options === null) return [];
  const wireType = word ?? key;
  const said = camel(asObject(options) ?? {});
  const blocked = strings(said.excludeDomains);
  const bounds = boundsOf(said, ['excludeDomains']);
  return [
    {
      type: 'hosted',
      kind: hostedKinds.get(wireType) ?? 'other',
      wireType,
      origin: dialectId,
      value: { [key]: options },
      ...(blocked.length > 0 && { search: { blockedDomains: blocked } }),
      ...(bounds && { bounds }),
    },
  ];
}

const functionMembers = ['name', 'description', 'parameters', 'parametersJsonSchema'];

const functionShapes: Shapes = { description: text, parameters: object, parametersJsonSchema: object };

function decodeFunction(declaration: JsonObject, where: string, report: Report): FunctionTool {
  const name = asString(declaration.name);
  if (!name) throw badRequest(`${where}.name is missing.`, `${where}.name`);
  expectShape(declaration, functionShapes, where);
  const plain = asObject(declaration.parametersJsonSchema);
  const own = asObject(declaration.parameters);
  reportRest(declaration, functionMembers, where, report);
  return compact({
    type: 'function',
    name,
    description: asString(declaration.description),
    parameters: plain ?? (own && decodeSchema(own)),
  });
}

const choiceShapes: Shapes = { mode: text, allowedFunctionNames: [text] };
const choiceMembers = Object.keys(choiceShapes);
const configMembers = ['functionCallingConfig'];

/** wire → IR, of a `toolConfig`; undefined without a known mode. `NONE` forbids functions alone: Google's own among `tools` go on. */
export function decodeToolChoice(config: JsonObject, tools: readonly Tool[], report: Report): ToolChoice | undefined {
  reportRest(config, configMembers, 'toolConfig', report);
  expectShape(config, { functionCallingConfig: object }, 'toolConfig');
  const choice = section(config, 'functionCallingConfig');
  reportRest(choice, choiceMembers, 'toolConfig.functionCallingConfig', report);
  expectShape(choice, choiceShapes, 'toolConfig.functionCallingConfig');
  const names = strings(choice.allowedFunctionNames);
  const [only] = names;
  switch (asString(choice.mode)?.toUpperCase() || 'MODE_UNSPECIFIED') {
    case 'AUTO':
      return 'auto';
    case 'NONE':
      return withoutFunctions(tools);
    case 'ANY':
      if (only === undefined) return 'required';
      return names.length === 1 ? { name: only } : { allowed: names, mode: 'required' };
    case 'VALIDATED':
      report({
        what: 'strict',
        where: 'toolConfig.functionCallingConfig.mode',
        why: 'Only Gemini can bind calls to their schema while leaving the choice open; the choice was left open.',
      });
      return only === undefined ? 'auto' : { allowed: names, mode: 'auto' };
    case 'MODE_UNSPECIFIED':
      return undefined;
    default:
      report({
        what: 'tool_choice',
        where: 'toolConfig.functionCallingConfig.mode',
        why: 'The gateway does not know this mode, so the model decides.',
      });
      return undefined;
  }
}

/** The mode speaks of functions alone: Google's own tools go on. */
function withoutFunctions(tools: readonly Tool[]): ToolChoice {
  const hosted = tools.filter((tool) => tool.type === 'hosted').map(({ wireType }) => wireType);
  return hosted.length > 0 ? { allowed: hosted, mode: 'auto' } : 'none';
}

/** The members of a request that speak of tools, as far as there are any to offer. */
interface WireTools {
  readonly tools?: readonly JsonObject[];
  readonly toolConfig?: JsonObject;
}

/** The tools that the target takes together, and the choice among them. */
export function encodeTools(request: ChatRequest, target: Target, report: Report): WireTools {
  const functions = offered(request).map((tool) => encodeFunction(tool, report));
  const hosted = encodeHosted(request, functions.length > 0, target, report);
  if (functions.length === 0 && hosted.length === 0) return {};
  const tools = [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...hosted];
  const choice = encodeToolChoice(request, functions.length > 0, report);
  const toolConfig = {
    ...(choice && { functionCallingConfig: choice }),
    // Gemini 3 takes Google's tools beside functions only with this word.
    ...(functions.length > 0 && hosted.length > 0 && { includeServerSideToolInvocations: true }),
  };
  return { tools, ...(Object.keys(toolConfig).length > 0 && { toolConfig }) };
}

/** `AUTO` takes no list of names: where only some tools may be called, only these are sent. */
function offered({ tools, toolChoice }: ChatRequest): FunctionTool[] {
  const functions = tools.filter((tool) => tool.type === 'function');
  if (typeof toolChoice !== 'object' || !('allowed' in toolChoice) || toolChoice.mode !== 'auto') return functions;
  return functions.filter((tool) => toolChoice.allowed.includes(tool.name));
}

function encodeFunction(tool: FunctionTool, report: Report): JsonObject {
  if (tool.strict)
    report({ what: 'strict', why: 'Gemini takes a subset of JSON Schema and does not bind calls strictly to it.' });
  const parameters = tool.parameters && encodeParameters(tool.parameters);
  return {
    name: tool.name,
    ...(tool.description && { description: tool.description }),
    ...(parameters && schemaMember('parameters', 'parametersJsonSchema', parameters)),
  };
}

function encodeHosted(request: ChatRequest, besideFunctions: boolean, target: Target, report: Report): JsonObject[] {
  const hosted = request.tools.filter((tool) => tool.type === 'hosted');
  const encoded = hosted.flatMap((tool) => {
    if (besideFunctions && !isGemini3(target)) {
      report({
        what: `tool:${tool.wireType}`,
        why: "Gemini models before 3 refuse Google's tools beside functions; the functions were kept.",
      });
      return [];
    }
    const value = hostedValue(tool, report);
    if (!value) report({ what: `tool:${tool.wireType}`, why: 'Gemini has no such tool; it was left out.' });
    return value ? [value] : [];
  });
  if (hosted.length > 0 && encoded.length === 0 && !besideFunctions && forcesTool(request.toolChoice))
    throw badRequest(`This model does not support the tool type "${hosted[0]?.wireType}".`, 'tools');
  return encoded;
}

function hostedValue(tool: HostedTool, report: Report): JsonObject | undefined {
  if (tool.origin === dialectId) return tool.value;
  switch (tool.kind) {
    case 'web-search':
      for (const [option, value] of Object.entries(tool.search ?? {}))
        if (isSaid(value as Json))
          report({ what: snake(option), why: 'Google Search takes no such option; the search is not bound by it.' });
      return { googleSearch: {} };
    case 'web-fetch':
      return { urlContext: {} };
    case 'code-execution':
      return { codeExecution: {} };
    default:
      return undefined;
  }
}

function encodeToolChoice(request: ChatRequest, anyFunction: boolean, report: Report): JsonObject | undefined {
  const choice = request.toolChoice;
  if (choice === undefined || (!anyFunction && !forcesTool(choice))) return undefined;
  if (choice === 'auto') return { mode: 'AUTO' };
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'required' && anyFunction) return { mode: 'ANY' };
  if (typeof choice === 'object' && 'allowed' in choice && choice.mode === 'auto') return { mode: 'AUTO' };
  const wanted = choice === 'required' ? [] : 'allowed' in choice ? choice.allowed : [choice.name];
  const known = wanted.filter((name) => request.tools.some((tool) => tool.type === 'function' && tool.name === name));
  if (known.length > 0) return { mode: 'ANY', allowedFunctionNames: known };
  report({ what: 'tool_choice', why: "Gemini can force only functions; Google's own tools it chooses itself." });
  return undefined;
}
