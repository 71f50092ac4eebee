import { describe, expect, it } from 'vitest';
import { finished } from '../../test/support/outcomes.ts';
import type { Observation } from '../observe/observation.ts';
import { createLive } from '../routing/live.ts';
import { createListeners } from './listeners.ts';

const attempt: Observation = {
  type: 'attempt-ended',
  provider: 'claude',
  credential: 'c',
  model: 'm',
  end: 'answered',
  status: 200,
  milliseconds: 9,
};
const exchange = finished({ exchange: 'id', owner: 'client', provider: 'claude', milliseconds: 10 });

function open() {
  const heard: Observation[] = [];
  const listeners = createListeners({
    debug: false,
    observe: (observation) => heard.push(observation),
    live: createLive(),
    wallClock: () => 500,
    current() {
      throw new Error('nothing is served');
    },
  });
  return { ...listeners, heard };
}

describe('listeners', () => {
  it('from outside hear at once', () => {
    const { observe, heard } = open();
    observe(attempt);
    expect(heard).toEqual([attempt]);
    observe(exchange);
    expect(heard).toEqual([attempt, exchange]);
  });

  it('that are asked know of everything that happened', () => {
    const { observe, traces, metrics } = open();
    observe(attempt);
    expect(metrics.providers()).toMatchObject({ claude: { request_count: 1 } });
    observe(exchange);
    expect(traces.get('id', 'client')).toMatchObject({ at: 490, told: { model: 'm' } });
    observe({ ...exchange, exchange: 'later' });
    expect(traces.last('client', 5).map(({ told }) => told.exchange)).toEqual(['later', 'id']);
    observe(attempt);
    expect(metrics.providers()).toMatchObject({ claude: { request_count: 2 } });
  });
});
