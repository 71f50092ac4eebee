// What Anthropic's Messages refuses at the top of a request, in its words; the conversation itself is in
// strict-messages-turns.ts. Members are those of the vendor's own client library.

import type { JsonObject } from '../json.ts';
import { asArray, asNumber, asObject, asString, isObject, objects } from '../json.ts';
import type { Signer } from './signature.ts';
import { type Ask, type Call, refuse } from './speaker.ts';
import { checkConstrained } from './strict-messages-schema.ts';
import { checkTurns } from './strict-messages-turns.ts';

const members = new Set(
  (
    'max_tokens messages model cache_control container diagnostics inference_geo metadata output_config service_tier speed ' +
    'stop_sequences stream system thinking tool_choice tools user_profile_id workspace_id temperature top_k top_p'
  ).split(' '),
);
const countMembers = new Set(
  'messages model cache_control output_config speed system thinking tool_choice tools user_profile_id workspace_id mcp_servers'.split(
    ' ',
  ),
);
/** Members that exist only under a beta, by the beginning of its name. */
const betaMembers: Readonly<Record<string, string>> = {
  context_management: 'context-management-',
  mcp_servers: 'mcp-client-',
  fallbacks: 'server-side-fallback-',
};

/** Refuses what the service would. */
export function checkMessages({ body, model }: Ask, call: Call, signer: Signer): void {
  if (call.headers['anthropic-version'] === undefined) refuse('anthropic-version: header is required');
  // It is told of the bytes there, before anything is read of them.
  if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(body)))
    refuse('The request body is not valid JSON: no low surrogate in string');
  const betas = call.headers['anthropic-beta'] ?? '';
  const counting = call.path.includes('/count_tokens');
  if (body.thread !== undefined)
    refuse('thread: not supported for this request', { code: 'thread_unsupported_request', unsupported: ['thread'] });
  checkMembers(body, counting ? countMembers : members, betas);
  if (body.model === undefined) refuse('model: Field required');
  if (!counting) checkLimit(body);
  checkSampling(body, model);
  checkThinking(body, model);
  checkTools(body);
  checkMarks(body);
  checkOutput(body);
  checkTurns(body, { model, betas, signer });
}

function checkMembers(body: JsonObject, known: ReadonlySet<string>, betas: string): void {
  for (const name of Object.keys(body)) {
    const beta = Object.hasOwn(betaMembers, name) ? betaMembers[name] : undefined;
    if (known.has(name) || (beta !== undefined && betas.includes(beta))) continue;
    refuse(`${name}: Extra inputs are not permitted`);
  }
  for (const name of Object.keys(asObject(body.metadata) ?? {}))
    if (name !== 'user_id') refuse(`metadata.${name}: Extra inputs are not permitted`);
  if (body.stream !== undefined && typeof body.stream !== 'boolean') refuse('stream: Input should be a valid boolean');
  checkStops(body);
}

function checkStops(body: JsonObject): void {
  for (const [index, stop] of (asArray(body.stop_sequences) ?? []).entries()) {
    if (typeof stop !== 'string') refuse(`stop_sequences.${index}: Input should be a valid string`);
    if (stop.trim() === '') refuse('stop_sequences: each stop sequence must contain non-whitespace');
  }
}

function checkLimit(body: JsonObject): void {
  if (body.max_tokens === undefined) refuse('max_tokens: Field required');
  const limit = asNumber(body.max_tokens);
  if (limit === undefined || !Number.isInteger(limit)) refuse('max_tokens: Input should be a valid integer');
  if (limit < 1) refuse('max_tokens: Input should be greater than or equal to 1');
}

/** Models from 4.7 on take no sampling knobs but the default temperature, and no manual thinking. */
const modern = /^claude-(?:opus-4-[7-9]|[a-z]+-[5-9])(?!\d)/;
const noBoth = /^claude-(?:[a-z]+-4-[1-6](?!\d))/;

