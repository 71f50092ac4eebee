// Tool definitions and the choice among them, both directions: functions, freeform (`custom`) tools, namespaces, and the
// vendor's own tools.

import type { Target } from '../../envelope.ts';
import { answersTo, boundsOf, namesHosted, readContextSize, readLocation, unsupportedTool } from '../../ir/hosted.ts';
import type {
  FreeformTool,
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
  asObject,
  asString,
  compact,
  isObject,
  type Json,
  type JsonObject,
  objects,
} from '../../json.ts';
import type { Report } from '../../loss.ts';
import { openAiParameters } from '../openai-schema.ts';
import { expectShape, flag, object, type Shapes, text } from '../shape.ts';
import { isVendorRun } from './builtin.ts';
import { readCache } from './content.ts';
import { fault, misshapen } from './error.ts';
import { dialectId } from './wire.ts';

const functionShapes: Shapes = { description: text, parameters: object, strict: flag };
const freeformShapes: Shapes = { description: text, format: object };
const namespaceShapes: Shapes = { description: text, tools: [object] };
const searchShapes: Shapes = {
  filters: { allowed_domains: [text], blocked_domains: [text], excluded_domains: [text] },
  search_context_size: text,
  user_location: object,
  external_web_access: flag,
};

const hostedKinds: Readonly<Record<string, HostedKind>> = {
  web_search: 'web-search',
  web_search_2025_08_26: 'web-search',
  web_search_preview: 'web-search',
  web_search_preview_2025_03_11: 'web-search',
  file_search: 'file-search',
  code_interpreter: 'code-execution',
  image_generation: 'image-generation',
  mcp: 'mcp',
  computer: 'computer',
  computer_use: 'computer',
  computer_use_preview: 'computer',
  local_shell: 'shell',
  apply_patch: 'apply-patch',
  tool_search: 'tool-search',
};

/** Reads one or more lists of tools into one; where a tool is defined again, the last definition stands in the first one's place. */
export function decodeTools(
  lists: readonly (readonly [path: string, list: Json | undefined])[],
  report: Report,
): Tool[] {
  const tools = new Map<string, Tool>();
  for (const [path, list] of lists) {
    if (list === undefined || list === null) continue;
    const entries = asArray(list);
    if (!entries) throw fault(path, 'must be a list of tools.');
    entries.forEach((entry, index) => {
      if (!isObject(entry)) throw fault(`${path}[${index}]`, 'must be a tool, an object with a type.');
      for (const tool of decodeTool(entry, `${path}[${index}]`, report)) tools.set(keyOf(tool), tool);
    });
  }
  return [...tools.values()];
}

function keyOf(tool: Tool): string {
  if (tool.type === 'hosted') return `hosted ${tool.wireType} ${tool.name ?? ''}`;
  return `${tool.namespace ?? ''} ${tool.name}`;
}

function decodeTool(tool: JsonObject, path: string, report: Report): Tool[] {
  switch (tool.type) {
    case 'function':
      return [decodeFunction(tool, path, undefined, report)];
    case 'custom':
      return [decodeFreeform(tool, path, undefined, report)];
    case 'namespace':
      return decodeNamespace(tool, path, report);
    case 'tool_search':
      return [isVendorRun(tool) ? decodeHosted(tool, path, report) : decodeClientSearch(tool)];
    default:
      return [decodeHosted(tool, path, report)];
  }
}

function decodeNamespace(tool: JsonObject, path: string, report: Report): Tool[] {
  expectShape(tool, namespaceShapes, path, misshapen);
  const namespace = nameOf(tool, path);
  if (tool.description)
    report({
      what: 'namespace_description',
      why: 'Only OpenAI Responses describes a group of tools; its tools keep theirs.',
    });
  return objects(tool.tools).map((entry, index) =>
    entry.type === 'custom'
      ? decodeFreeform(entry, `${path}.tools[${index}]`, namespace, report)
      : decodeFunction(entry, `${path}.tools[${index}]`, namespace, report),
  );
}

/** Tolerates the other OpenAI dialect's nesting, which several clients send here too. */
function decodeFunction(outer: JsonObject, path: string, namespace: string | undefined, report: Report): FunctionTool {
  const tool = asObject(outer.function) ?? outer;
  expectShape(tool, functionShapes, path, misshapen);
  reportExtras(tool, report);
  return compact({
    type: 'function',
    name: nameOf(tool, path),
    namespace,
    description: asString(tool.description),
    parameters: asObject(tool.parameters),
    strict: asBoolean(tool.strict),
    cache: readCache(outer),
  });
}

function decodeFreeform(outer: JsonObject, path: string, namespace: string | undefined, report: Report): FreeformTool {
  const tool = asObject(outer.custom) ?? outer;
  expectShape(tool, freeformShapes, path, misshapen);
  reportExtras(tool, report);
  return compact({
    type: 'freeform',
    name: nameOf(tool, path),
    namespace,
    description: asString(tool.description),
    format: asObject(tool.format),
    cache: readCache(outer),
  });
}

