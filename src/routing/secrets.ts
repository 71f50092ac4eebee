// Some services repeat the key they were shown. It is the operator's: neither clients nor the log may learn it.

import { GatewayError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { formsOf } from '../observe/secret-forms.ts';
import type { Credential } from './credential.ts';

/** What a service was shown. */
export type Shown = Pick<Credential, 'key' | 'headers'>;

/** The text without what was shown to the service. */
function withoutSecrets(text: string, { key, headers }: Shown): string {
  return [key ?? '', ...Object.values(headers)]
    .flatMap(formsOf)
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}

/** A frame that tells an error, without what was shown to the service; the same frame where there is nothing of it. */
export function cleanFrame(frame: Frame, shown: Shown): Frame {
  const data = withoutSecrets(frame.data, shown);
  return data === frame.data ? frame : { ...frame, data };
}

/** The error of an attempt, whatever form its upstream gave it, without what was shown to the service. */
export function cleanError(error: GatewayError, shown: Shown): GatewayError {
  const { detail, wire } = error.facts;
  const clean = (text: string): string => withoutSecrets(text, shown);
  const told = [error.message, detail ?? '', wire?.body ?? '', ...Object.values(wire?.headers ?? {})];
  if (told.every((text) => clean(text) === text)) return error;
  const headers = Object.fromEntries(Object.entries(wire?.headers ?? {}).map(([name, value]) => [name, clean(value)]));
  return new GatewayError(error.kind, clean(error.message), {
    ...error.facts,
    ...(detail !== undefined && { detail: clean(detail) }),
    ...(wire && { wire: { ...wire, body: clean(wire.body), headers } }),
  });
}
