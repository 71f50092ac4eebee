// docs/reference/losses.md: what each translation of requests loses or refuses, found by translating every recorded request.

import type { Dialect } from '../src/dialects/dialect.ts';
import { dialects } from '../src/dialects/index.ts';
import { GatewayError } from '../src/errors.ts';
import { repair } from '../src/ir/repair.ts';
import type { ChatRequest, Part } from '../src/ir/request.ts';
import type { Loss, Report } from '../src/loss.ts';
import { fixtures, targetFor } from '../test/support/fixtures.ts';
import { cell, table } from './markdown.ts';

const introduction = `# What translations lose

<!-- Generated from fixtures/ and src/dialects by "npm run docs". -->

Where client and upstream speak one dialect nothing is translated and nothing is lost. Where they do not, some things cannot be
said on the other side. They are never dropped in silence:

- The answer carries the header \`x-cliproxy-loss\`: the words of the tables below, separated by commas (at most 24, then
  \`and_N_more\`). Without losses there is no such header.
- The log has one line for the request, with the reason for each.
- What of a reply cannot be said (an image to a Messages client) is told in the same way; where the reply streams, whose
  head has gone by then, in the log alone.
- In strict mode (\`strict: true\` in config.yaml, or the header \`x-cliproxy-strict: true\`; \`false\` there switches it off for one
  request) a request that would lose something is answered with 400 and code \`lossy_translation\`, and the body lists the losses.

What would change the meaning of a request is refused in any mode, with 400 and the reason.

The tables come from sending every recorded request of \`fixtures/\` (those named \`everything\` use all that their dialect has) to a
present model of each other dialect's vendor. What a single model lacks (an effort level, sampling) is not among them.
A \`prompt_cache_key\` brings requests to where their prompt is cached. Where the service finds its cache by content, the gateway does
so itself: requests with the key go to one account. It is a loss only where a session header names the conversation otherwise, or
\`routing.session-affinity\` is off.
`;

const upstreams = dialects.filter(({ id }) => id !== 'openai-completions');

/** The page. */
export function lossesReference(): string {
  const sections = dialects.flatMap((client) =>
    upstreams.filter(({ id }) => id !== client.id).map((upstream) => section(client, upstream)),
  );
  return [introduction, ...sections].join('\n');
}

function section(client: Dialect, upstream: Dialect): string {
  const { losses, refusals } = translated(client, upstream);
  const lost = unique(losses.map(({ what, why }) => [`\`${cell(what)}\``, cell(why)]));
  const refused = unique(refusals.map((why) => [cell(why)]));
  return [
    `## ${client.title} to ${upstream.title}\n`,
    lost.length > 0 ? table(['What', 'Why'], lost) : 'Nothing is lost.\n',
    ...(refused.length > 0 ? [`Refused:\n\n${refused.map(([why]) => `- ${why}\n`).join('')}`] : []),
  ].join('\n');
}

type Row = readonly string[];

function unique(rows: readonly Row[]): readonly Row[] {
  const found = new Map(rows.map((row) => [row.join('\n'), row]));
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

interface Told {
  readonly losses: readonly Loss[];
  readonly refusals: readonly string[];
}

/** Everything that the recorded requests of one dialect lose on the way to another. */
function translated(client: Dialect, upstream: Dialect): Told {
  const losses: Loss[] = [];
  const refusals: string[] = [];
  const report: Report = (loss) => losses.push(loss);
  for (const { dialect, request } of fixtures) {
    if (dialect.id !== client.id || !request) continue;
    const decoded = client.request.decode(request, report);
    const sendable = withoutParts(decoded, (part) => {
      const refusal =
        part.type === 'media' ? refusalOf(() => write(alone(part), upstream, () => undefined)) : undefined;
      if (refusal !== undefined) refusals.push(refusal);
      return refusal !== undefined;
    });
    const refusal = refusalOf(() => write(sendable, upstream, report));
    if (refusal !== undefined) refusals.push(refusal);
  }
  return { losses, refusals };
}

function write(request: ChatRequest, upstream: Dialect, report: Report): void {
  const target = targetFor(upstream);
  upstream.request.encode(repair(request, upstream, target, report).request, target, report);
}

/** Why a request is refused; undefined where it is not. An id that somebody gave a file is no part of the reason. */
function refusalOf(send: () => void): string | undefined {
  try {
    send();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown.message.replace(/^The file '[^']*' lies/, 'The file lies');
    throw thrown;
  }
}

const alone = (part: Part): ChatRequest => ({ turns: [{ role: 'user', parts: [part] }], tools: [], sampling: {} });

/** The request without some parts, also of those that lie in tool results. */
function withoutParts(request: ChatRequest, refused: (part: Part) => boolean): ChatRequest {
  const kept = (parts: readonly Part[]): readonly Part[] =>
    parts
      .filter((part) => !refused(part))
      .map((part) => (part.type === 'tool-result' ? { ...part, content: kept(part.content) } : part));
  return { ...request, turns: request.turns.map((turn) => ({ ...turn, parts: kept(turn.parts) })) };
}
