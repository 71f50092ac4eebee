// What Anthropic's Messages refuses in a conversation: roles, blocks, the pairing of tool uses and results, signatures.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asObject, asString, isObject, objects } from '../json.ts';
import type { Signer } from './signature.ts';
import { refuse } from './speaker.ts';

interface Facts {
  readonly model: string;
  /** The `anthropic-beta` header. */
  readonly betas: string;
  readonly signer: Signer;
}

/** Refuses what the service would of `system` and `messages`. */
export function checkTurns(body: JsonObject, facts: Facts): void {
  checkSystem(body.system);
  const messages = asArray(body.messages);
  if (messages === undefined) refuse('messages: Field required');
  if (messages.length === 0) refuse('messages: at least one message is required');
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) refuse(`messages.${index}: Input should be a valid dictionary or object`);
    checkRole(message, index, facts.betas);
    if (isDirective(message)) continue;
    if (message.role === 'system') checkSystemTurn(objects(messages), index, facts);
    checkContent(message, index, index === messages.length - 1, facts.signer);
  }
  const turns = mergedTurns(objects(messages).filter((message) => message.role !== 'system'));
  if (turns[0]?.role === 'assistant') refuse('messages: first message must use the "user" role');
  checkPairing(turns);
  checkPrefill(turns, body, facts.model);
  checkThinkingFirst(turns, body);
}

function checkSystem(system: Json | undefined): void {
  for (const [index, block] of objects(system).entries()) {
    if (block.type !== 'text') refuse(`system.${index}.type: Input should be 'text'`);
    if (block.text === '') refuse('system: text content blocks must be non-empty');
  }
}

/** Members of a system message that exist only under a beta, by the beginnings of its names. */
const systemMembers: Readonly<Record<string, readonly string[]>> = {
  output_config: ['per-turn-control-', 'mid-conversation-output-config-'],
  clear_at: ['mid-conversation-system-clear-at-'],
};

function checkRole(message: JsonObject, index: number, betas: string): void {
  if (!['user', 'assistant', 'system'].includes(String(message.role)))
    refuse(`messages.${index}.role: Input should be 'user' or 'assistant'`);
  for (const name of Object.keys(message)) {
    const names = message.role === 'system' ? (systemMembers[name] ?? []) : [];
    if (name === 'role' || name === 'content' || names.some((beta) => betas.includes(beta))) continue;
    refuse(`messages.${index}.${name}: Extra inputs are not permitted`);
  }
}

/** A change of effort from here on, and nothing said: it may stand anywhere. */
function isDirective({ role, content, output_config: config }: JsonObject): boolean {
  return role === 'system' && asArray(content)?.length === 0 && isObject(config);
}

/** Claude before 4.8. */
const withoutSystemTurns = /^claude-(?:3|[a-z]+-4-(?:[0-7](?!\d)|20))/;

/** System text in mid-conversation: newer models take it without a beta, after a user's turn or a tool that the service ran. */
function checkSystemTurn(messages: readonly JsonObject[], index: number, { model, betas }: Facts): void {
  if (withoutSystemTurns.test(model) && !betas.includes('mid-conversation-system-'))
    refuse("role 'system' is not supported on this model");
  const before = messages[index - 1];
  if (before === undefined)
    refuse(`messages.${index}: use the top-level 'system' parameter for the initial system prompt`);
  const ranTool = before.role === 'assistant' && foreign.test(String(objects(before.content).at(-1)?.type));
  if (before.role !== 'user' && !ranTool)
    refuse(
      `messages.${index}: role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool use`,
    );
  if ((messages[index + 1]?.role ?? 'assistant') !== 'assistant')
    refuse(`messages.${index}: role 'system' must be last or be followed by an 'assistant' message`);
}

