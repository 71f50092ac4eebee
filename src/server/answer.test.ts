import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import type { Exchange } from '../relay/exchange.ts';
import { Reception } from './answer.ts';

describe('Reception', () => {
  it('ends the connection where not even the error can be said', () => {
    let destroyed = 0;
    const response = { destroy: () => void destroyed++ } as unknown as ServerResponse;
    const broken = { envelope: { stream: false }, dialect: {} } as unknown as Exchange;
    new Reception(response, broken, undefined).failed(new GatewayError('internal', 'x'));
    expect(destroyed).toBe(1);
  });
});
