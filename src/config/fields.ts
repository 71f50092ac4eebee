// The words the schema is written in: text, spans of time, and the marks of keys that have no effect. What is said here of a key is
// what the reference page, the example file and the messages say.

import * as z from 'zod';
import { durationPattern, milliseconds } from './duration.ts';

/** Whether a key does something: it does, it will in a later version, or it never will because it disguises the sender. */
export type Effect = 'now' | 'later' | 'never';

/** Text; spaces around it do not count. */
export const text = () => z.string().trim();

/** Text that must say something. */
export const word = () => text().min(1);

/** A span of time in whole seconds. */
export const seconds = () => z.int().min(0).max(86_400);

/** A span of time with a unit, kept as it is written. */
export const duration = () =>
  text()
    .refine((written) => durationPattern.test(written) && milliseconds(written) > 0)
    .meta({ expects: 'a span of time such as 1h, 90m, 1h30m or a number of seconds' });

/** One of some words, with other spellings that are read as one of them. */
export const choice = <const Word extends string>(
  words: readonly [Word, ...Word[]] | readonly Word[],
  spellings: Readonly<Record<string, Word>>,
) => z.enum(words).meta({ spellings });

/** A key of CLIProxyAPI that takes any value there: one that means nothing here is put right and mentioned, and refuses no start. */
export const forgiving = <T extends z.ZodType>(schema: T): T => schema.meta({ forgiving: true });

/** A key with its description and, where the default does not show how it is written, a sample value. */
export function field<T extends z.ZodType>(schema: T, description: string, sample?: unknown): T {
  return schema.meta({ description, ...(sample !== undefined && { sample }) });
}

/** A key of CLIProxyAPI that a later version gives effect to: checked for its type, then only mentioned. */
export function later<T extends z.ZodType>(schema: T, description: string) {
  return schema.optional().meta({ description, effect: 'later' satisfies Effect });
}

/** A block of such keys; what is in it is not looked at. */
export const laterBlock = (description: string) => later(z.looseObject({}), description);

/** A list of such blocks; what is in it is not looked at. */
export const laterList = (description: string) => later(z.array(z.unknown()), description);

/** A key of CLIProxyAPI that makes the gateway look like another program. */
export function never(description: string) {
  return z
    .unknown()
    .optional()
    .meta({ description, effect: 'never' satisfies Effect });
}

/** Values that nobody changes any more. */
export type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;