/** A search for tools that the client runs: any model may call it, and what it finds is offered then. */
function decodeClientSearch(tool: JsonObject): FunctionTool {
  return compact({
    type: 'function',
    name: 'tool_search',
    description: asString(tool.description),
    parameters: asObject(tool.parameters),
    strict: false,
  });
}

function nameOf(tool: JsonObject, path: string): string {
  const name = asString(tool.name);
  if (!name) throw fault(`${path}.name`, 'a tool needs a name.');
  return name;
}

const extras: Readonly<Record<string, string>> = {
  defer_loading: 'Deferred loading of tools exists only in OpenAI Responses; the tool is shown from the start.',
  allowed_callers: 'Programmatic tool calling exists only in OpenAI Responses; the model calls the tool itself.',
  output_schema: 'Schemas of tool results exist only in OpenAI Responses.',
  async: 'Asynchronous tools exist only in OpenAI Responses; the model waits for the result.',
};

function reportExtras(tool: JsonObject, report: Report): void {
  for (const [what, why] of Object.entries(extras)) if (tool[what]) report({ what, why });
}

function decodeHosted(tool: JsonObject, path: string, report: Report): HostedTool {
  const wireType = asString(tool.type);
  if (!wireType) throw fault(`${path}.type`, 'a tool needs a type.');
  const kind = wireType === 'shell' ? shellKind(tool) : (hostedKinds[wireType] ?? 'other');
  if (kind === 'web-search') expectShape(tool, searchShapes, path, misshapen);
  return compact({
    type: 'hosted',
    kind,
    wireType,
    name: wireType === 'mcp' ? asString(tool.server_label) : kind === 'web-search' ? 'web_search' : undefined,
    origin: dialectId,
    value: tool,
    search: kind === 'web-search' ? decodeSearch(tool, report) : undefined,
    bounds: readBounds(tool, kind),
  });
}

const searchMembers = ['type', 'filters', 'search_context_size', 'user_location', 'external_web_access'];
/** Where code runs unless the client says otherwise, and what the client itself provides. */
const plainPlaces = ['auto', 'container_auto', 'local'];

/** Files and limits of a container are told by their own names. */
function readBounds(tool: JsonObject, kind: HostedKind): readonly string[] | undefined {
  if (kind === 'web-search') return boundsOf(tool, searchMembers);
  const { container, environment, ...rest } = tool;
  const place = asObject(container ?? environment) ?? {};
  const plain = plainPlaces.includes(asString(place.type) ?? 'auto') && typeof container !== 'string';
  const bounds = [
    ...(boundsOf(rest, ['type', 'name', 'server_label']) ?? []),
    ...(plain ? (boundsOf(place, ['type']) ?? []) : [container === undefined ? 'environment' : 'container']),
  ];
  return bounds.length > 0 ? bounds : undefined;
}

/** A shell in the vendor's container is run by the vendor, not by the client. */
function shellKind(tool: JsonObject): HostedKind {
  const environment = asObject(tool.environment)?.type;
  return environment === undefined || environment === 'local' ? 'shell' : 'code-execution';
}

function decodeSearch(tool: JsonObject, report: Report): SearchOptions {
  const filters = asObject(tool.filters);
  return compact({
    allowedDomains: strings(filters?.allowed_domains),
    blockedDomains: strings(filters?.blocked_domains ?? filters?.excluded_domains),
    contextSize: readContextSize(tool.search_context_size, report),
    live: tool.external_web_access === false ? false : undefined,
    location: readLocation(tool.user_location),
  });
}

function strings(value: Json | undefined): string[] | undefined {
  const list = asArray(value)?.filter((entry) => typeof entry === 'string');
  return list && list.length > 0 ? list : undefined;
}

/** `auto`, `none`, `required`, one tool, or some tools. */
export function decodeToolChoice(value: Json | undefined, report: Report): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'auto' || value === 'none' || value === 'required') return value;
  const choice = asObject(value);
  const type = asString(choice?.type);
  if (!choice || !type)
    throw fault('tool_choice', "must be 'auto', 'none', 'required' or an object that names a tool.");
  if (type === 'allowed_tools') {
    const names = objects(choice.tools).flatMap((tool) => chosenName(tool) ?? []);
    return { allowed: names, mode: choice.mode === 'required' ? 'required' : 'auto' };
  }
  const name = chosenName(choice);
  if (name === undefined) throw fault('tool_choice.name', 'must name the tool.');
  if (type === 'mcp' && choice.name)
    report({
      what: 'tool_choice',
      where: 'tool_choice.name',
      why: 'One tool of an MCP server cannot be forced elsewhere.',
    });
  const namespace = asString(choice.namespace);
  return { name, ...(namespace !== undefined && { namespace }) };
}

function chosenName(choice: JsonObject): string | undefined {
  const inner = asObject(choice.function) ?? asObject(choice.custom) ?? choice;
  if (choice.type === 'mcp') return asString(choice.server_label) ?? 'mcp';
  return choice.type === 'function' || choice.type === 'custom' ? asString(inner.name) : asString(choice.type);
}

