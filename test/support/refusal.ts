// What a client is told where its request is refused.

import { GatewayError } from '../../src/errors.ts';

/** The error that this throws; fails where it throws none of ours. */
export function refusal(act: () => unknown): GatewayError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}
