// Which dialect a call is in that no exchange answers: refusals and lists of models. A path settles it where it belongs to a dialect's
// route; where clients of several dialects share one, or none knows it, what the call carries tells who it comes from.

import type { Dialect, Route } from '../dialects/dialect.ts';
import { dialectOf, dialects } from '../dialects/index.ts';
import type { DialectId } from '../envelope.ts';
import { type ListShape, shapeOf } from './models.ts';

/** What is looked at of a call. */
export interface Spoken {
  readonly path: string;
  readonly header: (name: string) => string | undefined;
  readonly query: URLSearchParams;
}

const dialectOfShape: Readonly<Record<ListShape, DialectId>> = {
  openai: 'openai-chat',
  codex: 'openai-responses',
  anthropic: 'anthropic-messages',
  gemini: 'gemini',
};

/** Always one: a client that shows nothing of itself is answered as OpenAI Chat. */
export function dialectSpoken({ path, header, query }: Spoken): Dialect {
  return ownerOf(path) ?? dialectOf(dialectOfShape[shapeOf(header, query)]);
}

/** The dialect that a path belongs to, by whatever method it is asked. */
function ownerOf(path: string): Dialect | undefined {
  if (path === '/v1beta' || path.startsWith('/v1beta/')) return dialectOf('gemini');
  return dialects.find(({ routes }) => routes.some((route) => isAt(path, route)));
}

/** Whether a path is that of a route or below it, also in its short form. */
function isAt(path: string, route: Route): boolean {
  if (route.path.endsWith('*')) return path.startsWith(route.path.slice(0, -1)) && actionOf(path, route) !== undefined;
  const own = [route.path, route.path.replace(/^\/v1(?=\/)/, '')];
  return own.some((one) => path === one || path.startsWith(`${one}/`));
}

/** The action that a path ends in, of those that the route has. A model's id may hold colons too. */
export function actionOf(path: string, { actions = [] }: Route): string | undefined {
  const action = path.slice(path.lastIndexOf(':') + 1);
  return actions.find((one) => one === action);
}
