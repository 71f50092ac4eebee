// The grammar of src/ir/reply.ts as a judge: what a list of events breaks, in words.

import type { ReplyEvent } from '../../src/ir/reply.ts';

interface Walk {
  started: boolean;
  ended: boolean;
  /** Parts begun so far: the next one's index. */
  count: number;
  open: { readonly index: number; readonly type: string } | undefined;
  readonly violations: string[];
}

/** The rules that a whole, finished reply's events break; empty for a grammatical one. */
export function checkGrammar(events: readonly ReplyEvent[]): string[] {
  const walk = step(events);
  if (!walk.ended) walk.violations.push('the last word (finish or failure) is missing');
  return walk.violations;
}

function step(events: readonly ReplyEvent[]): Walk {
  const walk: Walk = { started: false, ended: false, count: 0, open: undefined, violations: [] };
  events.forEach((event, position) => {
    const complain = (what: string): void => {
      walk.violations.push(`event ${position} (${event.type}): ${what}`);
    };
    if (walk.ended) complain('nothing may follow the last word');
    if (!walk.started && event.type !== 'start') complain('start comes first');
    check(walk, event, complain);
  });
  return walk;
}

function check(walk: Walk, event: ReplyEvent, complain: (what: string) => void): void {
  switch (event.type) {
    case 'start':
      if (walk.started) complain('a second start');
      walk.started = true;
      return;
    case 'part-start':
      checkHead(walk, event, complain);
      walk.open = { index: event.index, type: event.part.type };
      walk.count = event.index + 1;
      return;
    case 'part-delta':
      checkWithin(walk, event.index, complain);
      if (walk.open?.type === 'foreign') complain('a foreign part has no deltas');
      return;
    case 'citation':
      checkWithin(walk, event.index, complain);
      if (walk.open?.type !== 'text') complain('only a text part has citations');
      return;
    case 'part-end':
      checkWithin(walk, event.index, complain);
      walk.open = undefined;
      return;
    case 'usage':
      if (walk.open) complain('usage within an open part');
      return;
    default:
      if (walk.open) complain('the last word within an open part');
      walk.ended = true;
  }
}

function checkHead(
  walk: Walk,
  { index, part }: ReplyEvent & { type: 'part-start' },
  complain: (what: string) => void,
): void {
  if (walk.open) complain(`part ${walk.open.index} is still open`);
  if (index !== walk.count) complain(`index ${index} where ${walk.count} is next`);
  if (part.type === 'tool-call' && (part.id === '' || part.name === '')) complain('a call without id or name');
}

function checkWithin(walk: Walk, index: number, complain: (what: string) => void): void {
  if (!walk.open) complain('no part is open');
  else if (walk.open.index !== index) complain(`part ${walk.open.index} is open, not ${index}`);
}
