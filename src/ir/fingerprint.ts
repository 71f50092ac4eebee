// Short stable fingerprints for ids that must change: the same text gives the same letters on every machine, for ever.

/** Eight to fourteen lower-case letters and digits (FNV-1a, two lanes). Not for secrets. */
export function fingerprint(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x6c62272e;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ (code + at), 0x01000193);
  }
  return `${(low >>> 0).toString(36).padStart(4, '0')}${(high >>> 0).toString(36).padStart(4, '0')}`;
}
