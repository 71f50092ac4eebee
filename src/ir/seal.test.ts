import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSeal, sealFor, sealMark, writeSeal } from './seal.ts';

fc.configureGlobal({ seed: 20_261_122 });

const maker = fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/);
const token = fc.string();

describe('a seal', () => {
  it('comes back from any slot as it went in, whoever owns the slot', () => {
    fc.assert(
      fc.property(maker, maker, token, (sealMaker, slotMaker, text) => {
        const seal = { maker: sealMaker, token: text };
        // A native token that looks like our mark cannot be told from one of ours; vendors' tokens are base64.
        fc.pre(!text.startsWith(sealMark));
        expect(readSeal(sealFor(seal, slotMaker), slotMaker)).toEqual(seal);
        expect(readSeal(writeSeal(seal), slotMaker)).toEqual(seal);
      }),
    );
  });

  it('is bare exactly where its maker owns the slot, and marked elsewhere', () => {
    const seal = { maker: 'google', token: 'AB:C=' };
    expect(sealFor(seal, 'google')).toBe('AB:C=');
    expect(sealFor(seal, 'anthropic')).toBe('cliproxy.seal.google:AB:C=');
    expect(sealFor(seal, 'anthropic')).toContain(sealMark);
  });

  it('reads unmarked and broken marks as native tokens', () => {
    expect(readSeal('EqQB', 'anthropic')).toEqual({ maker: 'anthropic', token: 'EqQB' });
    expect(readSeal('cliproxy.seal.google', 'anthropic')).toEqual({
      maker: 'anthropic',
      token: 'cliproxy.seal.google',
    });
    expect(readSeal('', 'openai')).toEqual({ maker: 'openai', token: '' });
  });
});
