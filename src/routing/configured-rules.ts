// The operator's verdicts on errors (`request-scoped-errors`) as they are applied: their patterns are compiled here, once.

import type { ErrorRuleItem } from '../config/error-rules.ts';
import { readPattern } from '../config/pattern.ts';
import type { ErrorRule } from './credential.ts';

/** The rules of an entry or a channel, in its order. */
export function errorRulesOf(items: readonly ErrorRuleItem[]): readonly ErrorRule[] {
  return items.map(({ status, match = [], 'match-regexr': patterns = [], action }) => ({
    ...(status !== undefined && { status }),
    match,
    patterns: patterns.map(readPattern),
    action,
  }));
}