function checkContent(message: JsonObject, index: number, last: boolean, signer: Signer): void {
  const { content, role } = message;
  if (content === undefined || content === null) refuse(`messages.${index}.content: Field required`);
  if (typeof content !== 'string' && !Array.isArray(content))
    refuse(`messages.${index}.content: Input should be a valid list`);
  const excused = last && role === 'assistant';
  if (content.length === 0 && !excused)
    refuse(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  if (typeof content === 'string') {
    if (content.trim() === '' && !excused) refuse('messages: text content blocks must contain non-whitespace text');
    return;
  }
  for (const [at, block] of asArray(content)?.entries() ?? []) {
    if (!isObject(block)) refuse(`messages.${index}.content.${at}: Input should be a valid dictionary or object`);
    checkBlock(block, `messages.${index}.content.${at}`, role === 'assistant', signer);
  }
}

const blockMembers: Readonly<Record<string, string>> = {
  text: 'type text cache_control citations',
  image: 'type source cache_control',
  document: 'type source cache_control citations context title',
  search_result: 'type source title content cache_control citations',
  thinking: 'type thinking signature',
  redacted_thinking: 'type data',
  tool_use: 'type id name input cache_control caller toolset_name',
  tool_result: 'type tool_use_id content is_error cache_control toolset_name',
};
const foreign =
  /^(?:server_tool_use|container_upload|mcp_tool_use|mcp_tool_result|compaction|fallback|[a-z_]+_tool_result)$/;
const onlyUser = new Set(['image', 'document', 'search_result', 'tool_result']);
const onlyAssistant = new Set(['thinking', 'redacted_thinking', 'tool_use']);

function checkBlock(block: JsonObject, at: string, byModel: boolean, signer: Signer): void {
  const type = String(block.type);
  const known = blockMembers[type];
  if (known === undefined) {
    if (type === 'web_search_tool_result') checkSearch(block, at);
    if (foreign.test(type)) return;
    refuse(
      `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: 'text', 'image', 'document', 'search_result', 'thinking', 'redacted_thinking', 'tool_use', 'tool_result'`,
    );
  }
  const extra = Object.keys(block).find((name) => !known.split(' ').includes(name));
  if (extra !== undefined) refuse(`${at}.${type}.${extra}: Extra inputs are not permitted`);
  if ((byModel ? onlyUser : onlyAssistant).has(type))
    refuse(`${at}: \`${type}\` blocks are not allowed in ${byModel ? 'assistant' : 'user'} messages`);
  checks[type]?.(block, at, signer);
}

const checks: Readonly<Record<string, (block: JsonObject, at: string, signer: Signer) => void>> = {
  text: checkText,
  image: checkImage,
  thinking: checkThinking,
  redacted_thinking: checkRedacted,
  tool_use: checkUse,
  tool_result: checkResult,
};

function checkText(block: JsonObject, at: string): void {
  const text = asString(block.text);
  if (text === undefined) refuse(`${at}.text.text: Field required`);
  if (text === '' && isObject(block.cache_control)) refuse(`${at}: cache_control cannot be set for empty text blocks`);
  if (text === '') refuse('messages: text content blocks must be non-empty');
  if (text.trim() === '') refuse('messages: text content blocks must contain non-whitespace text');
  if (objects(block.citations).some((citation) => citation.encrypted_index === ''))
    refuse(`${at}.text.citations: Invalid \`encrypted_index\` in citation`);
}

/** What a search found goes back sealed, as do the places that were cited of it. */
function checkSearch(block: JsonObject, at: string): void {
  for (const [index, found] of objects(block.content).entries())
    if (found.encrypted_content === '')
      refuse(`${at}.web_search_tool_result.content.${index}: Invalid \`encrypted_content\` in \`search_result\` block`);
}

const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

function checkImage(block: JsonObject, at: string): void {
  const source = asObject(block.source);
  if (source === undefined) refuse(`${at}.image.source: Field required`);
  if (source.type === 'base64') {
    if (!imageTypes.includes(String(source.media_type)))
      refuse(
        `${at}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
      );
    if (!/^[A-Za-z0-9+/]+=*$/.test(String(source.data))) refuse(`${at}.image.source.base64: invalid base64 data`);
  } else if (source.type === 'url') {
    if (!/^https:\/\//i.test(String(source.url))) refuse(`${at}.image.source.url.url: Only HTTPS URLs are supported.`);
  } else if (source.type !== 'file')
    refuse(
      `${at}.image.source: Input tag '${String(source.type)}' found using 'type' does not match any of the expected tags: 'base64', 'url', 'file'`,
    );
}

function checkThinking(block: JsonObject, at: string, signer: Signer): void {
  const text = asString(block.thinking);
  const signature = asString(block.signature);
  if (text === undefined) refuse(`${at}.thinking.thinking: Field required`);
  if (signature === undefined) refuse(`${at}.thinking.signature: Field required`);
  if (!signer.issued('thinking', signature, text === '' ? undefined : text))
    refuse(`${at}: Invalid \`signature\` in \`thinking\` block`);
}

function checkRedacted(block: JsonObject, at: string, signer: Signer): void {
  if (!signer.issued('redacted', asString(block.data) ?? ''))
    refuse(`${at}: Invalid \`data\` in \`redacted_thinking\` block`);
}

function checkUse(block: JsonObject, at: string): void {
  if (!/^[a-zA-Z0-9_-]+$/.test(asString(block.id) ?? ''))
    refuse(`${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
  if (!/^[a-zA-Z0-9_-]{1,200}$/.test(asString(block.name) ?? ''))
    refuse(`${at}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'`);
  if (!isObject(block.input)) refuse(`${at}.tool_use.input: Input should be a valid dictionary`);
}

const resultParts = ['text', 'image', 'document', 'search_result', 'tool_reference', 'browser_state'];

function checkResult(block: JsonObject, at: string): void {
  if (asString(block.tool_use_id) === undefined) refuse(`${at}.tool_result.tool_use_id: Field required`);
  for (const [index, part] of objects(block.content).entries()) {
    const where = `${at}.tool_result.content.${index}`;
    if (!resultParts.includes(String(part.type)))
      refuse(`${where}: Input tag '${String(part.type)}' is not allowed in tool_result`);
    if (part.type === 'text') checkText(part, where);
    if (part.type === 'image') checkImage(part, where);
  }
}

interface Turn {
  readonly role: Json | undefined;
  readonly blocks: readonly JsonObject[];
}

/** Adjacent messages of one role are one turn, as the service reads them. */
function mergedTurns(messages: readonly JsonObject[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const text = asString(message.content);
    const blocks = text === undefined ? objects(message.content) : [{ type: 'text', text }];
    const last = turns.at(-1);
    if (last?.role === message.role)
      turns[turns.length - 1] = { role: last?.role, blocks: [...(last?.blocks ?? []), ...blocks] };
    else turns.push({ role: message.role, blocks });
  }
  return turns;
}

const idsOf = (turn: Turn | undefined, type: string, name: string): readonly string[] =>
  (turn?.blocks ?? []).filter((block) => block.type === type).flatMap((block) => asString(block[name]) ?? []);

/** Results are the first blocks of the turn right after their uses: one for each use, and none for anything else. */
function checkPairing(turns: readonly Turn[]): void {
  const seen = new Set<string>();
  for (const [index, turn] of turns.entries()) {
    const uses = idsOf(turn, 'tool_use', 'id');
    for (const id of uses) {
      if (seen.has(id)) refuse('messages: `tool_use` ids must be unique');
      seen.add(id);
    }
    checkResults(turn, idsOf(turns[index - 1], 'tool_use', 'id'), index);
    const leading = leadingResults(turns[index + 1]);
    const open = uses.filter((id) => !leading.includes(id));
    if (open.length > 0)
      refuse(
        `messages.${index + 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
  }
}

function checkResults(turn: Turn, uses: readonly string[], index: number): void {
  const results = idsOf(turn, 'tool_result', 'tool_use_id');
  const orphan = results.find((id) => !uses.includes(id));
  if (orphan !== undefined)
    refuse(
      `messages.${index}.content.${results.indexOf(orphan)}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${orphan}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    );
  const twice = results.find((id, at) => results.indexOf(id) !== at);
  if (twice !== undefined)
    refuse(
      `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`,
    );
}

function leadingResults(turn: Turn | undefined): readonly string[] {
  const blocks = turn?.blocks ?? [];
  const end = blocks.findIndex((block) => block.type !== 'tool_result');
  return idsOf({ role: 'user', blocks: end < 0 ? blocks : blocks.slice(0, end) }, 'tool_result', 'tool_use_id');
}

/** Models that still let the caller begin their answer. */
const prefillable = /^claude-(?:3|[a-z]+-4-(?:[0-5](?!\d)|20))/;

function checkPrefill(turns: readonly Turn[], body: JsonObject, model: string): void {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return;
  const thinking = asObject(body.thinking)?.type;
  if (!prefillable.test(model) || thinking === 'enabled')
    refuse('This model does not support assistant message prefill. The conversation must end with a user message.');
  const text = asString(last.blocks.at(-1)?.text) ?? '';
  if (text !== text.trimEnd()) refuse('messages: final assistant content cannot end with trailing whitespace');
}

/** Under manual thinking, a turn whose tool uses are just being answered begins with its thoughts. */
function checkThinkingFirst(turns: readonly Turn[], body: JsonObject): void {
  if (asObject(body.thinking)?.type !== 'enabled' || idsOf(turns.at(-1), 'tool_result', 'tool_use_id').length === 0)
    return;
  const index = turns.length - 2;
  const first = turns[index]?.blocks[0]?.type;
  if (first === 'thinking' || first === 'redacted_thinking') return;
  refuse(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(first)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
  );
}
