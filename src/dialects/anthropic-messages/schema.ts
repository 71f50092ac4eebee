// A tool's schema as Anthropic takes it: a plain object at the root of the input.

import type { JsonObject } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { mergedRoot } from '../merged-root.ts';

/** A tool's schema with `type: object` at its root. Object branches at the root are merged: all properties, and what all require. */
export function inputSchema(parameters: JsonObject | undefined, report: Report): JsonObject {
  if (!parameters) return { type: 'object', properties: {} };
  const merged = mergedRoot(parameters);
  if (!merged) return parameters.type === 'object' ? parameters : { ...parameters, type: 'object' };
  report({
    what: 'input_schema',
    why: 'Anthropic takes no anyOf, oneOf or allOf at the root of a tool schema; its object branches were merged.',
  });
  return merged;
}
