import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutput } from './output.ts';

/** Something to write to that takes so much at a time, or fails. */
function sink() {
  let text = '';
  let takes: number | string = Number.MAX_SAFE_INTEGER;
  const write = (bytes: Uint8Array): number => {
    if (typeof takes === 'string') throw Object.assign(new Error(takes), { code: takes });
    const taken = Math.min(takes, bytes.length);
    text += Buffer.from(bytes.subarray(0, taken)).toString('latin1');
    return taken;
  };
  return {
    write,
    takes: (next: number | string) => {
      takes = next;
    },
    get text() {
      return text;
    },
  };
}
const lossNote = (lines: number): string => `lost ${lines}\n`;

describe('the output of the log', () => {
  it('writes at once, in as many pieces as it takes', () => {
    const to = sink();
    const output = createOutput({ write: to.write, lossNote });
    to.takes(4);
    output.write('one\n');
    expect(to.text).toBe('one\n');
    output.write('two\nthree\n');
    expect(to.text).toBe('one\ntwo\nthree\n');
    expect(output.flush()).toBe(true);
  });

  it('keeps what a reader who pauses did not take, up to a bound, and tells what was lost', () => {
    const to = sink();
    const output = createOutput({ write: to.write, lossNote, most: 8 });
    to.takes('EAGAIN');
    for (const line of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']) output.write(`${line}\n`);
    expect(output.flush()).toBe(false);
    to.takes(1);
    expect(output.flush()).toBe(true);
    expect(to.text).toBe('a\nlost 3\nb\nc\nd\ne\nf\n');
  });

  it('counts every line of a text that was lost', () => {
    const to = sink();
    const output = createOutput({ write: to.write, lossNote, most: 8 });
    to.takes('EAGAIN');
    output.write('a\nb\n', 2);
    for (const text of ['c\nd\n', 'e\nf\ng\n', 'h\ni\nj\n']) output.write(text, text.length / 2);
    output.write('k\n');
    to.takes(100);
    expect(output.flush()).toBe(true);
    expect(to.text).toBe('a\nb\nlost 4\nc\nd\ne\nf\ng\n');
  });

  it('survives a full disk, and goes on when there is room again', () => {
    const to = sink();
    const output = createOutput({ write: to.write, lossNote });
    output.write('before\n');
    to.takes('ENOSPC');
    output.write('one\n');
    output.write('two\n');
    expect(output.flush()).toBe(false);
    to.takes(100);
    output.write('after\n');
    expect(to.text).toBe('before\nlost 2\nafter\n');
  });

  it('begins a new line after one that was cut off', () => {
    const to = sink();
    const takes = [6, 'ENOSPC', 100];
    const write = (bytes: Uint8Array): number => {
      to.takes(takes.shift() ?? 100);
      return to.write(bytes);
    };
    const output = createOutput({ write, lossNote });
    output.write('one\ntwo\nthree\n', 3);
    expect(to.text).toBe('one\ntw');
    output.write('four\n');
    expect(output.flush()).toBe(true);
    expect(to.text).toBe('one\ntw\nlost 2\nfour\n');
  });

  it('says no more to a pipe that is gone', () => {
    const to = sink();
    const output = createOutput({ write: to.write, lossNote });
    to.takes('EPIPE');
    output.write('one\n');
    to.takes(100);
    output.write('two\n');
    expect(output.flush()).toBe(true);
    expect(to.text).toBe('');
  });

  it('shows or counts every line, whatever happens to the writes', () => {
    const fates = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom('EAGAIN', 'ENOSPC')));
    fc.assert(
      fc.property(fates, fc.array(fc.stringMatching(/^[a-z]{0,6}$/)), (all, words) => {
        const to = sink();
        const queue = [...all];
        const write = (bytes: Uint8Array): number => {
          to.takes(queue.shift() ?? 100);
          return to.write(bytes);
        };
        const output = createOutput({ write, lossNote });
        for (const word of words) output.write(`L${word}\n`);
        for (let turn = 0; turn <= all.length; turn++) output.flush();
        const shown = to.text.split('\n').slice(0, -1);
        const whole = shown.filter((line) => line.startsWith('L') && words.includes(line.slice(1)));
        const lost = shown.reduce((sum, line) => sum + Number(/^lost (\d+)$/.exec(line)?.[1] ?? 0), 0);
        expect(output.flush()).toBe(true);
        expect(whole.length + lost).toBeGreaterThanOrEqual(words.length);
      }),
    );
  });
});
