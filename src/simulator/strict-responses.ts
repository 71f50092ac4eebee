// What OpenAI's Responses refuses, in its words. Members and their types are those of the vendor's own client library.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asObject, asString, isObject, objects } from '../json.ts';
import { inputItems, offeredTools } from './responses-ask.ts';
import type { Signer } from './signature.ts';
import { type Ask, type Call, refuse } from './speaker.ts';
import {
  checkAnswerSchema,
  checkChoice,
  checkChosen,
  checkImageUrl,
  checkLength,
  checkMembers,
  checkMetadata,
  checkName,
  checkParameters,
  id,
  type Rule,
  required,
} from './strict-openai.ts';

const members: Readonly<Record<string, Rule>> = {
  access_programs: 'any',
  background: 'boolean',
  client_metadata: 'object',
  context_management: 'array',
  conversation: 'any',
  image: 'object',
  include: 'array',
  input: 'any',
  instructions: 'string',
  max_output_tokens: { number: 'integer', least: 16 },
  max_tool_calls: { number: 'integer', least: 1 },
  metadata: 'object',
  model: 'string',
  moderation: 'object',
  parallel_tool_calls: 'boolean',
  previous_response_id: 'string',
  prompt: 'object',
  prompt_cache_key: id,
  prompt_cache_options: 'object',
  prompt_cache_retention: ['in_memory', '24h'],
  reasoning: 'object',
  safety_identifier: id,
  service_tier: ['auto', 'default', 'flex', 'scale', 'priority', 'fast'],
  store: 'boolean',
  stream: 'boolean',
  stream_options: 'object',
  temperature: { number: 'decimal', least: 0, most: 2 },
  text: 'object',
  tool_choice: 'any',
  tools: 'array',
  top_logprobs: { number: 'integer', least: 0, most: 20 },
  top_p: { number: 'decimal', least: 0, most: 1 },
  truncation: ['auto', 'disabled'],
  user: 'string',
};

const countMembers: Readonly<Record<string, Rule>> = {
  conversation: 'any',
  input: 'any',
  instructions: 'string',
  model: 'string',
  parallel_tool_calls: 'boolean',
  personality: 'string',
  previous_response_id: 'string',
  reasoning: 'object',
  text: 'object',
  tool_choice: 'any',
  tools: 'array',
  truncation: ['auto', 'disabled'],
};

const includable = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
];

/** Refuses what the service would. */
export function checkResponses({ body }: Ask, call: Call, signer: Signer): void {
  const counting = call.path.includes('/input_tokens');
  checkMembers(body, counting ? countMembers : members, (name) => `Unknown parameter: '${name}'.`);
  required('model', body.model);
  checkMetadata(body.metadata);
  for (const [index, name] of (asArray(body.include) ?? []).entries())
    checkChoice(`include[${index}]`, name, includable);
  checkReasoning(asObject(body.reasoning));
  const names = offeredTools(body).flatMap((tool, index) => checkTool(tool, `tools[${index}]`));
  // Codex sends `auto` with an empty list when it compacts a conversation.
  if (body.tool_choice === 'required' && offeredTools(body).length === 0)
    refuse("Tool choice 'required' must be specified with 'tools' parameter.", { param: 'tool_choice' });
  checkChosen(names, chosenTool(body.tool_choice));
  checkFormat(body);
  checkInput(body, signer);
}

function checkReasoning(reasoning: JsonObject | undefined): void {
  const { effort, summary } = reasoning ?? {};
  if (effort !== undefined && effort !== null)
    checkChoice('reasoning.effort', effort, ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);
  if (summary !== undefined && summary !== null)
    checkChoice('reasoning.summary', summary, ['auto', 'concise', 'detailed']);
}

const toolTypes = (
  'function custom namespace tool_search file_search web_search web_search_2025_08_26 web_search_preview ' +
  'web_search_preview_2025_03_11 computer computer_use_preview mcp code_interpreter programmatic_tool_calling ' +
  'image_generation local_shell shell apply_patch'
).split(' ');

function checkTool(tool: JsonObject, at: string): readonly string[] {
  checkChoice(`${at}.type`, tool.type, toolTypes);
  if (tool.function !== undefined)
    refuse(`Unknown parameter: '${at}.function'.`, { param: `${at}.function`, code: 'unknown_parameter' });
  switch (tool.type) {
    case 'function': {
      const name = checkName(`${at}.name`, tool.name);
      checkParameters(`${at}.parameters`, name, tool.parameters, tool.strict === true);
      return [name];
    }
    case 'custom':
      return [checkName(`${at}.name`, tool.name)];
    case 'namespace':
      checkName(`${at}.name`, tool.name);
      return objects(tool.tools).flatMap((inner, index) => checkTool(inner, `${at}.tools[${index}]`));
    default:
      return [];
  }
}

