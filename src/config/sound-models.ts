// The models of an entry as they will be used. CLIProxyAPI starts with whatever stands there, so what means nothing is left out
// and mentioned.

import { nearest } from '../nearest.ts';
import type { Notary, Notice } from './notice.ts';
import { type KeyPath, printPath } from './outline.ts';
import type { CompatibleModelEntry, ModelEntry } from './schema.ts';

/** A model of any list of upstreams. */
export type AnyModelEntry = ModelEntry & Pick<CompatibleModelEntry, 'input-modalities'>;

/** The models that are left, and what is to be said of them and of the others. */
export interface SoundModels {
  readonly models: readonly AnyModelEntry[];
  readonly notices: readonly Notice[];
}

const modalities = ['text', 'image', 'audio', 'video', 'document'];
const levels = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'auto'];

/** Models with known words and ranges only. `folder`: what the service writes before their ids, and puts there itself. */
export function soundModels(models: readonly AnyModelEntry[], path: KeyPath, notary: Notary, folder = ''): SoundModels {
  const notices: Notice[] = [];
  const warn = (at: KeyPath, message: string, advice: string) =>
    notices.push(notary.at('warning', at, `${printPath(at)} ${message}`, advice));
  const sound = models.flatMap((model, index) => {
    const here = [...path, index];
    const { thinking, 'input-modalities': input, ...rest } = model;
    const name = model.name || model.alias || '';
    if (name === '') {
      warn(here, 'has no name; this model is left out', 'Write the name that the upstream knows it by.');
      return [];
    }
    const read = input && knownWords(input, modalities, [...here, 'input-modalities'], warn);
    const range = thinking && soundThinking(thinking, [...here, 'thinking'], warn);
    return {
      ...rest,
      name: folder !== '' && name.startsWith(folder) ? name.slice(folder.length) : name,
      ...(read?.length && { 'input-modalities': read }),
      ...(range && { thinking: range }),
    };
  });
  return { models: sound, notices };
}

type Warn = (at: KeyPath, message: string, advice: string) => void;
type Thinking = NonNullable<ModelEntry['thinking']>;

function soundThinking(thinking: Thinking, path: KeyPath, warn: Warn): Thinking | undefined {
  const { min = 0, max = 0, levels: written = [], ...rest } = thinking;
  const known = knownWords(written, levels, [...path, 'levels'], warn);
  if (max !== 0 && min > max) {
    warn([...path, 'max'], 'is below min; nothing is known of its thinking', 'Exchange the two, or remove one.');
    return undefined;
  }
  if (min !== 0 && max === 0) warn([...path, 'min'], 'has no effect without max', 'Add max, or remove it.');
  // What is left would say that the model does not think.
  if (max === 0 && known.length === 0 && min + written.length > 0) return undefined;
  return { ...rest, ...(max !== 0 && { min, max }), ...(known.length > 0 && { levels: known }) };
}

function knownWords(written: readonly string[], known: readonly string[], path: KeyPath, warn: Warn): string[] {
  return written.flatMap((word, index) => {
    const meant = word.toLowerCase();
    if (known.includes(meant)) return meant;
    const [best] = nearest(meant, known, 1);
    const advice = best === undefined ? `Use ${known.join(', ')}.` : `Did you mean "${best}"?`;
    warn([...path, index], `"${word.slice(0, 80)}" is not known, and ignored`, advice);
    return [];
  });
}
