// Arguments that the model wrote as no JSON object reach every client as the model wrote them; where they are not what the wire
// asks for, that is reported.

import { describe, expect, it } from 'vitest';
import { dialectOf, dialects } from '../../src/dialects/index.ts';
import { replay } from '../../src/ir/fold.ts';
import type { Reply } from '../../src/ir/reply.ts';
import { contextFor } from '../support/fixtures.ts';

const said = (input: string, reason: Reply['finish']['reason'] = 'tool-calls'): Reply => ({
  id: 'x',
  model: 'm',
  parts: [{ type: 'tool-call', id: 'call_1', name: 'Bash', input }],
  finish: { reason },
});
const talking = dialects.filter(({ id }) => id !== 'openai-completions').map(({ id }) => id);
/** Their wires hold an object, and not its text. */
const wantsObject: readonly string[] = ['anthropic-messages', 'gemini'];

describe.each(talking)('arguments that are no object, for %s', (id) => {
  const dialect = dialectOf(id);
  const told = (reply: Reply, stream: boolean) => {
    const losses: string[] = [];
    const context = { ...contextFor(dialect), report: ({ what }: { what: string }) => losses.push(what) };
    const text = stream
      ? replay(reply)
          .flatMap(dialect.stream.encoder(context))
          .map(({ data }) => data)
          .join('\n')
      : JSON.stringify(dialect.reply.encode(reply, context));
    return { text, losses };
  };

  it.each([
    ['[7, 8]', '[7, 8]'],
    ['ls -la', 'ls -la'],
    ['7', '7'],
    ['{"command":"ls', 'ls'],
  ])('%s', (input, kept) => {
    for (const stream of [false, true]) {
      const { text, losses } = told(said(input), stream);
      expect(text).toContain(kept);
      expect(losses).toEqual(wantsObject.includes(id) ? ['tool_arguments'] : []);
    }
  });

  it.each(['{"command":"ls"}', '', ' {}'])('and says nothing of those that are: %j', (input) => {
    for (const stream of [false, true]) expect(told(said(input), stream).losses).toEqual([]);
  });
});
