// A conversation stays with the account that served it, moves when it must, and comes to rest where it went.

import { afterAll, beforeEach, expect, it } from 'vitest';
import { call, type Gateway, startGateway } from '../support/gateway.ts';

const started: Gateway[] = [];
let gateway: Gateway;
const configured =
  (more = '') =>
  (url: string) =>
    `
openai-compatibility:
  - name: service
    base-url: ${url}/v1
    api-key-entries: [{ api-key: account-one }, { api-key: account-two }, { api-key: account-three }]
    models: [{ name: upstream, alias: shared }]
${more}`;
async function start(more?: string): Promise<Gateway> {
  const made = await startGateway(configured(more));
  started.push(made);
  return made;
}
beforeEach(async () => {
  gateway = await start();
});
afterAll(() => Promise.all(started.map((one) => one.close())));

/** The account that answered, or the status where none did. */
async function served(messages: readonly object[], headers: Record<string, string> = {}): Promise<string> {
  const response = await call(gateway, '/v1/chat/completions', { model: 'shared', messages }, headers);
  await response.text();
  const { headers: heard } = gateway.simulator.recorded().at(-1) ?? { headers: {} };
  const key = String((heard as Record<string, unknown>).authorization).replace('Bearer ', '');
  return response.status === 200 ? key : String(response.status);
}
const user = (content: string) => ({ role: 'user', content });
const reply = { role: 'assistant', content: 'Yes.' };

it.each([
  ['by a header', { 'x-session-affinity': 's1' }, { 'x-session-affinity': 's2' }],
  ['by Claude Code’s header', { 'x-claude-code-session-id': 's1' }, { 'x-claude-code-session-id': 's2' }],
])('told %s stays where it began, whatever it says; another goes elsewhere', async (_, first, second) => {
  expect(await served([user('One')], first)).toBe('account-one');
  expect(await served([user('Two')], first)).toBe('account-one');
  expect(await served([user('One')], second)).toBe('account-two');
  expect(await served([user('Three')], first)).toBe('account-one');
});

it('told by nobody is known by how it opened', async () => {
  const opening = [{ role: 'system', content: 'Be terse.' }, user('Why?')];
  expect(await served(opening)).toBe('account-one');
  expect(await served([...opening, reply, user('And then?')])).toBe('account-one');
  expect(await served([opening[0] ?? {}, user('What else?')])).toBe('account-two');
  expect(await served([...opening, reply, user('And then?'), reply, user('Oh.')])).toBe('account-one');
});

it('is not taken for another that began with the same words', async () => {
  const opening = [user('Why?')];
  // The same question, asked again and again, is many conversations: each goes where its turn is.
  const first: string[] = [];
  for (let count = 0; count < 4; count++) first.push(await served(opening));
  expect(first).toEqual(['account-one', 'account-two', 'account-three', 'account-one']);
  const other = { role: 'assistant', content: 'No.' };
  expect(await served([...opening, reply, user('And?')])).toBe('account-one');
  expect(await served(opening)).toBe('account-two');
  expect(await served([...opening, other, user('And?')])).toBe('account-two');
  expect(await served([...opening, reply, user('And?'), reply, user('Oh.')])).toBe('account-one');
  expect(await served([...opening, other, user('And?'), other, user('Oh.')])).toBe('account-two');
});

it('moves once when its account fails, and not back when that is well again', async () => {
  const session = { 'x-session-id': 's' };
  expect(await served([user('One')], session)).toBe('account-one');
  gateway.simulator.script({ say: 'status 401', match: { key: 'account-one' }, times: 1 });
  const moved = await served([user('Two')], session);
  expect(moved).not.toBe('account-one');
  expect(await served([user('Three')], session)).toBe(moved);
});

it('takes turns where affinity is off', async () => {
  gateway = await start('routing: { session-affinity: false }');
  const session = { 'x-session-id': 's' };
  const all: string[] = [];
  for (const text of ['One', 'Two', 'Three', 'Four']) all.push(await served([user(text)], session));
  expect(all).toEqual(['account-one', 'account-two', 'account-three', 'account-one']);
});
