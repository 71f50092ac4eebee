#!/usr/bin/env node
// The launcher: runs the program with a Node that can, or says what to do. Its own syntax is kept to what old Nodes can read.
// In a checkout it runs the sources, when installed the compiled program.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import v8 from 'node:v8';

const needed = 24;
/** Room beyond which no more is added: two halves, of which one is in use. */
const youngBytes = 32 << 20;
/** Share of the processor's time that clearing young objects away takes when they begin to get more room, and below which they have enough. */
const [tooMuch, enough] = [0.1, 0.03];
/** Looked at so often (milliseconds). */
const lookEvery = 250;
/** Loading the modules is no load to make room for (milliseconds). */
const startTime = 1000;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src', 'main.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'main.js');

const started = startingSignals();
if (majorOf(process.versions.node) >= needed) {
  boundYoungObjects();
  // Of bytes in buffers V8 allows 64 MB, whatever the heap, between two collections of everything: megabyte bodies bring one each thirty
  // requests, which cost as much as the requests do. Counted as part of the heap, they bring a third of them.
  v8.setFlagsFromString('--external-memory-accounted-in-global-limit');
  // Compiled code is kept between starts: half the time to the first answer.
  if (module.enableCompileCache) module.enableCompileCache();
  import(pathToFileURL(entry).href).then(started, explain);
} else {
  const node = newerNode();
  if (node) handOver(node);
  else fail(`cliproxy needs Node ${needed} or newer, and this is Node ${process.versions.node}.`, howToGetNode());
}

/**
 * In the 1 MB that young objects have at start, a load of short requests spends a tenth and more of the processor's time on clearing
 * them away, some dozens of streams half of that; V8 by itself would go on to 64 MB for any load. So the room is doubled only once
 * clearing takes too much of the time, until it takes little, and within a bound. A bound of V8's own is read only before any program
 * runs, but the factor by which the room grows is read at each growth, so that is set. What shrank in a quiet hour may grow again.
 */
function boundYoungObjects() {
  let since = 0;
  let used = process.cpuUsage();
  let clearing = 0;
  /** The room before it was let grow; undefined: it is held where it is. */
  let before;
  let share = tooMuch;
  const roomNow = () => {
    const young = v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    return young === undefined ? youngBytes : young.space_size;
  };
  const allow = (factor) => v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  const look = (list) => {
    for (const { duration } of list.getEntries()) clearing += duration;
    if (before !== undefined && roomNow() > before) {
      before = undefined;
      allow(1);
    }
    const now = performance.now();
    if (now - since < lookEvery) return;
    const { user, system } = process.cpuUsage(used);
    const room = roomNow();
    if (before === undefined && room < youngBytes && (clearing * 1000) / (user + system) > share) {
      before = room;
      share = enough;
      allow(2);
    }
    since = now;
    used = process.cpuUsage();
    clearing = 0;
  };
  allow(1);
  setTimeout(() => new PerformanceObserver(look).observe({ entryTypes: ['gc'] }), startTime).unref();
}

function majorOf(version) {
  return Number(version.replace(/^v/, '').split('.')[0]);
}

/** A newer Node: the one that the checkout brings along, or another one on the PATH. */
function newerNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const own = existsSync(source) ? [join(root, 'node_modules', 'node', 'bin', name)] : [];
  const others = (process.env.PATH || '')
    .split(delimiter)
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, name));
  return own.concat(others).find((path) => existsSync(path) && majorOf(versionOf(path)) >= needed);
}

function versionOf(node) {
  return String(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout || '0').trim();
}

/** Told to stop before there is anything to stop, a server ends in order; afterwards it listens for signals itself. */
function startingSignals() {
  const serves = /^(?:serve|simulate|-.*)?$/.test(process.argv[2] || '');
  let over = false;
  // Kept: a signal that has come and was not heard yet would be lost with its last listener.
  const end = (signal) => {
    if (!over) process.exit(0);
    if (process.listenerCount(signal) > 1) return;
    process.removeListener(signal, end);
    process.kill(process.pid, signal);
  };
  if (serves) process.on('SIGINT', end).on('SIGTERM', end);
  return () => {
    over = true;
  };
}

/** Runs this launcher with another Node, and ends as it ends. */
function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach((signal) => {
    process.on(signal, () => child.kill(signal));
  });
  started();
  // Where npm's shell ends without a word, the program would notice itself (src/cli/terminal.ts); here its parent is this process.
  const parent = process.ppid;
  const awaited = process.env.npm_lifecycle_event && !/&\s*$/.test(process.env.npm_lifecycle_script || '');
  const look = () => {
    if (process.ppid === parent) return;
    // Once: a second signal would not wait for open streams.
    clearInterval(timer);
    child.kill('SIGTERM');
  };
  const timer = awaited ? setInterval(look, 1000).unref() : undefined;
  child.on('error', (error) => fail(`cliproxy could not be started with ${node}: ${error.message}`, howToGetNode()));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    signals.forEach((name) => {
      process.removeAllListeners(name);
    });
    process.kill(process.pid, signal);
  });
}

/** A program that is not all there, or stands nowhere, is explained; its own defects are thrown on. */
function explain(error) {
  if (error.syscall === 'uv_cwd') fail('The directory that cliproxy was started in is gone.', 'Change to another one.');
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error;
  if (!existsSync(entry)) fail(`cliproxy is incomplete: ${entry} is missing.`, 'Install it again.');
  const [message] = String(error.message).split('\n');
  const match = /^Cannot find (?:package|module) '([^']+)'/.exec(message);
  // What is missing by its path, and not of a package, was written wrong.
  if (!match || (/^(?:[./]|file:|[A-Za-z]:)/.test(match[1]) && match[1].indexOf('node_modules') < 0)) throw error;
  fail(
    `cliproxy is incomplete: ${message}.`,
    existsSync(source) ? `Run "npm ci" in ${root}, or start it with "npm start".` : 'Install it again.',
  );
}

function howToGetNode() {
  const ways = 'Install a newer one from https://nodejs.org, or with "nvm install --lts" or "npm install -g node@lts".';
  return existsSync(source) ? `Run "npm ci" in ${root}, which brings one along. Or: ${ways}` : ways;
}

function fail(message, advice) {
  process.stderr.write(`${message}\n    ${advice}\n`);
  process.exit(1);
}
