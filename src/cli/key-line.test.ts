import { expect, it } from 'vitest';
import { keyInFile } from './key-line.ts';

it('finds the first of very many keys without looking at all of them', () => {
  const keys = Array.from({ length: 2000 }, (_, index) => `key-${index}`);
  const text = `api-keys:\n${keys.map((key) => `  - ${key}\n`).join('')}`;
  const looked: string[] = [];
  const counted = new Proxy(keys, {
    get(target, member, receiver) {
      if (typeof member === 'string' && /^\d+$/.test(member)) looked.push(member);
      return Reflect.get(target, member, receiver);
    },
  });
  expect(keyInFile(text, '/c.yaml', counted)).toEqual({ key: "$(sed -n 2p '/c.yaml' | cut -c 5-9)" });
  expect(looked.length).toBeLessThan(10);
});
