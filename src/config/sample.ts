// Configuration files made from the schema: the one written at first start, and the full example. A line that begins with `# `
// is an explanation; one that begins with `#` alone is a setting that can be uncommented.

import { stringify } from 'yaml';
import { type OutlineNode, outline } from './outline.ts';
import { sections } from './schema.ts';

/** The file written at first start: a working configuration with one client key, and how to add upstreams. */
export function starterConfig(clientKey: string): string {
  const upstreams = ['claude-api-key', 'gemini-api-key', 'openai-api-key', 'deepseek', 'openai-compatibility'];
  return [
    prose('Configuration of cliproxyapi++, written at first start. It is yours to edit; what you save counts at once.'),
    prose('"cliproxy config check" tells whether it is right. config.example.yaml shows every key.'),
    '',
    explained('host', 'host: 127.0.0.1'),
    explained('port', 'port: 8317'),
    explained('api-keys', stringify({ 'api-keys': [clientKey] }).trimEnd()),
    prose(`Upstreams: uncomment what you have a key for. \${NAME} is taken from the environment.`),
    '',
    ...upstreams.map((key) => suggested(key)),
  ].join('\n');
}

/** Every key that has an effect, explained, with its default or a sample. */
export function exampleConfig(): string {
  const active: Readonly<Record<string, string>> = { host: 'host: 127.0.0.1', port: 'port: 8317' };
  return [
    prose('Every key of cliproxyapi++ that has an effect. Generated: edit src/config/schema.ts, then "npm run docs".'),
    prose('Copy it to config.yaml or ~/.cli-proxy-api/config.yaml and uncomment what you need.'),
    prose(`\${NAME} anywhere in a value is taken from the environment; a literal \${ is written $\${.`),
    '',
    ...sections.flatMap(({ title, keys }) => [
      `# ---- ${title} ----`,
      '',
      ...keys.map((key) => (active[key] ? explained(key, active[key]) : suggested(key))),
    ]),
  ].join('\n');
}

/** A key's sample, or its default, as YAML; undefined for a key that has neither. */
function sampleOf(key: string, node: OutlineNode): string | undefined {
  const value = node.sample ?? node.default;
  return value === undefined ? undefined : stringify({ [key]: value }, { lineWidth: 0 }).trimEnd();
}

function explained(key: string, setting: string): string {
  return `${prose(topLevel(key).description ?? '')}\n${setting}\n`;
}

function suggested(key: string): string {
  const node = topLevel(key);
  const setting = (sampleOf(key, node) ?? `${key}:`).replace(/^/gm, '#');
  return `${prose(node.description ?? '')}\n${setting}\n`;
}

const topLevel = (key: string): OutlineNode => outline.properties?.[key] ?? {};

/** Text as comment lines of at most 100 columns. */
function prose(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length > 98) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}
