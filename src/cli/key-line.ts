// Where a client key stands in the text of a configuration, as a shell finds it there: for a command that shows no key and works.

import { readDocument } from '../config/document.ts';
import { asArray, asObject } from '../json.ts';

/** A key as it is written within double quotes of a shell, and what must be so for it to work. */
export interface ShellKey {
  readonly key: string;
  readonly note?: string;
}

/** A way to one of the keys through the file, or the variable that the file names; undefined where neither leads to one. */
export function keyInFile(text: string, path: string, keys: readonly string[]): ShellKey | undefined {
  const document = readDocument(text);
  if ('problems' in document) return undefined;
  const lines = text.split('\n');
  const listed = asArray(asObject(document.value)?.['api-keys']) ?? [];
  const wayTo = (index: number): ShellKey | undefined => {
    const at = document.locate(['api-keys', index], 'value');
    if (at === undefined) return undefined;
    const line = lines[at.line - 1] ?? '';
    // Some `cut` count bytes.
    if (/[^\t\x20-\x7e\r]/.test(line.slice(0, at.column))) return undefined;
    const start = at.column - 1 + (/^["']/.test(line.slice(at.column - 1)) ? 1 : 0);
    const rest = line.slice(start);
    const key = keys.find((one) => rest.startsWith(one) && /^(["'\s,\]]|$)/.test(rest.slice(one.length)));
    if (key !== undefined)
      return { key: `$(sed -n ${at.line}p ${quoted(path)} | cut -c ${start + 1}-${start + key.length})` };
    const [, name] = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}(["'\s,\]]|$)/.exec(rest) ?? [];
    return name === undefined ? undefined : { key: `$${name}`, note: `   # with ${name} set as the gateway has it` };
  };
  // One is enough: each is held against all keys.
  let conditional: ShellKey | undefined;
  for (const index of listed.keys()) {
    const way = wayTo(index);
    if (way && way.note === undefined) return way;
    conditional ??= way;
  }
  return conditional;
}

/** A path as one word for a POSIX shell, whatever is in it. */
export const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;
