// How an error is told to the client that asked: in its dialect, and in upstream's own words where upstream speaks that dialect too.

import type { Dialect } from '../dialects/dialect.ts';
import type { GatewayError } from '../errors.ts';

/** An error as it is written to a client. */
export interface ToldError {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

/** What a client of this dialect gets for an error. */
export function toldError(dialect: Dialect, error: GatewayError): ToldError {
  const { wire } = error.facts;
  if (wire?.dialect === dialect.id && looksLikeJson(wire.body)) return wire;
  const { status, body } = dialect.error.encode(error);
  return { status, body: JSON.stringify(body) };
}

function looksLikeJson(text: string): boolean {
  return text.trimStart().startsWith('{');
}
