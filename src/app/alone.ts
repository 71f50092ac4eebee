// A configuration asked without a gateway: what it would offer and how it would plan. Nothing is sent, and nobody is served.

import { Body } from '../body.ts';
import type { Config } from '../config/schema.ts';
import type { JsonObject } from '../json.ts';
import { createRedaction } from '../observe/redaction.ts';
import { createLive } from '../routing/live.ts';
import { readQuestion } from '../server/explain-routes.ts';
import { explainPlan } from '../server/explanation.ts';
import { printOffers } from '../server/offers.ts';
import { createTransport } from '../transport/http.ts';
import { openCurrent } from './current.ts';

/** A configuration that answers as a gateway would that has just been started with it. */
export interface Alone {
  /** As `POST /v1/explain` would answer. Throws as it would. */
  explain(question: JsonObject): JsonObject;
  /** As `GET /v1/catalogue` would answer. */
  offers(): JsonObject;
  /** To be called at the end: the demo may have been started for it. */
  close(): Promise<void>;
}

/** Opens a configuration with nothing known but what it says itself: no lists of models, no rests. */
export async function openAlone(config: Config): Promise<Alone> {
  const transport = createTransport();
  const live = createLive();
  const redaction = createRedaction();
  const current = await openCurrent(config, { transport, live, observe: () => undefined, hide: redaction.learn });
  const shown = (answer: JsonObject): JsonObject => JSON.parse(redaction.of(JSON.stringify(answer))) as JsonObject;
  return {
    explain(question) {
      const { snapshot, strict } = current.serving;
      const keptUpstream = { holderOf: () => undefined };
      const situation = { snapshot, strict, live, keptUpstream, now: Date.now(), owner: '' };
      return shown(explainPlan(readQuestion(Body.of(question), snapshot), situation));
    },
    offers: () => shown(printOffers(current.serving.snapshot, live, Date.now())),
    async close() {
      await current.close();
      await transport.close();
    },
  };
}
