// Everything derived from one configuration and the model lists known with it. Immutable; an exchange takes it once and keeps it.

import type { Catalogue } from './catalogue.ts';
import type { Credential } from './credential.ts';
import type { Settings } from './settings.ts';

/** What an exchange is planned and relayed by, from its beginning to its end. */
export interface Snapshot {
  readonly credentials: readonly Credential[];
  readonly catalogue: Catalogue;
  readonly settings: Settings;
}
