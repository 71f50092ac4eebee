// What a client means by a model's name, and what to say when nothing goes by it.

import { GatewayError } from '../errors.ts';
import { nearest } from '../nearest.ts';

/** The error for a name that nothing goes by; tells the nearest names that do. */
export function modelNotFound(name: string, known: readonly string[]): GatewayError {
  const near = nearest(name, known, 3);
  const hint = near.length > 0 ? ` Did you mean ${near.map((id) => `"${id}"`).join(' or ')}?` : '';
  return new GatewayError(
    'model-not-found',
    `The model "${name}" is not offered by any configured provider.${hint} GET /v1/models lists every id that can be used.`,
    { code: 'model_not_found', param: 'model' },
  );
}
