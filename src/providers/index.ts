// The services in the box.

import { compatibleProviders } from './compatible.ts';
import type { Provider } from './provider.ts';
import { claude, codex, gemini, openai, vertex, xai } from './vendors.ts';

/** All services with a top-level key of their own in config.yaml; their credentials stand in this order. */
export const providers: readonly Provider[] = [claude, gemini, openai, codex, vertex, xai, ...compatibleProviders];