/** The tools as this wire has them; grouped by namespace, each group where its first tool stood. */
export function encodeTools(
  tools: readonly Tool[],
  choice: ToolChoice | undefined,
  target: Target,
  report: Report,
): JsonObject[] {
  const encoded: JsonObject[] = [];
  const groups = new Map<string, JsonObject[]>();
  for (const tool of tools) {
    const wire = encodeTool(tool, target, report);
    const namespace = tool.type === 'hosted' ? undefined : tool.namespace;
    if (!wire) refuseForced(tool, choice);
    else if (namespace === undefined) encoded.push(wire);
    else {
      const group = groups.get(namespace) ?? [];
      if (group.length === 0) encoded.push({ type: 'namespace', name: namespace, description: '', tools: group });
      groups.set(namespace, group);
      group.push(wire);
    }
  }
  return encoded;
}

function encodeTool(tool: Tool, target: Target, report: Report): JsonObject | undefined {
  if (tool.type === 'hosted') return encodeHosted(tool, report);
  if (tool.cache) report(cacheLoss);
  const { name, description } = tool;
  const told = { name, ...(description !== undefined && { description }) };
  if (tool.type === 'freeform') return { type: 'custom', ...told, ...(tool.format && { format: tool.format }) };
  const empty = { type: 'object', properties: {}, additionalProperties: false };
  const { schema, strict = false } = openAiParameters(tool.parameters ?? empty, tool.strict, target, report);
  return { type: 'function', ...told, parameters: schema, strict };
}

/** Told once a request: breakpoints are for newer models only, and prefixes are cached here without them. */
export const cacheLoss = {
  what: 'cache_control',
  why: 'OpenAI caches prompt prefixes by itself; cache marks were left out.',
} as const;

function encodeHosted(tool: HostedTool, report: Report): JsonObject | undefined {
  if (tool.origin === dialectId) return tool.value;
  if (tool.kind === 'web-search') return encodeSearch(tool.search ?? {}, report);
  if (tool.kind === 'code-execution') return { type: 'code_interpreter', container: { type: 'auto' } };
  if (tool.kind === 'image-generation') return { type: 'image_generation' };
  report({ what: `tool:${tool.wireType}`, why: 'OpenAI Responses has no such tool; it was left out.' });
  return undefined;
}

function encodeSearch(options: SearchOptions, report: Report): JsonObject {
  if (options.blockedDomains)
    report({ what: 'blocked_domains', why: 'Web search of OpenAI Responses has no list of blocked domains.' });
  if (options.maxUses !== undefined)
    report({ what: 'max_uses', why: 'Web search of OpenAI Responses cannot be limited by itself.' });
  const { allowedDomains, contextSize, location } = options;
  return {
    type: 'web_search',
    ...(allowedDomains && { filters: { allowed_domains: allowedDomains } }),
    ...(location && { user_location: { type: 'approximate', ...location } }),
    ...(contextSize && { search_context_size: contextSize }),
  };
}

function refuseForced(tool: Tool, choice: ToolChoice | undefined): void {
  if (tool.type !== 'hosted' || typeof choice !== 'object' || !('name' in choice)) return;
  if (!namesHosted(choice.name, tool)) return;
  throw unsupportedTool(tool);
}

/** The choice as this wire says it, among these tools. A hosted tool of another vendor goes by the type it has here. */
export function encodeToolChoice(choice: ToolChoice, tools: readonly Tool[], target: Target): Json {
  if (typeof choice === 'string') return choice;
  if ('allowed' in choice) {
    const allowed = tools.filter((tool) => choice.allowed.some((name) => answersTo(tool, name)));
    return { type: 'allowed_tools', mode: choice.mode, tools: allowed.map(encodeChosen) };
  }
  const tool =
    tools.find((each) => each.type !== 'hosted' && each.name === choice.name && each.namespace === choice.namespace) ??
    tools.find((each) => answersTo(each, choice.name));
  if (!tool) return { type: 'function', name: choice.name };
  // xAI takes a forced tool of its own only as the one tool allowed.
  if (tool.type === 'hosted' && target.maker === 'xai')
    return { type: 'allowed_tools', mode: 'required', tools: [encodeChosen(tool)] };
  return encodeChosen(tool);
}

function encodeChosen(tool: Tool): JsonObject {
  if (tool.type === 'hosted') return encodeChosenHosted(tool);
  const type = tool.type === 'freeform' ? 'custom' : 'function';
  return { type, name: tool.name, ...(tool.namespace !== undefined && { namespace: tool.namespace }) };
}

const typesByKind: Partial<Record<HostedKind, string>> = {
  'web-search': 'web_search',
  'code-execution': 'code_interpreter',
  'image-generation': 'image_generation',
};

function encodeChosenHosted(tool: HostedTool): JsonObject {
  if (tool.wireType === 'mcp') return { type: 'mcp', server_label: tool.name ?? '' };
  return { type: tool.origin === dialectId ? tool.wireType : (typesByKind[tool.kind] ?? tool.wireType) };
}
