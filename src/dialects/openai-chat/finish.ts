// How it is told why a reply ended.

import type { FinishReason } from '../../ir/reply.ts';
import type { ChatFinish } from './wire.ts';

const words: Record<FinishReason, ChatFinish> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  filter: 'content_filter',
  pause: 'stop',
  other: 'stop',
};

/** IR → wire. Clients run calls only where the reason says so. */
export function encodeFinish(reason: FinishReason, hasCalls: boolean): ChatFinish {
  return hasCalls && words[reason] === 'stop' ? 'tool_calls' : words[reason];
}
