// Which of the keys an operator set do nothing: one notice each, so that nobody relies on them.

import type { Notary, Notice } from './notice.ts';
import { type KeyPath, nodeAt, type OutlineNode, outline, printPath } from './outline.ts';

/** A notice for every set key without effect. A key that is set to off is what happens anyway, and is not mentioned. */
export function withoutEffect(value: unknown, notary: Notary): readonly Notice[] {
  return visit(value, outline, [], notary);
}

/** Whether a key, or a block around it, has no effect. */
export function isIdle(path: KeyPath): boolean {
  return path.some((_, index) => nodeAt(path.slice(0, index + 1))?.effect !== undefined);
}

function visit(value: unknown, node: OutlineNode, path: KeyPath, notary: Notary): readonly Notice[] {
  if (Array.isArray(value)) {
    const { items } = node;
    return items ? value.flatMap((item, index) => visit(item, items, [...path, index], notary)) : [];
  }
  if (typeof value !== 'object' || value === null || !node.properties) return [];
  const known = node.properties;
  return Object.entries(value).flatMap(([key, member]) => {
    const child = Object.hasOwn(known, key) ? known[key] : undefined;
    if (!child) return [];
    const here = [...path, key];
    const inner = visit(member, child, here, notary);
    return child.effect && !isOff(member) ? [...idle(child.effect, here, notary), ...inner] : inner;
  });
}

function idle(effect: 'now' | 'later' | 'never', path: KeyPath, notary: Notary): readonly Notice[] {
  const name = printPath(path);
  if (effect === 'never') {
    return [
      notary.atKey(
        'notice',
        path,
        `${name} is ignored: this gateway never disguises itself as another program`,
        'Remove the key. Requests go out under the gateway’s own name and with your own credentials.',
      ),
    ];
  }
  return [
    notary.atKey('notice', path, `${name} is not yet in effect in this version`, 'It may stay; it changes nothing.'),
  ];
}

function isOff(value: unknown): boolean {
  if (value === false || value === '' || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
