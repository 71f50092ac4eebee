// What a service that speaks a dialect refuses in a history. Declared by each dialect as data.

import type { Target } from '../envelope.ts';
import type { HostedKind } from './request.ts';

/**
 * What becomes of a last turn of the assistant: the model goes on with it, begins a new message behind it, or its service refuses it;
 * `marked`: refuses it unless it is marked as an answer begun, with which it goes on.
 */
export type Prefill = 'continued' | 'left' | 'marked' | 'refused';

/** What a dialect's home service demands of a history (ids, names, order of turns); `repair` reads it and cites the rule for each. */
export interface Limits {
  /** A turn may say who speaks. */
  readonly namesSpeakers?: boolean;
  /** What ids of calls may look like; lengths are in characters. */
  readonly toolId: { readonly pattern: RegExp; readonly maxLength: number };
  readonly toolName: { readonly pattern: RegExp; readonly maxLength: number };
  /** Built-in tools that stand among the functions by a name, which no function may then have. */
  readonly hostedNames?: Readonly<Partial<Record<HostedKind, string>>>;
  /** Built-in tools run whatever the choice says: those that it rules out are not offered. */
  readonly unboundHosted?: boolean;
  /** Text parts may be empty or only white space. */
  readonly emptyText: boolean;
  /** Adjacent turns of one role may stand; otherwise they are merged. */
  readonly adjacentRoles: boolean;
  /** The first non-system turn must be the user's. */
  readonly startsWithUser: boolean;
  readonly prefill: Prefill | ((target: Target) => Prefill);
  /** `anywhere`: system turns stay where they were said; `first`: only at the head, later ones become tagged user text. */
  readonly systemTurns: 'anywhere' | 'first';
  /** Knows freeform tools; otherwise they become functions with one string `input`. */
  readonly freeformTools: boolean;
  /** Knows tool namespaces; otherwise names are joined. */
  readonly namespaces: boolean;
  /** Every call must be answered and every result must have its call. */
  readonly pairedTools: boolean;
  /** Media may stand within a tool result; otherwise it moves to a user turn after the results. */
  readonly mediaInResults: boolean;
  /** Reasoning without a seal of the target's maker may be replayed as text. */
  readonly unsealedReasoning: boolean;
}
