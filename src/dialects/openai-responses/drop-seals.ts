// A history without its reasoning items: for an account that refuses the encrypted content it carries, or does not store the items
// it names.

import type { Body } from '../../body.ts';
import { asArray, asObject } from '../../json.ts';
import type { Report } from '../../loss.ts';

/** The body without reasoning items. Untouched where it holds none. */
export function dropSeals(body: Body, report: Report): Body {
  const input = asArray(body.get('input'));
  const kept = input?.filter((item) => asObject(item)?.type !== 'reasoning');
  if (!input || !kept || kept.length === input.length) return body;
  report({
    what: 'reasoning_history',
    why: 'Earlier reasoning is encrypted for another account, which alone can read it; it was left out.',
  });
  return body.set('input', kept, input);
}
