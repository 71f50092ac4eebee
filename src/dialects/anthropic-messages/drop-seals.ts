// A history without its thinking: for an account or model that refuses the signatures it carries.

import type { Body } from '../../body.ts';
import { asArray, asObject, type Json, objects } from '../../json.ts';
import type { Report } from '../../loss.ts';

/** The body without thinking blocks, shown or redacted. Untouched where it holds none. */
export function dropSeals(body: Body, report: Report): Body {
  const messages = asArray(body.get('messages'));
  if (!messages?.some((message) => objects(asObject(message)?.content).some(isThought))) return body;
  const kept = messages.flatMap((message): Json[] => {
    const content = asArray(asObject(message)?.content);
    if (!content?.some(isThought)) return [message];
    const rest = content.filter((block) => !isThought(block));
    return rest.length > 0 ? [{ ...asObject(message), content: rest }] : [];
  });
  report({
    what: 'reasoning_history',
    why: 'Earlier thinking is signed for another account or model, which alone can read it; it was left out.',
  });
  return withoutOrphanedThinking(body.set('messages', kept, messages), kept);
}

function isThought(block: Json): boolean {
  const type = asObject(block)?.type;
  return type === 'thinking' || type === 'redacted_thinking';
}

/** Under a thinking budget a tool loop must begin with the thought it began with; where that has gone, the loop goes on without. */
export function withoutOrphanedThinking(body: Body, messages: readonly Json[]): Body {
  if (asObject(body.get('thinking'))?.type !== 'enabled') return body;
  const last = messages.findLast((message) => asObject(message)?.role === 'assistant');
  const blocks = objects(asObject(last)?.content);
  const loops = blocks.some(({ type }) => type === 'tool_use');
  return loops && !isThought(blocks[0] ?? null) ? body.without('thinking') : body;
}
