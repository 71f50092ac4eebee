// Keys of older configurations that are understood and have no effect: those a later version brings to life, and those that
// make a gateway pass for another program, which this one never does.

import * as z from 'zod';
import { later, laterBlock, laterList, never, text } from './fields.ts';

const duration = text;

/** Keys to come, by name. Their types are checked already, but not what is in their blocks and lists. */
export const laterKeys = {
  'save-cooldown-status': later(z.boolean(), 'Remember resting credentials across restarts.'),
  'oauth-upstream': laterBlock('Base URLs of logins.'),
  'remote-management': laterBlock('The management interface.'),
  'logging-to-file': later(z.boolean(), 'Log into rotated files.'),
  'logs-max-total-size-mb': later(z.int(), 'Size the logs may take.'),
  'error-logs-max-files': later(z.int(), 'Error logs kept.'),
  'request-log': later(z.boolean(), 'Keep whole requests and replies.'),
  'usage-statistics-enabled': later(z.boolean(), 'Keep usage statistics.'),
  'redis-usage-queue-retention-seconds': later(z.int(), 'How long usage records wait.'),
  pprof: laterBlock('A debugging listener.'),
  'commercial-mode': later(z.boolean(), 'Capture nothing of requests.'),
  'ws-auth': later(z.boolean(), 'Ask for a key on the websocket relay.'),
  'nonstream-keepalive-interval': later(z.int(), 'Blank lines before a slow JSON answer.'),
  'auth-auto-refresh-workers': later(z.int(), 'Logins refreshed at one time.'),
  'incognito-browser': later(z.boolean(), 'Open logins in a private window.'),
  'disable-image-generation': later(z.union([z.boolean(), z.string()]), 'Refuse image generation.'),
  'gpt-image-2-base-model': later(text(), 'The model that makes images.'),
  'video-result-auth-cache-ttl': later(duration(), 'How long video jobs stay with their credential.'),
  'antigravity-no-capacity-retry': later(z.boolean(), 'Try again when Antigravity has no capacity.'),
  'antigravity-signature-cache-enabled': later(z.boolean(), 'Remember thinking signatures.'),
  'antigravity-signature-bypass-strict': later(z.boolean(), 'Check remembered signatures.'),
  'responses-compact-enabled': later(z.boolean(), 'Offer compaction of Responses.'),
  'responses-websocket-enabled': later(z.boolean(), 'Offer Responses over websockets.'),
  'kiro-preferred-endpoint': later(text(), 'Which Kiro endpoint goes first.'),
  xai: laterBlock('Settings of xAI.'),
  plugins: laterBlock('Plugins.'),
  'credential-concurrency': laterBlock('Requests at one time per credential.'),
  'credential-in-flight': laterBlock('Requests in flight per credential.'),
  'interactions-api-key': laterList('Keys of the Gemini Interactions API.'),
  'antigravity-api-key': laterList('Keys of Antigravity.'),
  iflow: laterList('Credentials of iFlow.'),
  'github-copilot': laterList('Credentials of GitHub Copilot.'),
  kiro: laterList('Credentials of Kiro.'),
  cursor: laterList('Credentials of Cursor.'),
  kilo: laterList('Credentials of Kilo.'),
  roo: laterList('Credentials of Roo.'),
  ampcode: laterBlock('The Amp proxy.'),
  'amp-code': laterBlock('The Amp proxy.'),
  codex: later(
    z.looseObject({
      'identity-confuse': never('Changes ids so that accounts cannot be told apart.'),
      'disable-codex-cloaking': never('Switches a disguise.'),
    }),
    'Settings of Codex logins.',
  ),
};

/** Keys that will not come, by name. They may hold anything; who sets one is told that it is ignored. */
export const neverKeys = {
  'claude-header-defaults': never('Headers of another client.'),
  'codex-header-defaults': never('Headers of another client.'),
  'disable-claude-cloak-mode': never('Switches a disguise.'),
  'claude-code': never('Switches a disguise per model.'),
  antigravity: never('Hides words from filters.'),
  'kiro-fingerprint': never('Pins a device fingerprint.'),
};
