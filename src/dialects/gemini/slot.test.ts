import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Body } from '../../body.ts';
import { writeSeal } from '../../ir/seal.ts';
import { isMarked, mayHoldMarks, readSlot, writeSlot } from './slot.ts';

fc.configureGlobal({ seed: 20_261_122 });

const seal = fc.record({ maker: fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/), token: fc.string({ unit: 'binary' }) });

describe('the slot of a thought', () => {
  it('holds base64 whoever made the seal, and gives it back, also in the alphabet for URLs', () => {
    fc.assert(
      fc.property(seal, (made) => {
        fc.pre(made.maker !== 'google');
        const text = writeSlot(made);
        expect(text).toMatch(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
        expect(isMarked(text)).toBe(true);
        expect(mayHoldMarks(Body.of({ contents: [{ parts: [{ thoughtSignature: text }] }] }))).toBe(true);
        expect(readSlot(text)).toEqual(made);
        expect(readSlot(text.replaceAll('+', '-').replaceAll('/', '_'))).toEqual(made);
      }),
    );
  });

  it('holds the bare token where its owner made it', () => {
    expect(writeSlot({ maker: 'google', token: 'AB+C' })).toBe('AB+C');
    expect(readSlot('AB+C')).toEqual({ maker: 'google', token: 'AB+C' });
    expect(readSlot('AB+C', 'other')).toEqual({ maker: 'other', token: 'AB+C' });
  });

  it('is read without base64 too', () => {
    const made = { maker: 'anthropic', token: 'E' };
    expect(readSlot(writeSeal(made))).toEqual(made);
    expect(isMarked(writeSeal(made))).toBe(true);
  });
});
