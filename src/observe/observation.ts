// Everything worth knowing that happens. The core says what happened; listeners decide what it is worth.

import type { DialectId, Operation } from '../envelope.ts';
import type { ErrorKind, GatewayError } from '../errors.ts';
import type { FinishReason, Usage } from '../ir/reply.ts';
import type { Loss } from '../loss.ts';

export type Observation =
  | { readonly type: 'listening'; readonly host: string; readonly port: number }
  | { readonly type: 'stopped'; readonly drained: boolean }
  | { readonly type: 'request-refused'; readonly exchange: string; readonly path: string; readonly error: GatewayError }
  | {
      readonly type: 'attempt-failed';
      readonly exchange: string;
      readonly provider: string;
      readonly credential: string;
      readonly model: string;
      readonly error: GatewayError;
      /** Another candidate is tried. */
      readonly next: boolean;
    }
  | {
      readonly type: 'translation-lost';
      readonly exchange: string;
      readonly from: DialectId;
      readonly to: DialectId;
      readonly losses: readonly Loss[];
    }
  | {
      readonly type: 'models-listed';
      readonly provider: string;
      readonly credential: string;
      readonly models: number;
    }
  | {
      readonly type: 'models-unlisted';
      readonly provider: string;
      readonly credential: string;
      readonly error: GatewayError;
    }
  | ({ readonly type: 'exchange-finished' } & Outcome);

/** One client request and all that came of it, in metadata. Times in milliseconds. */
export interface Outcome {
  readonly exchange: string;
  readonly dialect: DialectId;
  readonly operation: Operation;
  readonly stream: boolean;
  /** As the client named it. */
  readonly model: string;
  /** The candidate that answered, if one did. */
  readonly provider?: string;
  readonly credential?: string;
  readonly upstreamModel?: string;
  readonly upstreamDialect?: DialectId;
  readonly attempts: number;
  readonly status: number;
  readonly kind?: ErrorKind;
  readonly detail?: string;
  readonly usage?: Usage;
  readonly finish?: FinishReason;
  readonly milliseconds: number;
  /** Who ended it. */
  readonly endedBy: 'upstream' | 'client' | 'gateway';
}

export type Observe = (observation: Observation) => void;
