// `cliproxy config check` and `cliproxy config path`: what stands in the file and in the files that belong to it, and which file it is. Neither writes anything.

import { StartFailure } from '../config/failure.ts';
import { findConfig, readConfig, stands } from '../config/find.ts';
import { printNotice } from '../config/notice.ts';
import { loadWhole } from '../config/open.ts';
import { rejected } from './serve.ts';
import type { Terminal } from './terminal.ts';

/** The options as typed. Without `config` the file is looked for as `serve` looks for it. */
export interface ConfigFlags {
  readonly config?: string;
}

/** Says what is wrong with the configuration. Throws StartFailure when it could not be started with. */
export async function checkConfig(flags: ConfigFlags, terminal: Terminal): Promise<void> {
  const place = findConfig(flags.config, terminal);
  if (!place.required && !stands(place.path)) {
    throw new StartFailure(
      `there is no configuration file yet; ${place.path} would be used`,
      '"cliproxy serve" writes one, or copy config.example.yaml there.',
    );
  }
  const loaded = await loadWhole(await readConfig(place), place.path, {}, terminal.env);
  for (const notice of loaded.notices) terminal.print(printNotice(notice, place.path));
  if ('problems' in loaded) throw rejected(loaded, place.path, terminal);
  const warnings = loaded.notices.filter(({ level }) => level === 'warning').length;
  const number = warnings === 1 ? 'one warning' : `${warnings} warnings`;
  terminal.print(`${place.path}: ${warnings === 0 ? 'no problems' : `can be used, with ${number}`}\n`);
}

/** Prints the path of the file that counts, whether or not it exists. */
export function printConfigPath(flags: ConfigFlags, terminal: Terminal): void {
  terminal.print(`${findConfig(flags.config, terminal).path}\n`);
}
