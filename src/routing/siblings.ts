// A model and its preview: where the operator wishes it, one stands in for the other when its quota is used up everywhere.

import type { Candidate, Catalogue } from './catalogue.ts';
import { findOffer } from './lookup.ts';
import type { Resolution } from './names.ts';
import type { Asked } from './obstacles.ts';

const preview = /^(.+)-preview(?:-\d\d-\d\d)?$/;
const previewEnd = /^-preview(?:-\d\d-\d\d)?$/;

/** What stands in for a name: the stable model for a preview, else a preview of it. */
export function siblingOf(catalogue: Catalogue, { name, chain }: Resolution): Resolution | undefined {
  if (chain) return undefined;
  const stable = preview.exec(name)?.[1];
  if (stable !== undefined) return findOffer(catalogue, stable);
  const plain = findOffer(catalogue, `${name}-preview`);
  if (plain) return plain;
  const dated = [...catalogue.offers.keys()].find(
    (key) => key.startsWith(name) && previewEnd.test(key.slice(name.length)),
  );
  return dated === undefined ? undefined : findOffer(catalogue, dated);
}

/** Whether every candidate that could be used at all rests because its quota is used up, or just said so (`spent`). */
export function quotaIsUsedUp(
  candidates: readonly Candidate[],
  { live, now }: Asked,
  spent: (candidate: Candidate) => boolean,
): boolean {
  const at = now();
  const able = candidates.filter(({ credential }) => credential.unusable === undefined);
  return (
    able.length > 0 &&
    able.every((candidate) => {
      if (spent(candidate)) return true;
      const label = live.health.cooldownOf(candidate, at)?.label;
      return label === 'quota' || label === 'payment_required';
    })
  );
}
