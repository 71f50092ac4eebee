import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from './load.ts';
import { exampleConfig, starterConfig } from './sample.ts';
import { sections } from './schema.ts';

/** The file with every suggested setting uncommented; explanations stay comments. */
const uncommented = (text: string): string => text.replace(/^#(?=\S| {2})/gm, '');

describe('the files made from the schema', () => {
  it.each([
    ['starter', starterConfig('cpx-key')],
    ['example', exampleConfig()],
  ])('the %s works as it is, and with every suggestion taken', (_name, text) => {
    // Every variable is set.
    const env = new Proxy({}, { get: () => 'value' });
    for (const version of [text, uncommented(text)]) {
      expect(loadConfig(version, { env, path: 'config.yaml' })).toMatchObject({
        notices: [],
        config: { host: '127.0.0.1', port: 8317 },
      });
    }
  });

  it('the example suggests every key that has an effect', () => {
    const keys = Object.keys(parse(uncommented(exampleConfig())));
    expect(keys).toEqual(sections.flatMap((section) => section.keys));
  });

  it('the starter holds the key', () => {
    const result = loadConfig(starterConfig('cpx-key'), { env: {}, path: 'config.yaml' });
    expect('config' in result && result.config['api-keys']).toEqual(['cpx-key']);
  });
});