function checkSampling(body: JsonObject, model: string): void {
  for (const name of ['temperature', 'top_p']) {
    const value = asNumber(body[name]);
    if (body[name] !== undefined && value === undefined) refuse(`${name}: Input should be a valid number`);
    if (value !== undefined && (value < 0 || value > 1)) refuse(`${name}: range: 0..1`);
  }
  const given = ['temperature', 'top_p', 'top_k'].filter((name) => body[name] !== undefined);
  const set = given.filter((name) => name !== 'temperature' || body[name] !== 1);
  if (modern.test(model) && set.length > 0) refuse(`\`${set[0]}\` is not supported for this model.`);
  if (noBoth.test(model) && body.temperature !== undefined && body.top_p !== undefined)
    refuse('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
}

function checkThinking(body: JsonObject, model: string): void {
  const thinking = asObject(body.thinking);
  if (thinking === undefined) return;
  const { type } = thinking;
  if (!['enabled', 'disabled', 'adaptive', 'between_tools'].includes(String(type)))
    refuse(
      `thinking: Input tag '${String(type)}' found using 'type' does not match any of the expected tags: 'disabled', 'enabled', 'adaptive'`,
    );
  if (type === 'disabled') return;
  if (type === 'enabled') checkBudget(body, thinking, model);
  if (asNumber(body.temperature) !== undefined && asNumber(body.temperature) !== 1)
    refuse('`temperature` may only be set to 1 when thinking is enabled.');
  if ((asNumber(body.top_p) ?? 1) < 0.95)
    refuse('`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.');
  if (body.top_k !== undefined) refuse('`top_k` must be unset when thinking is enabled.');
  const choice = asObject(body.tool_choice)?.type;
  if (choice === 'any' || choice === 'tool') refuse('Thinking may not be enabled when tool_choice forces tool use.');
}

function checkBudget(body: JsonObject, thinking: JsonObject, model: string): void {
  if (modern.test(model)) refuse('thinking.type.enabled is not supported for this model');
  const budget = asNumber(thinking.budget_tokens);
  if (budget === undefined) refuse('thinking.enabled.budget_tokens: Field required');
  if (budget < 1024) refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  if (budget >= (asNumber(body.max_tokens) ?? Number.POSITIVE_INFINITY))
    refuse('`max_tokens` must be greater than `thinking.budget_tokens`.');
}

const toolMembers = new Set(
  'type name description input_schema cache_control strict allowed_callers defer_loading eager_input_streaming input_examples'.split(
    ' ',
  ),
);

function checkTools(body: JsonObject): void {
  const tools = objects(body.tools);
  for (const [index, tool] of tools.entries()) checkTool(tool, `tools.${index}`);
  const names = tools.flatMap((tool) => asString(tool.name) ?? []);
  if (new Set(names).size < names.length) refuse('tools: Tool names must be unique.');
  const choice = asObject(body.tool_choice);
  if (choice === undefined) return;
  if (!['auto', 'any', 'tool', 'none'].includes(String(choice.type)))
    refuse(
      `tool_choice: Input tag '${String(choice.type)}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
    );
  if (tools.length === 0) refuse('tool_choice: Tool choice may only be specified while providing tools.');
  if (choice.type === 'tool' && !names.includes(String(choice.name)))
    refuse(`tool_choice: Tool '${String(choice.name)}' not found in provided tools`);
}

function checkTool(tool: JsonObject, at: string): void {
  const type = asString(tool.type);
  if (type !== undefined && type !== 'custom') {
    if (!/_20\d{6}$/.test(type))
      refuse(`${at}: Input tag '${type}' found using 'type' does not match any of the expected tags`);
    return;
  }
  if (tool.name === undefined) refuse(`${at}.custom.name: Field required`);
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool.name)))
    refuse(`${at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  const extra = Object.keys(tool).find((name) => !toolMembers.has(name));
  if (extra !== undefined) refuse(`${at}.custom.${extra}: Extra inputs are not permitted`);
  const schema = asObject(tool.input_schema);
  if (schema === undefined) refuse(`${at}.custom.input_schema: Field required`);
  if (schema.type !== 'object') refuse(`${at}.custom.input_schema.type: Input should be 'object'`);
  if (['anyOf', 'oneOf', 'allOf'].some((name) => schema[name] !== undefined))
    refuse(`${at}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`);
  if (tool.strict === true) checkConstrained(schema, `${at}.custom`);
}

/** At most four cache marks, and none of an hour after one of five minutes. */
function checkMarks(body: JsonObject): void {
  const blocks = [
    ...objects(body.tools),
    ...objects(body.system),
    ...objects(body.messages).flatMap((message) => objects(message.content)),
  ];
  const marks = blocks.map((block) => block.cache_control).filter(isObject);
  if (marks.length > 4) refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`);
  for (const mark of marks) {
    if (mark.type !== 'ephemeral') refuse(`cache_control.type: Input should be 'ephemeral'`);
    if (mark.ttl !== undefined && mark.ttl !== '5m' && mark.ttl !== '1h')
      refuse(`cache_control.ephemeral.ttl: Input should be '5m' or '1h'`);
  }
  const short = marks.findIndex((mark) => mark.ttl !== '1h');
  if (short >= 0 && marks.slice(short).some((mark) => mark.ttl === '1h'))
    refuse(`cache_control: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.`);
}

function checkOutput(body: JsonObject): void {
  const config = asObject(body.output_config);
  if (config === undefined) return;
  const extra = Object.keys(config).find((name) => name !== 'effort' && name !== 'format');
  if (extra !== undefined) refuse(`output_config.${extra}: Extra inputs are not permitted`);
  if (
    config.effort !== undefined &&
    config.effort !== null &&
    !['low', 'medium', 'high', 'xhigh', 'max'].includes(String(config.effort))
  )
    refuse(`output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'`);
  const format = asObject(config.format);
  if (format === undefined) return;
  if (format.type !== 'json_schema') refuse(`output_config.format.type: Input should be 'json_schema'`);
  const schema = asObject(format.schema);
  if (schema === undefined) refuse('output_config.format.schema: Field required');
  checkConstrained(schema, 'output_config.format.schema');
}
