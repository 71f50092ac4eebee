// docs/reference/models.md: the services in the box, and the models that are listed with their limits.

import { dialectOf } from '../src/dialects/index.ts';
import type { DialectId, ModelLimits, ReasoningLimits } from '../src/envelope.ts';
import { providers } from '../src/providers/index.ts';
import type { Endpoint, Model, Provider } from '../src/providers/provider.ts';
import { cell, table } from './markdown.ts';

const introduction = `# Services and models

<!-- Generated from src/providers by "npm run docs". -->

## Services

Give a service its key under its config key and it is used; every setting of an entry is described in [config.md](config.md). A
client that speaks one of a service's dialects is passed through to it unchanged, all others are translated to the first one.
Services that are not listed here work under \`openai-compatibility\`, if they speak OpenAI Chat.

"Only at" names the hosts where a service speaks a dialect at an address of its own. At any other \`base-url\`, such as a mirror, it is
spoken to in its other dialects; for Messages, list it under \`claude-api-key\`, with what stands before \`/v1/messages\` as
\`base-url\` and its models under \`models\`.
`;

const catalogue = `## Models

Which models a service offers is asked of the service itself. The lists below are used where that fails or is not possible, and
fill in the limits that a service does not tell. \`models\` in an entry of config.yaml wins over both. Counts are tokens.

Reasoning: the effort levels and the budgets a model takes, whether it can be switched off, and whether the model can decide by
itself how much to think. "no sampling" means that the model refuses \`temperature\`, \`top_p\` and \`top_k\`; the gateway leaves them
out and says so.
`;

/** The page. */
export function modelsReference(): string {
  const listed = providers.filter(({ models }) => models.length > 0);
  return [introduction, table(serviceHead, providers.map(serviceRow)), catalogue, ...listed.map(modelList)].join('\n');
}

const serviceHead = ['Service', 'Config key', 'Dialects', 'Home address', 'Key'];

function serviceRow({ title, configKey, endpoints, baseUrl, keyless }: Provider): readonly string[] {
  const spoken = Object.entries(endpoints).map(([id, endpoint]) => spokenAs(id as DialectId, endpoint));
  return [
    cell(title),
    `\`${configKey}\``,
    spoken.join('<br>'),
    baseUrl === undefined ? '`base-url` is required' : baseUrl,
    keyless ? 'not needed' : 'needed',
  ];
}

const operationNames = { generate: 'generate', 'count-tokens': 'count tokens', embed: 'embed' } as const;

function spokenAs(id: DialectId, { operations, hosts }: Endpoint): string {
  const offered = operations.map((operation) => operationNames[operation]).join(', ');
  return `${dialectOf(id).title} (${offered}${hosts ? `; only at ${hosts.map((host) => new URL(host).host).join(', ')}` : ''})`;
}

function modelList({ title, models }: Provider): string {
  return `### ${title}\n\n${table(['Model', 'Context', 'Output', 'Reasoning', 'Notes'], models.map(modelRow))}`;
}

function modelRow({ id, limits }: Model): readonly string[] {
  return [`\`${id}\``, count(limits.context), count(limits.maxOutput), reasoning(limits), others(limits)];
}

const count = (tokens: number | undefined): string => (tokens === undefined ? '' : tokens.toLocaleString('en-US'));

function reasoning({ reasoning: limits }: ModelLimits): string {
  if (!limits) return '';
  const words = reasoningWords(limits);
  return words.length > 0 ? words.join('; ') : 'none';
}

function reasoningWords({ levels, budget, off, auto }: ReasoningLimits): readonly string[] {
  return [
    ...(levels && levels.length > 0 ? [levels.join(', ')] : []),
    ...(budget ? [`${count(budget.min)} to ${count(budget.max)}`] : []),
    ...(off ? ['can be off'] : []),
    ...(auto ? ['adaptive'] : []),
  ];
}

const others = ({ sampling, input }: ModelLimits): string =>
  [...(sampling === false ? ['no sampling'] : []), ...(input ? [`takes ${input.join(', ')}`] : [])].join('; ');
