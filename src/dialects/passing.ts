// Edits of what passes by in its own dialect: the model it names, and whether it streams. Spliced, so that nothing else is re-printed.

import { Body } from '../body.ts';
import type { Target } from '../envelope.ts';
import type { Frame } from '../frame.ts';

/** The body with the target's model and stream switch. */
export function retarget(body: Body, target: Target): Body {
  const named = body.get('model') === target.model ? body : body.set('model', target.model);
  return (named.get('stream') === true) === target.stream ? named : named.set('stream', target.stream);
}

/** The frame with another model name in this member of its data; a frame without the member stays as it is. */
export function relabel(frame: Frame, member: string, model: string): Frame {
  if (!frame.data.includes(`"${member}"`)) return frame;
  try {
    const body = Body.read(Buffer.from(frame.data));
    return body.has(member) ? { ...frame, data: body.set(member, model).bytes.toString() } : frame;
  } catch {
    // Not JSON: then it names no model either.
    return frame;
  }
}
