import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { startSimulator } from '../simulator/server.ts';
import { greeting, simulateCommand } from './simulate.ts';
import type { Terminal } from './terminal.ts';

/** A terminal that keeps what it is told. */
function terminal() {
  const heard = { printed: '', ended: [] as number[], signal: () => {} };
  const fake: Terminal = {
    env: {},
    directory: '.',
    interactive: false,
    print: (text) => {
      heard.printed += text;
    },
    complain: () => undefined,
    end: (code) => {
      heard.ended.push(code);
    },
    onSignal: (listener) => {
      heard.signal = () => listener('SIGTERM');
    },
  };
  return { heard, fake };
}

async function simulate(fake: Terminal, port: string): Promise<void> {
  const program = new Command();
  simulateCommand(program, fake);
  await program.parseAsync(['node', 'cliproxy', 'simulate', '--port', port]);
}

describe('cliproxy simulate', () => {
  it('takes its options, and refuses a port that is none', async () => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    simulateCommand(program, terminal().fake);
    const command = program.commands.find((candidate) => candidate.name() === 'simulate');
    expect(command?.exitOverride().options.map((option) => option.long)).toEqual([
      '--port',
      '--host',
      '--seed',
      '--lenient',
    ]);
    command?.configureOutput({ writeErr: () => undefined });
    await expect(program.parseAsync(['node', 'cliproxy', 'simulate', '--port', '70000'])).rejects.toThrow(
      'A port is 0 to 65535.',
    );
  });

  it('ends in order on a signal', async () => {
    const { heard, fake } = terminal();
    await simulate(fake, '0');
    const url = /http:[^ ]+\d/.exec(heard.printed)?.[0] ?? '';
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    heard.signal();
    await expect.poll(() => heard.ended).toEqual([0]);
    await expect(fetch(`${url}/v1/models`)).rejects.toThrow();
  });

  it('says of a port in use how to choose another, in its own words', async () => {
    const holder = await startSimulator();
    await expect(simulate(terminal().fake, String(holder.port))).rejects.toMatchObject({
      message: expect.stringContaining('address already in use'),
      advice: expect.stringMatching(/--port; 0 takes any free one\.$/),
    });
    await expect(simulate(terminal().fake, String(holder.port))).rejects.toMatchObject({
      advice: expect.not.stringMatching(/CLIPROXY_PORT|configuration/),
    });
    await holder.close();
  });

  it('prints three curl lines that work', async () => {
    const simulator = await startSimulator();
    const lines = greeting(simulator.url)
      .split('\n')
      .filter((line) => line.includes('curl'));
    const statuses: number[] = [];
    for (const line of lines) {
      const url = /http\S+/.exec(line)?.[0] ?? '';
      const headers = [...line.matchAll(/-H '([^:]+): ([^']+)'/g)].map(
        ([, name, value]) => [name, value] as [string, string],
      );
      const reply = await fetch(url, { method: 'POST', headers, body: /-d '(.*)'$/.exec(line)?.[1] ?? '' });
      statuses.push(reply.status);
      expect(await reply.text()).not.toContain('invalid_request_error');
    }
    expect(statuses).toEqual([200, 200, 429]);
    await simulator.close();
  });
});
