import { describe, expect, it } from 'vitest';
import type { Part, Turn } from './request.ts';
import { nameSpeakers } from './speakers.ts';

const text = (words: string): Part => ({ type: 'text', text: words });
const image: Part = { type: 'media', mediaType: 'image/png', source: { data: 'AA' } };
const user = (name: string | undefined, ...parts: readonly Part[]): Turn => ({
  role: 'user',
  ...(name !== undefined && { name }),
  parts,
});

function named(turns: readonly Turn[], namesSpeakers = false): { turns: readonly Turn[]; losses: readonly string[] } {
  const losses: string[] = [];
  return { turns: nameSpeakers(turns, { namesSpeakers }, ({ what }) => losses.push(what)), losses };
}

describe('names of speakers', () => {
  it.each<[string, Turn, Turn]>([
    ['before the words', user('al', text('hi')), user(undefined, text('al: hi'))],
    [
      'before the first words',
      user('al', image, text('hi'), text('ho')),
      user(undefined, image, text('al: hi'), text('ho')),
    ],
    ['before a picture', user('al', image), user(undefined, text('al:'), image)],
    ['nowhere in a turn that says nothing', user('al'), user(undefined)],
    [
      'not in the words of the model',
      { ...user('al', text('hi')), role: 'assistant' },
      { role: 'assistant', parts: [text('hi')] },
    ],
    ['not in system text', { ...user('al', text('hi')), role: 'system' }, { role: 'system', parts: [text('hi')] }],
  ])('are told %s', (_where, turn, told) => {
    expect(named([turn])).toEqual({ turns: [told], losses: ['name'] });
  });

  it('stay where they are known, and nothing is said where there are none', () => {
    const turns = [user('al', text('hi')), user(undefined, text('ho'))];
    expect(named(turns, true)).toEqual({ turns, losses: [] });
    expect(named(turns.slice(1))).toEqual({ turns: turns.slice(1), losses: [] });
  });

  it('change no turn that was told before', () => {
    const turns = [user('al', text('hi')), user('bob', text('ho')), user('al', text('hm'))];
    const whole = named(turns).turns;
    for (let length = 0; length < turns.length; length++)
      expect(named(turns.slice(0, length)).turns).toEqual(whole.slice(0, length));
  });
});
