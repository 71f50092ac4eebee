import { expect, it } from 'vitest';
import { stream } from './stream.ts';

it('has keep-alives behind which older readers of the vendor, as in Gemini CLI, find the next event', () => {
  const event = /^\s*data: (.*)(?:\n\n|\r\r|\r\n\r\n)/;
  const text = `${stream.keepAlive}data: {"a":1}\n\n${stream.keepAlive}data: {"b":2}\n\n${stream.keepAlive}`;
  const first = event.exec(text);
  expect(first?.[1]).toBe('{"a":1}');
  const rest = text.slice(first?.[0].length);
  const second = event.exec(rest);
  expect(second?.[1]).toBe('{"b":2}');
  expect(rest.slice(second?.[0].length).trim()).toBe('');
});