function chosenTool(choice: Json | undefined): string | undefined {
  if (typeof choice === 'string') {
    checkChoice('tool_choice', choice, ['none', 'auto', 'required']);
    return undefined;
  }
  if (!isObject(choice) || (choice.type !== 'function' && choice.type !== 'custom')) return undefined;
  return required('tool_choice.name', choice.name);
}

function checkFormat(body: JsonObject): void {
  const format = asObject(asObject(body.text)?.format);
  if (format === undefined) return;
  checkChoice('text.format.type', format.type, ['text', 'json_object', 'json_schema']);
  if (format.type === 'json_object' && !/json/i.test(JSON.stringify([body.input ?? null, body.instructions ?? null])))
    refuse(
      `Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.`,
      {
        param: 'input',
      },
    );
  if (format.type !== 'json_schema') return;
  const name = checkName('text.format.name', format.name);
  checkAnswerSchema('text.format.schema', name, format.schema, format.strict === true);
}

const itemTypes = new Set(
  (
    'message reasoning function_call function_call_output custom_tool_call custom_tool_call_output file_search_call computer_call ' +
    'computer_call_output web_search_call tool_search_call tool_search_output additional_tools configuration_update compaction ' +
    'compaction_trigger image_generation_call code_interpreter_call local_shell_call local_shell_call_output shell_call ' +
    'shell_call_output apply_patch_call apply_patch_call_output mcp_list_tools mcp_approval_request mcp_approval_response mcp_call ' +
    'item_reference program program_output'
  ).split(' '),
);

function checkInput(body: JsonObject, signer: Signer): void {
  const { input } = body;
  if (input === undefined || input === null) {
    if (body.prompt !== undefined || body.conversation !== undefined) return;
    refuse(`Missing required parameter: 'input'.`, { param: 'input', code: 'missing_required_parameter' });
  }
  if (typeof input !== 'string' && !Array.isArray(input))
    refuse(`Invalid type for 'input': expected one of a string or array of input items.`, {
      param: 'input',
      code: 'invalid_type',
    });
  const continued = ['previous_response_id', 'prompt', 'conversation'].some((member) => body[member]);
  if (input.length === 0 && Array.isArray(input) && !continued)
    refuse(`One of 'input' or 'previous_response_id' or 'prompt' or 'conversation_id' must be provided.`, {
      param: 'input',
    });
  const items = inputItems(body);
  for (const [index, item] of items.entries()) checkItem(item, `input[${index}]`, body, signer);
  checkPairing(items);
  checkFollowed(items);
}

function checkItem(item: JsonObject, at: string, body: JsonObject, signer: Signer): void {
  const type = asString(item.type) ?? 'message';
  if (!itemTypes.has(type))
    refuse(`Invalid value: '${type}'. Supported values are: ${[...itemTypes].map((name) => `'${name}'`).join(', ')}.`, {
      param: at,
      code: 'invalid_value',
    });
  checkId(item, type, at);
  if (type === 'message') checkMessage(item, at);
  else if (type === 'reasoning') checkThought(item, at, body, signer);
  else if (type === 'function_call' || type === 'custom_tool_call') checkCall(item, at);
  else if (type === 'function_call_output' || type === 'custom_tool_call_output') checkOutput(item, at);
  else if (type === 'code_interpreter_call') checkRun(item, at);
}

const prefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  custom_tool_call: 'ctc',
};

function checkId(item: JsonObject, type: string, at: string): void {
  if (item.id === undefined || item.id === null) return;
  const id = required(`${at}.id`, item.id);
  checkLength(`${at}.id`, id, 64);
  const prefix = prefixes[type];
  if (prefix !== undefined && !id.startsWith(prefix))
    refuse(`Invalid '${at}.id': '${id}'. Expected an ID that begins with '${prefix}'.`, {
      param: `${at}.id`,
      code: 'invalid_value',
    });
}

function checkMessage(item: JsonObject, at: string): void {
  checkChoice(`${at}.role`, item.role, ['assistant', 'system', 'developer', 'user']);
  if (typeof item.content === 'string') return;
  if (!Array.isArray(item.content))
    refuse(`Missing required parameter: '${at}.content'.`, {
      param: `${at}.content`,
      code: 'missing_required_parameter',
    });
  const allowed = item.role === 'assistant' ? ['output_text', 'refusal'] : inputParts;
  for (const [index, part] of objects(item.content).entries()) checkPart(part, `${at}.content[${index}]`, allowed);
}

