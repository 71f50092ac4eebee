// Where no upstream counts tokens, the gateway estimates them, and says so.

import { GatewayError } from '../errors.ts';
import { estimateTokens } from '../ir/estimate.ts';
import type { Candidate } from '../routing/catalogue.ts';
import type { Exchange, WholeAnswer } from './exchange.ts';
import { decodeRequest } from './translate.ts';

/** Whether this refusal of a count means that the service has no counter: what services answer at a path they do not have. */
export function hasNoCounter({ envelope }: Exchange, { status }: GatewayError): boolean {
  return envelope.operation === 'count-tokens' && (status === 404 || status === 405 || status === 501);
}

/** What is answered where no endpoint of the candidate serves the operation. */
export function withoutRoute(exchange: Exchange, { credential }: Candidate): WholeAnswer {
  const { count } = exchange.dialect;
  if (exchange.envelope.operation !== 'count-tokens' || !count)
    throw new GatewayError(
      'unsupported',
      `${credential.provider.title} does not offer ${exchange.envelope.operation} to this client's dialect.`,
    );
  return {
    type: 'whole',
    status: 200,
    headers: { 'x-cliproxy-estimate': 'tokens' },
    body: JSON.stringify(count.encode(estimateTokens(decodeRequest(exchange)))),
  };
}
