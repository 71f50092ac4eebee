// Tools with a meaning of their own at one vendor, and what becomes of each at another: the vendors' published input schemas
// for those that the client runs, so that any model can call them as ordinary functions.

import type { DialectId } from '../envelope.ts';
import { badRequest, type GatewayError } from '../errors.ts';
import { asObject, asString, compact, isSaid, type Json, type JsonObject } from '../json.ts';
import type { Report } from '../loss.ts';
import type { FunctionTool, HostedKind, HostedTool, SearchOptions, Tool, ToolChoice } from './request.ts';

/**
 * The way of a hosted tool at another vendor. `search` and `native`: the encoder has its own tool of that sense, or reports.
 * `function`: the client runs it, so any model may call it by this schema. `refuse`: only its own vendor can run it.
 */
type HostedWay =
  | { readonly way: 'search' | 'native' | 'refuse' }
  | { readonly way: 'function'; readonly tool: (hosted: HostedTool) => FunctionTool };

const string = (description: string): JsonObject => ({ type: 'string', description });
const integer = (description: string): JsonObject => ({ type: 'integer', description });
const choice = (values: readonly string[], description: string): JsonObject => ({
  type: 'string',
  enum: values,
  description,
});
const list = (items: JsonObject, description: string): JsonObject => ({ type: 'array', items, description });
const object = (properties: JsonObject, required: readonly string[]): JsonObject => ({
  type: 'object',
  properties,
  required,
});

const bash = object(
  { command: string('The command to run.'), restart: { type: 'boolean', description: 'Restarts the shell instead.' } },
  [],
);
const shell = object(
  {
    commands: list({ type: 'string' }, 'Shell commands to run.'),
    timeout_ms: integer('Milliseconds after which they are stopped.'),
    max_output_length: integer('The most characters of output to return.'),
  },
  ['commands'],
);
const localShell = object(
  {
    command: list({ type: 'string' }, 'The command and its arguments.'),
    working_directory: string('Where to run it.'),
    timeout_ms: integer('Milliseconds after which it is stopped.'),
    env: { type: 'object', additionalProperties: { type: 'string' }, description: 'Environment variables to set.' },
  },
  ['command'],
);
const viewRange = list({ type: 'integer' }, 'For view: first and last line, counted from 1; -1 is the end.');
const path = string('Absolute path of the file or directory.');

function textEditor(commands: readonly string[]): JsonObject {
  return object(
    {
      command: choice(commands, 'What to do.'),
      path,
      view_range: viewRange,
      file_text: string('For create: the content of the new file.'),
      old_str: string('For str_replace: the text to replace, which must occur exactly once.'),
      new_str: string('For str_replace: the new text.'),
      insert_line: integer('For insert: the line after which to insert; 0 is the beginning.'),
      insert_text: string('For insert: the text to insert.'),
    },
    ['command', 'path'],
  );
}
const memory = object(
  {
    command: choice(['view', 'create', 'str_replace', 'insert', 'delete', 'rename'], 'What to do.'),
    path: string('A path below /memories.'),
    view_range: viewRange,
    file_text: string('For create: the content of the new file.'),
    old_str: string('For str_replace: the text to replace.'),
    new_str: string('For str_replace: the new text.'),
    insert_line: integer('For insert: the line after which to insert.'),
    insert_text: string('For insert: the text to insert.'),
    old_path: string('For rename: the present path.'),
    new_path: string('For rename: the new path.'),
  },
  ['command'],
);
const applyPatch = object(
  {
    operation: object(
      {
        type: choice(['create_file', 'update_file', 'delete_file'], 'What to do with the file.'),
        path: string('Path of the file.'),
        diff: string('For create_file and update_file: the change in V4A diff format.'),
      },
      ['type', 'path'],
    ),
  },
  ['operation'],
);

function asFunction(hosted: HostedTool, name: string, description: string, parameters: JsonObject): FunctionTool {
  return { type: 'function', name: hosted.name ?? name, description, parameters };
}

