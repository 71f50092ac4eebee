// The files that are made from the program itself, each with what renders it.

import { exampleConfig } from '../src/config/sample.ts';
import { configReference } from './config-reference.ts';
import { failuresPage, failuresReference } from './failures-reference.ts';
import { lossesReference } from './losses-reference.ts';
import { modelsReference } from './models-reference.ts';

export interface Page {
  /** Relative to the project's root. */
  readonly path: string;
  render(): string | Promise<string>;
}

export const pages: readonly Page[] = [
  { path: 'config.example.yaml', render: exampleConfig },
  { path: failuresPage, render: failuresReference },
  { path: 'docs/reference/config.md', render: configReference },
  { path: 'docs/reference/losses.md', render: lossesReference },
  { path: 'docs/reference/models.md', render: modelsReference },
];
