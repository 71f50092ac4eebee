import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { CallCheck } from './call-check.ts';
import { replay } from './fold.ts';
import type { Reply } from './reply.ts';
import type { Part, Tool } from './request.ts';

const tools: readonly Tool[] = [
  { type: 'function', name: 'Bash', parameters: { type: 'object', required: ['command', 'timeout'] } },
  { type: 'function', name: 'Bash', namespace: 'remote', parameters: { type: 'object', required: ['host'] } },
  { type: 'function', name: 'now' },
  { type: 'freeform', name: 'patch' },
];
const call = (name: string, input: string, more: Partial<Extract<Part, { type: 'tool-call' }>> = {}): Part => ({
  type: 'tool-call',
  id: 'c',
  name,
  input,
  ...more,
});

function lackingIn(...parts: Part[]): unknown[] {
  const reply: Reply = { id: 'x', model: 'm', parts, finish: { reason: 'tool-calls' } };
  const told: { whole: unknown[]; streamed: unknown[] } = { whole: [], streamed: [] };
  const watch = (list: unknown[]) => ({
    lacking: (tool: string, members: readonly string[]) => list.push([tool, ...members]),
  });
  new CallCheck(tools, watch(told.whole)).whole(reply);
  const check = new CallCheck(tools, watch(told.streamed));
  for (const event of replay(reply)) check.hear(event);
  expect(told.streamed).toEqual(told.whole);
  return told.whole;
}

describe('a call whose arguments lack what its tool requires', () => {
  it.each([
    ['{"timeout":1}', ['command']],
    ['{}', ['command', 'timeout']],
    ['', ['command', 'timeout']],
  ])('is told with what is missing: %j', (input, missing) => {
    expect(lackingIn({ type: 'text', text: '{}' }, call('Bash', input))).toEqual([['Bash', ...missing]]);
  });

  it('is known by its namespace too', () => {
    expect(lackingIn(call('Bash', '{}', { namespace: 'remote' }))).toEqual([['Bash', 'host']]);
  });

  it.each([
    call('Bash', '{"command":null,"timeout":0,"more":1}'),
    call('Bash', '{"command":"cut'),
    call('now', ''),
    call('unknown', '{}'),
    call('patch', '{}', { freeform: true }),
  ])('is no other: %j', (part) => {
    expect(lackingIn(part)).toEqual([]);
  });

  it('is not one that the stream broke off in', () => {
    const told: unknown[] = [];
    const check = new CallCheck(tools, { lacking: (...heard) => told.push(heard) });
    check.hear({ type: 'part-start', index: 0, part: { type: 'tool-call', id: 'c', name: 'Bash' } });
    check.hear({ type: 'part-end', index: 0 });
    check.hear({ type: 'failure', error: new GatewayError('upstream', 'It broke off.') });
    expect(told).toEqual([]);
  });
});
