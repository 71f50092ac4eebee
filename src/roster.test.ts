import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Member, Roster } from './roster.ts';

it('holds who entered and has not left, whatever the turns, also while it is gone through', () => {
  const turns = fc.array(fc.record({ who: fc.nat({ max: 7 }), meanwhile: fc.boolean() }));
  fc.assert(
    fc.property(turns, (all) => {
      const roster = new Roster<Member>();
      const members = Array.from({ length: 8 }, (): Member => ({ place: -1 }));
      const inside = new Set<Member>();
      for (const { who, meanwhile } of all) {
        const member = members[who] ?? { place: -1 };
        if (!inside.delete(member)) {
          roster.enter(member);
          inside.add(member);
        } else if (meanwhile)
          roster.each((one) => {
            if (one === member) roster.leave(one);
          });
        else roster.leave(member);
        roster.leave({ place: -1 });
        const seen: Member[] = [];
        roster.each((one) => seen.push(one));
        expect(seen).toHaveLength(roster.size);
        expect(new Set(seen)).toEqual(inside);
      }
    }),
  );
});
