// The conversation a request belongs to, as far as its client says so: the headers and members by which clients of all dialects name
// it, in one order.

import type { Body } from '../body.ts';
import { asObject, asString, parseObject } from '../json.ts';
import type { InboundCall } from './dialect.ts';

/** Claude Code; it names the conversation in `metadata.user_id` too, which other clients fill with a user. */
const claudeCode = 'x-claude-code-session-id';

/** Codex (`session_id`, `conversation_id`, later `thread-id`), OpenCode and pi (`x-session-affinity`, `session_id`), and plain ones. */
const headers = [
  'session-id',
  'session_id',
  'x-session-id',
  'x-session-affinity',
  'x-opencode-session',
  'conversation_id',
  'conversation-id',
  'thread-id',
] as const;

/** Longer ids are cut: they are kept for as long as the conversation is remembered. */
const longest = 256;

/** What the client calls the conversation; undefined where it says nothing. `x-client-request-id` is not asked: it may change with each request. */
export function sessionOf(call: InboundCall): string | undefined {
  const { header, body } = call;
  const user = asString(asObject(body.get('metadata'))?.user_id) || undefined;
  const said =
    header(claudeCode) ||
    (user !== undefined && withinUserId(user)) ||
    inHeader(header) ||
    inBody(body) ||
    (user?.startsWith('{') ? undefined : user) ||
    conversationOf(body);
  return said ? said.slice(0, longest) : undefined;
}

/** Whether the session goes by this id. */
export function goesBy(session: string | undefined, id: string): boolean {
  return session !== undefined && session === id.slice(0, longest);
}

/** The session id inside `metadata.user_id` as Claude Code writes it: JSON, or words joined by underscores. */
function withinUserId(user: string): string | undefined {
  if (user.startsWith('{')) return asString(parseObject(user)?.session_id);
  return /_session_([\w-]+)$/.exec(user)?.[1];
}

function inHeader(header: InboundCall['header']): string | undefined {
  for (const name of headers) {
    const said = header(name);
    if (said) return said;
  }
  return undefined;
}

const members = ['session_id', 'sessionId', 'prompt_cache_key'] as const;

function inBody(body: Body): string | undefined {
  for (const member of members) {
    const said = asString(body.get(member));
    if (said) return said;
  }
  return undefined;
}

/** A conversation that the upstream keeps, or (Gemini) a context that it caches: both belong to an account. */
function conversationOf(body: Body): string | undefined {
  const conversation = body.get('conversation');
  return (
    asString(conversation) ||
    asString(asObject(conversation)?.id) ||
    asString(body.get('conversation_id')) ||
    asString(body.get('cachedContent'))
  );
}
