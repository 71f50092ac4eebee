// What OpenAI's Chat Completions refuses, in its words. Members and their types are those of the vendor's own client library.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asObject, asString, isObject, objects, parseJson } from '../json.ts';
import { type Ask, refuse } from './speaker.ts';
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

const penalty: Rule = { number: 'decimal', least: -2, most: 2 };
const count: Rule = { number: 'integer', least: 1 };

const members: Readonly<Record<string, Rule>> = {
  model: 'string',
  messages: 'array',
  audio: 'object',
  frequency_penalty: penalty,
  function_call: 'any',
  functions: 'array',
  logit_bias: 'object',
  logprobs: 'boolean',
  max_completion_tokens: count,
  max_tokens: count,
  metadata: 'object',
  modalities: 'array',
  moderation: 'object',
  n: { number: 'integer', least: 1, most: 128 },
  parallel_tool_calls: 'boolean',
  prediction: 'object',
  presence_penalty: penalty,
  prompt_cache_key: id,
  prompt_cache_options: 'object',
  prompt_cache_retention: ['in_memory', '24h'],
  reasoning_effort: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  response_format: 'object',
  safety_identifier: id,
  seed: { number: 'integer' },
  service_tier: ['auto', 'default', 'flex', 'scale', 'priority', 'fast'],
  stop: 'any',
  store: 'boolean',
  stream: 'boolean',
  stream_options: 'object',
  temperature: { number: 'decimal', least: 0, most: 2 },
  tool_choice: 'any',
  tools: 'array',
  top_logprobs: { number: 'integer', least: 0, most: 20 },
  top_p: { number: 'decimal', least: 0, most: 1 },
  user: 'string',
  verbosity: ['low', 'medium', 'high'],
  web_search_options: 'object',
};

/** Refuses what the service would. */
export function checkChat({ body }: Ask): void {
  checkMembers(body, members, (name) => `Unrecognized request argument supplied: ${name}`);
  required('model', body.model);
  checkTogether(body);
  checkMetadata(body.metadata);
  const names = objects(body.tools).map((tool, index) => checkTool(tool, `tools[${index}]`));
  checkCalling(body);
  checkChosen(names, chosenTool(body.tool_choice));
  checkFormat(body);
  checkMessages(body);
}

function checkCalling(body: JsonObject): void {
  if ((asArray(body.tools) ?? []).length > 0) return;
  for (const param of ['tool_choice', 'parallel_tool_calls'])
    if (body[param] !== undefined && body[param] !== null)
      refuse(`Invalid value for '${param}': '${param}' is only allowed when 'tools' are specified.`, { param });
}

function checkTogether(body: JsonObject): void {
  if (present(body.max_tokens) && present(body.max_completion_tokens))
    refuse(`Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.`, {
      code: 'invalid_parameter_combination',
    });
  if (present(body.stream_options) && body.stream !== true)
    refuse(`The 'stream_options' parameter is only allowed when 'stream' is enabled.`, { param: 'stream_options' });
  if (present(body.top_logprobs) && body.logprobs !== true)
    refuse(`The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.`, { param: 'top_logprobs' });
  if (present(body.stop)) checkStop(body.stop);
}

const present = (value: Json | undefined): boolean => value !== undefined && value !== null;

function checkStop(stop: Json | undefined): void {
  const list = asArray(stop) ?? [stop ?? null];
  if (list.length > 4)
    refuse(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${list.length} instead.`,
      { param: 'stop', code: 'array_above_max_length' },
    );
  for (const text of list) required('stop', text);
}

function checkTool(tool: JsonObject, at: string): string {
  checkChoice(`${at}.type`, tool.type, ['function', 'custom']);
  if (tool.type === 'custom') return checkName(`${at}.custom.name`, asObject(tool.custom)?.name);
  const declared = asObject(tool.function);
  if (declared === undefined)
    refuse(`Missing required parameter: '${at}.function'.`, {
      param: `${at}.function`,
      code: 'missing_required_parameter',
    });
  const name = checkName(`${at}.function.name`, declared.name);
  checkParameters(`${at}.function.parameters`, name, declared.parameters, declared.strict === true);
  return name;
}

function chosenTool(choice: Json | undefined): string | undefined {
  if (typeof choice === 'string') {
    checkChoice('tool_choice', choice, ['none', 'auto', 'required']);
    return undefined;
  }
  if (!isObject(choice)) return undefined;
  checkChoice('tool_choice.type', choice.type, ['function', 'custom', 'allowed_tools']);
  if (choice.type === 'allowed_tools') return undefined;
  return required(`tool_choice.${choice.type}.name`, (asObject(choice.function) ?? asObject(choice.custom))?.name);
}

function checkFormat(body: JsonObject): void {
  const format = asObject(body.response_format);
  if (format === undefined) return;
  checkChoice('response_format.type', format.type, ['json_object', 'json_schema', 'text']);
  if (format.type === 'json_object' && !/json/i.test(JSON.stringify(body.messages ?? null)))
    refuse(`'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.`, {
      param: 'messages',
    });
  if (format.type !== 'json_schema') return;
  const wanted = asObject(format.json_schema);
  const name = checkName('response_format.json_schema.name', wanted?.name);
  checkAnswerSchema('response_format', name, wanted?.schema, wanted?.strict === true);
}

