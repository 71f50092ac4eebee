// Values from the environment: `${NAME}` anywhere in a text of the configuration, `$${` for a literal `${`.

import type { KeyPath } from './outline.ts';

/** Variables by their names, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value with the environment put in. */
export interface Substituted {
  readonly value: unknown;
  /** Names that are not set, and where they are asked for. */
  readonly missing: readonly { readonly path: KeyPath; readonly name: string }[];
}

const reference = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Puts the environment into every text of a value. A name that is not set stays as it is written, and is reported. */
export function substitute(value: unknown, env: Environment): Substituted {
  const missing: { path: KeyPath; name: string }[] = [];
  const filled = (text: string, path: KeyPath): string =>
    text.replace(reference, (whole, name: string) => {
      if (whole.startsWith('$$')) return whole.slice(1);
      const found = env[name];
      if (found === undefined) missing.push({ path, name });
      return found ?? whole;
    });
  const visit = (node: unknown, path: KeyPath): unknown => {
    if (typeof node === 'string') return filled(node, path);
    if (Array.isArray(node)) return node.map((item, index) => visit(item, [...path, index]));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, visit(member, [...path, key])]));
  };
  return { value: visit(value, []), missing };
}
