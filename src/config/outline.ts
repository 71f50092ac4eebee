// The schema as a tree that can be walked by key path: for messages that say what a key expects, for finding keys without
// effect, and for the generated pages.

import * as z from 'zod';
import type { Effect } from './fields.ts';
import { configSchema } from './schema.ts';

/** The way to a value: keys, and places in lists, which count from 0. Empty for the document as a whole. */
export type KeyPath = readonly (string | number)[];

/** One node of the schema, as JSON Schema with our own marks. */
export interface OutlineNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly sample?: unknown;
  readonly effect?: Effect;
  /** What it expects, where its type does not tell. */
  readonly expects?: string;
  /** Other words for some of `enum`. */
  readonly spellings?: Readonly<Record<string, string>>;
  /** A value outside of it is replaced: a number by the nearest that is allowed, anything else by the default. */
  readonly forgiving?: boolean;
  /** The key that a single value in place of the block is meant for. */
  readonly shorthand?: string;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly OutlineNode[];
  readonly properties?: Readonly<Record<string, OutlineNode>>;
  readonly required?: readonly string[];
  readonly items?: OutlineNode;
  readonly additionalProperties?: OutlineNode | boolean;
}

/** The whole schema, as operators may write it: keys with a default are not required. */
export const outline = z.toJSONSchema(configSchema, { io: 'input' }) as OutlineNode;

/** The node a key path leads to; undefined where the schema says nothing. */
export function nodeAt(path: KeyPath): OutlineNode | undefined {
  let node: OutlineNode | undefined = outline;
  for (const step of path) node = node && childOf(node, step);
  return node;
}

/** The node of a member or an item. */
export function childOf(node: OutlineNode, step: string | number): OutlineNode | undefined {
  if (typeof step === 'number') return node.items;
  if (node.properties && Object.hasOwn(node.properties, step)) return node.properties[step];
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
}

/** A key path as operators write it: `claude-api-key[0].models[2].name`. */
export function printPath(path: KeyPath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

/** What a node expects, in words that follow "must be". */
export function expectation(node: OutlineNode): string {
  if (node.expects !== undefined) return node.expects;
  if (node.enum) return `one of ${node.enum.join(', ')}`;
  if (node.anyOf) return node.anyOf.map(expectation).join(' or ');
  switch (node.type) {
    case 'integer':
      return `a${node.minimum === undefined || node.minimum < -1e9 ? ' whole' : ''} number${range(node)}`;
    case 'number':
      return `a number${range(node)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    case 'array':
      return `a list of${node.minItems ? ' one or more' : ''} ${itemsOf(node)}`;
    case 'object':
      return 'a block of keys';
    default:
      return 'anything';
  }
}

function itemsOf({ items = {} }: OutlineNode): string {
  if (items.type !== 'object') return 'texts';
  return items.shorthand === undefined ? 'entries' : 'texts or entries';
}

function range({ minimum, maximum }: OutlineNode): string {
  const least = minimum !== undefined && minimum > -1e9 ? minimum : undefined;
  const most = maximum !== undefined && maximum < 1e9 ? maximum : undefined;
  if (least !== undefined && most !== undefined) return ` between ${least} and ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  return most === undefined ? '' : ` of at most ${most}`;
}
