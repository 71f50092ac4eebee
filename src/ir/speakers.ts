// Who speaks, for services that do not name speakers.

import type { Report } from '../loss.ts';
import type { Limits } from './limits.ts';
import type { Part, Turn } from './request.ts';

/**
 * The turns with the names of users before their words, as a model is shown them where names are known. One name alone gets there
 * too: were it left out until a second one speaks, the beginning of the prompt would change with that turn and be in no cache.
 * The assistant's own words get none, since it would go on so.
 */
export function nameSpeakers(
  turns: readonly Turn[],
  limits: Pick<Limits, 'namesSpeakers'>,
  report: Report,
): readonly Turn[] {
  if (limits.namesSpeakers || turns.every(({ name }) => name === undefined)) return turns;
  report({
    what: 'name',
    why: 'This service does not name speakers: a user’s name was put before the words, and others were left out.',
  });
  return turns.map(({ name, ...turn }) =>
    name !== undefined && turn.role === 'user' ? { ...turn, parts: introduced(name, turn.parts) } : turn,
  );
}

function introduced(name: string, parts: readonly Part[]): readonly Part[] {
  const first = parts.find((part) => part.type === 'text' && part.text.trim() !== '');
  if (first?.type === 'text')
    return parts.map((part) => (part === first ? { ...first, text: `${name}: ${first.text}` } : part));
  return parts.length > 0 ? [{ type: 'text', text: `${name}:` }, ...parts] : parts;
}
