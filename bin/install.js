// Run before "npm start" and "npm test": brings the dependencies to what package-lock.json says, if they are not.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const reason = whyToInstall();
if (reason) install(reason);

/** Why the installed packages are not those of the lock file; undefined when they are. */
function whyToInstall() {
  const wanted = packagesIn(join(root, 'package-lock.json'));
  // npm's own record of what it put into node_modules; it is written last.
  const present = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted) return undefined;
  if (!present) return 'dependencies are not installed yet';
  const outdated = Object.keys(wanted).find((path) => path !== '' && differs(wanted[path], present[path]));
  if (outdated) return `${nameOf(outdated)} is not as package-lock.json says`;
  const gone = Object.keys(wanted).find((path) => path !== '' && present[path] && !existsSync(join(root, path)));
  return gone && `${nameOf(gone)} is gone from node_modules`;
}

function nameOf(path) {
  return path.replace(/^.*node_modules\//, '');
}

/** Packages for other systems are not installed, and need not be. */
function differs(wanted, present) {
  if (wanted.link) return false;
  if (!present) return !wanted.optional && !wanted.devOptional;
  return wanted.version !== present.version || wanted.integrity !== present.integrity;
}

function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function install(why) {
  process.stderr.write(`cliproxy: ${why}; running npm ci\n`);
  if (npm('ci', 'ignore').status === 0) return;
  // npm ci refuses a lock file that was made where packages for other systems could not be had; npm install goes by it as well.
  process.stderr.write('cliproxy: npm ci cannot; running npm install\n');
  const { status, error } = npm('install --no-save', 'inherit');
  if (status === 0) return;
  process.stderr.write(
    `cliproxy: npm install failed${error ? `: ${error.message}` : ''}\n    Run it in ${root} yourself; it needs the network once.\n`,
  );
  process.exit(1);
}

function npm(command, errors) {
  const words = [...command.split(' '), '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const settings = { cwd: root, stdio: ['inherit', 'inherit', errors] };
  const script = process.env.npm_execpath;
  if (script && basename(script) === 'npm-cli.js') return spawnSync(process.execPath, [script, ...words], settings);
  // Under Windows npm is a script, which only a shell can start.
  return spawnSync('npm', words, { ...settings, shell: process.platform === 'win32' });
}
