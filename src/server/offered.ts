// What is offered at a path, and what stands nearest where nothing is.

import type { FastifyInstance } from 'fastify';
import type { Route } from '../dialects/dialect.ts';
import { dialects } from '../dialects/index.ts';
import { GatewayError } from '../errors.ts';
import { closest, nearest } from '../nearest.ts';
import { actionOf } from './spoken.ts';

const methods = ['GET', 'HEAD', 'POST', 'DELETE'] as const;

/** All below one root. */
const roots = dialects.flatMap(({ routes }) => routes.filter(({ path }) => path.endsWith('*')));

/** The methods by which a path is offered. */
export function methodsAt(path: string, app: FastifyInstance): readonly string[] {
  if (acts(path)) return methodsOfAction(path);
  if (namesNoResponse(path)) return [];
  return methods.filter((method) => app.findRoute({ method, url: path }) !== null && !onlyRefused(method, path));
}

/** The methods by which what a path ends in can be done; none where that is no action, or not offered there. */
export function methodsOfAction(path: string): readonly string[] {
  return roots.filter((root) => isBelow(path, root) && actionOf(path, root) !== undefined).map(({ method }) => method);
}

/** Whether what stands at the end of a path is an action, and not a part of a model's id. */
function acts(path: string): boolean {
  return roots.some((root) => actionOf(path, root) !== undefined);
}

function isBelow(path: string, root: Route): boolean {
  return path.startsWith(root.path.slice(0, -1));
}

/** Ids of responses begin alike; another word in their place is a path that does not exist (`/v1/responses/compact`). */
function namesNoResponse(path: string): boolean {
  return /^(?:\/v1)?\/responses\/(?!resp_|input_tokens$)/.test(path);
}

/** GET is routed there to tell clients that try a WebSocket, or takes the word for an id; POST to tell which actions there are. */
function onlyRefused(method: string, path: string): boolean {
  if (method === 'POST') return roots.some((root) => isBelow(path, root));
  return /^(?:\/v1)?\/responses(?:\/input_tokens)?$/.test(path);
}

/** The 405 for a method that is not among those that are. */
export function notAllowed(method: string, path: string, offered: readonly string[]): GatewayError {
  const verb = offered.length > 1 ? 'are' : 'is';
  return new GatewayError('not-found', `${method} is not offered at ${path}; ${offered.join(' and ')} ${verb}.`, {
    status: 405,
    code: 'method_not_allowed',
  });
}

/** Longer paths are not looked at. */
const longest = 200;

/** The nearest path is named in any case; where it is unlike the one that was asked for, so is the list of all. */
export function unknownPath(path: string, paths: ReadonlySet<string>): GatewayError {
  const known = [...paths];
  const near = path.length > longest ? undefined : pathNear(path, known);
  const advice = near
    ? `The nearest path is ${near}.`
    : `The nearest path is ${closest(path.slice(0, longest), known, Number.POSITIVE_INFINITY)}; GET / lists them all.`;
  return new GatewayError('not-found', `There is nothing at ${path}. ${advice}`, { code: 'unknown_path' });
}

/** A path that was mistyped, else where the same can be done with a model, else one that holds what was asked for or is held by it. */
function pathNear(path: string, paths: readonly string[]): string | undefined {
  const actions = actionsLike(path);
  return (
    closest(path, [...paths, ...actions], Math.floor(path.length / 3)) ??
    closest(path, actions, Number.POSITIVE_INFINITY) ??
    nearest(path, paths, 1)[0]
  );
}

/** What can be done with the model that stands between the last slash of a path and its last colon. */
function actionsLike(path: string): readonly string[] {
  const model = /\/([^/]+):[^/:]*$/.exec(path)?.[1];
  if (model === undefined) return [];
  return roots.flatMap((root) => (root.actions ?? []).map((action) => `${root.path.slice(0, -1)}${model}:${action}`));
}
