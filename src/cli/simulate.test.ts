import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { startSimulator } from '../simulator/server.ts';
import { greeting, simulateCommand } from './simulate.ts';

describe('cliproxy simulate', () => {
  it('takes its options, and refuses a port that is none', async () => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    simulateCommand(program);
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
