// The contract of a service: where it listens, in which dialects, how a key is shown to it, and which models it has.

import type { Body } from '../body.ts';
import type { Accent, DialectId, Envelope, ModelLimits, Operation } from '../envelope.ts';
import type { GatewayError } from '../errors.ts';
import type { Json } from '../json.ts';

/** A service as data: one value for all of its credentials. */
export interface Provider {
  /** The id shown in lists and logs, and used to pin: `claude`, `deepseek`. */
  readonly id: string;
  /** The name a person would use. */
  readonly title: string;
  /** The top-level key of config.yaml that lists its credentials. */
  readonly configKey: string;
  /** Who makes its models: seals go back to their maker only. */
  readonly maker: string;
  /** What can open its seals: only the account that made them. Absent: any account of its maker. */
  readonly sealsBoundTo?: 'account';
  /** Where it listens unless a credential says otherwise, without a trailing slash; absent: the credential must say. */
  readonly baseUrl?: string;
  /** What its own paths begin with, `/v1`: taken off a base URL that ends in it, or it would stand there twice. */
  readonly version?: string;
  /** The dialects it speaks natively, preferred first. */
  readonly endpoints: Partial<Record<DialectId, Endpoint>>;
  readonly accent: Accent;
  /** What it is known to offer, used where neither the operator nor the service lists models. */
  readonly models: readonly Model[];
  /** What is known of models that are not offered unless somebody lists them. */
  readonly older?: readonly Model[];
  readonly listing?: Listing;
  /** Whether it works without a key (local servers). */
  readonly keyless?: boolean;
  /** What this service means by an error that its dialect reads otherwise. */
  judge?(error: GatewayError): GatewayError;
}

/** A model of a service, and what is known of it. */
export interface Model {
  /** The id the service knows. */
  readonly id: string;
  /** What it is called in lists; absent: by its id. */
  readonly title?: string;
  readonly limits: ModelLimits;
}

/** What an endpoint may know of one call. */
export interface EndpointCall {
  readonly operation: Operation;
  /** The id the service knows. */
  readonly model: string;
  readonly stream: boolean;
  /** The client's method, where an operation has several. */
  readonly action: Envelope['action'];
  /** The base URL of the credential, or the provider's. */
  readonly baseUrl: string;
  /** Whether that base URL is the provider's own and not one the operator gave. */
  readonly home: boolean;
}

/** How one dialect is spoken to a service. */
export interface Endpoint {
  /** What it answers; a request for anything else goes elsewhere. */
  readonly operations: readonly Operation[];
  /** Only where the base URL is at one of these: the path lies elsewhere than below it. */
  readonly hosts?: readonly string[];
  /** The whole address of a call, with its query. */
  url(call: EndpointCall): string;
  /** How the key is shown. */
  sign(key: string, call: EndpointCall): Readonly<Record<string, string>>;
  /** Headers the protocol requires. The client's own values of these win in a same-dialect relay. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The last word on the body, for what the service is known to reject. */
  shape?(body: Body, call: EndpointCall): Shaped;
}
/** A body as it leaves, and headers that part of it has become. */
export interface Shaped {
  readonly body: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a service tells which models it has. */
export interface Listing {
  /** Where it tells, below a base URL without a trailing slash. */
  url(baseUrl: string): string;
  /** How the key is shown: as calls show it, which hangs on whether the base URL is the provider's own. */
  sign(key: string, home: boolean): Readonly<Record<string, string>>;
  /** What a page of the list names; empty for anything else than a list. */
  read(reply: Json): readonly Model[];
}

/** The key as most services want it: in an `authorization` header. */
export const bearer = (key: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${key}` });
