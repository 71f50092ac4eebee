// The program's name and version, as packed with it.

import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** The version in package.json, which is read once, as the program is loaded. */
export const version = manifest.version;
/** How the gateway names itself to every upstream. It never takes another client's name. */
export const userAgent = `cliproxyapi++/${version}`;
