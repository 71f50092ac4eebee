import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../frame.ts';
import type { JsonObject } from '../../json.ts';
import { openaiChat } from './index.ts';

const { stream } = openaiChat;

const frameOf = (value: unknown): Frame => ({ data: typeof value === 'string' ? value : JSON.stringify(value) });
const delta = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'chatcmpl-1',
  model: 'up',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const fn = (index: number | undefined, id: string | undefined, name: string | undefined, args: unknown): JsonObject =>
  ({ ...(index !== undefined && { index }), id, function: { name, arguments: args } }) as JsonObject;
const calls = (...entries: JsonObject[]): JsonObject => delta({ tool_calls: entries });
const stop = (reason: string): JsonObject => delta({}, reason);

describe('meter', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  const marked = (frame: Frame): boolean => stream.meter().marks.some((mark) => `data: ${frame.data}`.includes(mark));

  it('skips plain deltas, whatever their text says', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(marked(frameOf(delta({ content: text })))).toBe(false);
      }),
    );
    for (const text of ['"finish_reason":"stop"', '"usage":{', '"error":{}', '"name":"x"'])
      expect(marked(frameOf(delta({ content: text })))).toBe(false);
    expect(marked(frameOf(calls(fn(0, undefined, undefined, '{"name":"x"}'))))).toBe(false);
  });

  it('reads the rest as the decoder does', () => {
    const chunks = [
      calls(fn(0, 'a', 'f', '{}')),
      stop('stop'),
      { id: 'chatcmpl-1', model: 'up', choices: [], usage },
      '[DONE]',
    ];
    const meter = stream.meter();
    for (const frame of chunks.map(frameOf)) if (marked(frame)) meter.read(frame);
    expect(meter.reading).toMatchObject({
      id: 'chatcmpl-1',
      model: 'up',
      usage: { input: 3, output: 2, total: 5 },
      finish: { reason: 'tool-calls', raw: 'stop' },
      ended: true,
      closed: true,
    });
    expect(stream.closing(meter.reading)).toEqual([]);
  });

  it('knows when `[DONE]` is owed, and when a stream failed', () => {
    const meter = stream.meter();
    meter.read(frameOf(stop('stop')));
    expect(stream.closing(meter.reading)).toEqual([{ data: '[DONE]' }]);
    const failed = stream.meter();
    failed.read(frameOf({ error: { message: 'x', code: 503 } }));
    expect(failed.reading.failure?.kind).toBe('overloaded');
    expect(stream.closing(failed.reading)).toEqual([]);
    expect(stream.closing(stream.meter().reading)).toEqual([]);
  });
});

describe('a stream that passes through', () => {
  const usageFrame = frameOf({ id: 'x', model: 'up', choices: [], usage: { prompt_tokens: 1 } });

  it('knows the chunk that reports usage alone, and no other', () => {
    const meter = stream.meter();
    const onlyUsage = (frame: Frame): boolean | undefined => {
      meter.read(frame);
      return meter.onlyUsage;
    };
    expect(onlyUsage(usageFrame)).toBe(true);
    expect(onlyUsage(frameOf({ choices: [], prompt_filter_results: [] }))).toBe(false);
    expect(onlyUsage(frameOf({ ...stop('stop'), usage: {} }))).toBe(false);
    expect(onlyUsage(frameOf(delta({ content: '"choices":[] "usage":{}' })))).toBe(false);
    expect(onlyUsage(usageFrame)).toBe(true);
    expect(onlyUsage(frameOf('[DONE]'))).toBe(false);
  });

  it('shows another model name where one stands', () => {
    const frame = frameOf('{"id":"x", "model" : "up","choices":[]}');
    expect(stream.relabel(frame, 'alias').data).toBe('{"id":"x", "model" : "alias","choices":[]}');
    for (const other of ['[DONE]', '{"a":"model"}', '{"model"'])
      expect(stream.relabel(frameOf(other), 'a').data).toBe(other);
  });
});