/** Every kind has a row: a new kind does not compile without a decision. */
export const hostedWays: Record<HostedKind, HostedWay> = {
  'web-search': { way: 'search' },
  'web-fetch': { way: 'native' },
  'code-execution': { way: 'native' },
  'file-search': { way: 'refuse' },
  'image-generation': { way: 'refuse' },
  computer: { way: 'refuse' },
  shell: {
    way: 'function',
    tool: (hosted) => {
      if (hosted.wireType === 'local_shell')
        return asFunction(hosted, 'local_shell', 'Runs a command on the local machine.', localShell);
      if (hosted.wireType.startsWith('bash'))
        return asFunction(hosted, 'bash', 'Runs a command in a persistent bash session.', bash);
      return asFunction(hosted, 'shell', 'Runs shell commands and returns their output.', shell);
    },
  },
  'text-editor': {
    way: 'function',
    tool: (hosted) => {
      const undo = hosted.wireType.startsWith('text_editor_202410') || hosted.wireType.startsWith('text_editor_202501');
      const commands = ['view', 'create', 'str_replace', 'insert', ...(undo ? ['undo_edit'] : [])];
      const name = undo ? 'str_replace_editor' : 'str_replace_based_edit_tool';
      return asFunction(hosted, name, 'Views, creates and edits text files.', textEditor(commands));
    },
  },
  'apply-patch': {
    way: 'function',
    tool: (hosted) =>
      asFunction(hosted, 'apply_patch', 'Creates, updates or deletes one file by a structured diff.', applyPatch),
  },
  memory: {
    way: 'function',
    tool: (hosted) =>
      asFunction(hosted, 'memory', 'Reads and writes files in a memory directory that outlives the talk.', memory),
  },
  mcp: { way: 'refuse' },
  'tool-search': { way: 'refuse' },
  maps: { way: 'refuse' },
  other: { way: 'refuse' },
};

/**
 * The tools as the target's dialect may meet them: its own hosted tools as they are, those that the client runs as functions,
 * those that only another vendor runs left out. Throws `bad-request` where a tool that must be called is one of the latter.
 */
export function placeHosted(
  tools: readonly Tool[],
  choice: ToolChoice | undefined,
  speaker: DialectId,
  report: Report,
): readonly Tool[] {
  const placed = tools.flatMap((tool) =>
    tool.type === 'hosted' && tool.origin !== speaker ? place(tool, choice, report) : [tool],
  );
  const [first] = tools;
  if (choice === 'required' && placed.length === 0 && first?.type === 'hosted') throw unsupportedTool(first);
  return placed;
}

function place(tool: HostedTool, choice: ToolChoice | undefined, report: Report): readonly Tool[] {
  const row = hostedWays[tool.kind];
  if (row.way !== 'refuse' && tool.search?.live !== false) {
    for (const what of tool.bounds ?? []) report({ what, why: boundless });
    return [row.way === 'function' ? row.tool(tool) : tool];
  }
  if (typeof choice === 'object' && 'name' in choice && namesHosted(choice.name, tool)) throw unsupportedTool(tool);
  if (row.way !== 'refuse') {
    report({
      what: 'external_web_access',
      why: 'Other vendors search only the live web, which was forbidden; the search was left out.',
    });
    return [];
  }
  report({
    what: `tool:${tool.wireType}`,
    why: 'Only the vendor of this tool can run it, so it was left out for a model of another vendor.',
  });
  return [];
}

const boundless = 'Only the vendor of this tool heeds this setting; the tool was offered without it.';

/** The names of members that ask for something and are not among those that are carried. */
export function boundsOf(value: JsonObject, carried: readonly string[]): readonly string[] | undefined {
  const bounds = Object.keys(value).filter((name) => !carried.includes(name) && isSaid(value[name]));
  return bounds.length > 0 ? bounds : undefined;
}

/** Whether a word of a tool choice means this hosted tool: its name, its wire type, or that type without its date. */
export function namesHosted(word: string, tool: HostedTool): boolean {
  return word === tool.name || word === tool.wireType || word === tool.wireType.replace(/_\d{8}$/, '');
}

/** Whether a word of a tool choice means this tool. */
export function answersTo(tool: Tool, word: string): boolean {
  return tool.type === 'hosted' ? namesHosted(word, tool) : word === tool.name;
}

/** Whether the model must call a tool. */
export function forcesTool(choice: ToolChoice | undefined): boolean {
  if (choice === undefined || choice === 'auto' || choice === 'none') return false;
  return choice === 'required' || 'name' in choice || choice.mode === 'required';
}

/** The refusal of a tool that must be called and that only another vendor runs. */
export function unsupportedTool(tool: HostedTool): GatewayError {
  return badRequest(`The tool type '${tool.wireType}' is not supported by this model.`, 'tools');
}

/** How much of what it finds a web search tells the model, as OpenAI says it. */
export function readContextSize(size: Json | undefined, report: Report): SearchOptions['contextSize'] {
  if (size === 'low' || size === 'medium' || size === 'high') return size;
  if (isSaid(size)) report({ what: 'search_context_size', why: 'The gateway knows low, medium and high.' });
  return undefined;
}

/** Where a web search should think it is, as both Anthropic and OpenAI say it. */
export function readLocation(place: Json | undefined): SearchOptions['location'] {
  const said = asObject(place);
  return (
    said &&
    compact({
      city: asString(said.city),
      country: asString(said.country),
      region: asString(said.region),
      timezone: asString(said.timezone),
    })
  );
}
