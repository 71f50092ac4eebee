// The services in the box.

import { compatibleProviders } from './compatible.ts';
import type { Provider } from './provider.ts';
import { claude, codex, gemini, openai, vertex, xai } from './vendors.ts';

export const providers: readonly Provider[] = [claude, gemini, openai, codex, vertex, xai, ...compatibleProviders];
