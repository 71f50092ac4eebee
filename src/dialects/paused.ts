// A turn that its model has not ended: it paused amid the work of the vendor's own tools, and goes on when it is sent back.

import type { FinishReason } from '../ir/reply.ts';
import type { Report } from '../loss.ts';

/** For formats that can only say that the turn has ended. */
export function reportPause(reason: FinishReason, report: Report): void {
  if (reason !== 'pause') return;
  report({
    what: 'pause_turn',
    why: 'The model paused and would go on if its turn were sent back; this format can only say that the turn has ended.',
  });
}
