// What the loader has to say of a file: where, what, and what to do about it.

import { type KeyPath, printPath } from './outline.ts';

/** A problem keeps the file from being used; a warning means that something in it is not; a notice that a key does nothing yet. */
type Level = 'problem' | 'warning' | 'notice';

/** Something to say of a configuration, where it stands, and what to do about it. */
export interface Notice {
  readonly level: Level;
  /** The key path, `claude-api-key[0].proxy-url`; empty for the file as a whole. */
  readonly path: string;
  /** The file it concerns, where that is another than the configuration itself. */
  readonly file?: string;
  /** From 1, as `column`; absent where it is about no place in particular. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
}
/** A notice that keeps the configuration from being used. */
export type Problem = Notice & { readonly level: 'problem' };

/** A place in a text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Makes notices whose positions are looked up by key path. */
export interface Notary {
  at(level: Level, path: KeyPath, message: string, advice: string): Notice;
  /** The same, placed at the key itself and not at its value. */
  atKey(level: Level, path: KeyPath, message: string, advice: string): Notice;
}

/** `locate` says where a path is written; where it knows no place, the notice has none. */
export function notary(locate: (path: KeyPath, part: 'key' | 'value') => Position | undefined): Notary {
  const made =
    (part: 'key' | 'value') =>
    (level: Level, path: KeyPath, message: string, advice: string): Notice => ({
      level,
      path: printPath(path),
      ...locate(path, part),
      message,
      advice,
    });
  return { at: made('value'), atKey: made('key') };
}

/** A notice in two lines: `config.yaml:3:7: message`, and what to do. */
export function printNotice(notice: Notice, file: string): string {
  const about = notice.file ?? file;
  const place = notice.line === undefined ? about : `${about}:${notice.line}:${notice.column ?? 1}`;
  return `${place}: ${notice.level}: ${notice.message}\n    ${notice.advice}\n`;
}