function checkPart(part: JsonObject, at: string, allowed: readonly string[]): void {
  checkChoice(`${at}.type`, part.type, allowed);
  if (part.type === 'input_text' || part.type === 'output_text') required(`${at}.text`, part.text);
  if (part.type === 'refusal') required(`${at}.refusal`, part.refusal);
  if (part.type === 'input_image' && (part.file_id === undefined || part.file_id === null))
    checkImageUrl(`${at}.image_url`, part.image_url);
  if (part.type === 'input_file') checkFile(part, at);
}

function checkFile(part: JsonObject, at: string): void {
  if (!['file_data', 'file_id', 'file_url'].some((name) => part[name] !== undefined))
    refuse(`Missing required parameter: '${at}.file_id'.`, {
      param: `${at}.file_id`,
      code: 'missing_required_parameter',
    });
  if (part.filename !== undefined && part.file_data === undefined)
    refuse(`Mutually exclusive parameters: '${at}'. Ensure you are only providing one of: 'file_id' or 'filename'.`, {
      param: at,
      code: 'mutually_exclusive_parameters',
    });
}

function checkThought(item: JsonObject, at: string, body: JsonObject, signer: Signer): void {
  if (!Array.isArray(item.summary))
    refuse(`Missing required parameter: '${at}.summary'.`, {
      param: `${at}.summary`,
      code: 'missing_required_parameter',
    });
  const sealed = asString(item.encrypted_content);
  if (sealed !== undefined && !signer.issued('encrypted', sealed))
    refuse(
      `The encrypted content ${sealed.slice(0, 4)}...${sealed.slice(-4)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      { code: 'invalid_encrypted_content' },
    );
  if (sealed === undefined && body.store === false)
    refuse(
      `Item with id '${String(item.id)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      { status: 404, param: 'input' },
    );
}

function checkCall(item: JsonObject, at: string): void {
  checkLength(`${at}.call_id`, required(`${at}.call_id`, item.call_id), 64);
  checkName(`${at}.name`, item.name);
  const input = item.type === 'function_call' ? 'arguments' : 'input';
  required(`${at}.${input}`, item[input]);
}

function checkRun(item: JsonObject, at: string): void {
  if (asString(item.container_id)) return;
  const param = `${at}.container_id`;
  refuse(`Invalid '${param}': '${asString(item.container_id) ?? ''}'. Expected an ID that begins with 'cntr'.`, {
    param,
    code: 'invalid_value',
  });
}

/** The vendor's types `ResponseInputContent` and `ResponseFunctionCallOutputItem`. */
const inputParts = ['input_text', 'input_image', 'input_file'];

function checkOutput(item: JsonObject, at: string): void {
  checkLength(`${at}.call_id`, required(`${at}.call_id`, item.call_id), 64);
  if (typeof item.output === 'string') return;
  if (!Array.isArray(item.output))
    refuse(`Missing required parameter: '${at}.output'.`, {
      param: `${at}.output`,
      code: 'missing_required_parameter',
    });
  for (const [index, part] of objects(item.output).entries()) checkPart(part, `${at}.output[${index}]`, inputParts);
}

/** Every call has its output and every output its call, of the same kind. */
function checkPairing(items: readonly JsonObject[]): void {
  for (const [kind, word] of [
    ['function_call', 'function'],
    ['custom_tool_call', 'custom tool'],
  ] as const) {
    const ids = (type: string): readonly string[] =>
      items.filter((item) => item.type === type).flatMap((item) => asString(item.call_id) ?? []);
    const calls = ids(kind);
    const outputs = ids(`${kind}_output`);
    const orphan = outputs.find((id) => !calls.includes(id));
    if (orphan !== undefined)
      refuse(`No tool call found for ${word} call output with call_id ${orphan}.`, { param: 'input' });
    const open = calls.find((id) => !outputs.includes(id));
    if (open !== undefined) refuse(`No tool output found for ${word} call ${open}.`, { param: 'input' });
  }
}

/** Reasoning stands before what it led to: another item of the model. */
function checkFollowed(items: readonly JsonObject[]): void {
  for (const [index, item] of items.entries()) {
    if (item.type !== 'reasoning') continue;
    const next = items[index + 1];
    const led = next !== undefined && (next.role === 'assistant' || (next.role === undefined && !isOutput(next)));
    if (!led)
      refuse(`Item '${String(item.id)}' of type 'reasoning' was provided without its required following item.`, {
        param: 'input',
      });
  }
}

const isOutput = (item: JsonObject): boolean => asString(item.type)?.endsWith('_output') === true;
