// What to say of a model's name that nothing goes by.

import { GatewayError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/** Longer names are shown cut off, and compared with nothing: their length is a stranger's choice. */
const longest = 200;

/** The error for a name that nothing goes by; tells the nearest names that do. */
export function modelNotFound(name: string, known: readonly string[]): GatewayError {
  const near = name.length > longest ? [] : nearest(name, known, 3);
  const hint = near.length > 0 ? ` Did you mean ${near.map((id) => `"${id}"`).join(' or ')}?` : '';
  return new GatewayError(
    'model-not-found',
    `The model "${name.length > longest ? `${name.slice(0, longest)}…` : name}" is not offered by any configured provider.${hint} GET /v1/models lists every id that can be used.`,
    { code: 'model_not_found', param: 'model' },
  );
}