const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];

function checkMessages(body: JsonObject): void {
  const messages = asArray(body.messages);
  if (messages === undefined)
    refuse(`Missing required parameter: 'messages'.`, { param: 'messages', code: 'missing_required_parameter' });
  if (messages.length === 0)
    refuse(
      `Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      {
        param: 'messages',
        code: 'empty_array',
      },
    );
  for (const [index, message] of messages.entries()) {
    if (!isObject(message))
      refuse(`Invalid type for 'messages[${index}]': expected an object.`, {
        param: `messages[${index}]`,
        code: 'invalid_type',
      });
    checkChoice(`messages[${index}].role`, message.role, roles);
    checkContent(message, `messages[${index}]`);
    checkCalls(message, `messages[${index}]`);
  }
  checkPairing(objects(messages));
}

const partsOf: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
};

function checkContent(message: JsonObject, at: string): void {
  const { content, role } = message;
  if (content === null || content === undefined) {
    const excused =
      role === 'assistant' &&
      ['tool_calls', 'function_call', 'refusal', 'audio'].some((name) => present(message[name]));
    if (!excused && role !== 'function')
      refuse(`Invalid value for 'content': expected a string, got null.`, { param: `${at}.content` });
    return;
  }
  if (typeof content === 'string') return;
  if (!Array.isArray(content))
    refuse(`Invalid type for '${at}.content': expected one of a string or array of objects.`, {
      param: `${at}.content`,
      code: 'invalid_type',
    });
  const allowed = partsOf[String(role)] ?? ['text'];
  for (const [index, part] of objects(content).entries()) checkPart(part, `${at}.content[${index}]`, allowed);
}

function checkPart(part: JsonObject, at: string, allowed: readonly string[]): void {
  checkChoice(`${at}.type`, part.type, allowed);
  if (part.type === 'text') required(`${at}.text`, part.text);
  if (part.type === 'image_url') checkImageUrl(`${at}.image_url.url`, asObject(part.image_url)?.url);
  if (part.type === 'input_audio')
    checkChoice(`${at}.input_audio.format`, asObject(part.input_audio)?.format, ['wav', 'mp3']);
  if (part.type === 'file' && asObject(part.file) === undefined)
    refuse(`Missing required parameter: '${at}.file'.`, { param: `${at}.file`, code: 'missing_required_parameter' });
}

function checkCalls(message: JsonObject, at: string): void {
  if (!present(message.tool_calls)) return;
  const calls = objects(message.tool_calls);
  if (calls.length === 0)
    refuse(
      `Invalid '${at}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      {
        param: `${at}.tool_calls`,
        code: 'empty_array',
      },
    );
  for (const [index, call] of calls.entries()) checkCall(call, `${at}.tool_calls[${index}]`);
}

function checkCall(call: JsonObject, at: string): void {
  checkLength(`${at}.id`, required(`${at}.id`, call.id), 64);
  checkChoice(`${at}.type`, call.type, ['function', 'custom']);
  if (call.type === 'custom') {
    checkName(`${at}.custom.name`, asObject(call.custom)?.name);
    required(`${at}.custom.input`, asObject(call.custom)?.input);
    return;
  }
  const called = asObject(call.function);
  checkName(`${at}.function.name`, called?.name);
  checkJsonText(`${at}.function.arguments`, required(`${at}.function.arguments`, called?.arguments));
}

function checkJsonText(param: string, text: string): void {
  try {
    parseJson(text);
  } catch {
    refuse(`Invalid '${param}': expected a string of valid JSON.`, { param, code: 'invalid_value' });
  }
}

/** Tool messages follow the assistant's calls directly, one for each, and nothing else does. */
function checkPairing(messages: readonly JsonObject[]): void {
  let open: string[] = [];
  const allAnswered = (): void => {
    if (open.length > 0)
      refuse(
        `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(', ')}`,
        { param: 'messages' },
      );
  };
  let asked: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      const id = required(`messages[${index}].tool_call_id`, message.tool_call_id);
      if (!asked.includes(id))
        refuse(
          `Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.`,
          {
            param: `messages.[${index}].role`,
          },
        );
      open = open.filter((waiting) => waiting !== id);
      continue;
    }
    allAnswered();
    asked = objects(message.tool_calls).flatMap((call) => asString(call.id) ?? []);
    open = [...asked];
  }
  allAnswered();
}
