// Values that are well-formed each and cannot be meant together: they keep the configuration from being used.

import type { Notary, Problem } from './notice.ts';
import { type KeyPath, printPath } from './outline.ts';
import type { ParsedConfig } from './schema.ts';
import { proxyFault } from './usability.ts';

/** All of them. */
export function contradictions(parsed: ParsedConfig, notes: Notary): readonly Problem[] {
  const problem = (path: KeyPath, message: string, advice: string): Problem => ({
    ...notes.at('problem', path, message, advice),
    level: 'problem',
  });
  const found: Problem[] = [];
  const fault = proxyFault(parsed['proxy-url']);
  if (fault !== undefined) {
    const advice = 'Use http, https, socks5 or socks5h, as in http://127.0.0.1:7890, or remove it to go out directly.';
    found.push(problem(['proxy-url'], fault, advice));
  }
  const { enable, cert, key } = parsed.tls;
  if (enable && (cert === '' || key === '')) {
    found.push(problem(['tls'], 'tls.cert or tls.key is empty', 'Name both files, or set tls.enable to false.'));
  }
  return [...found, ...chainContradictions(parsed.chains, problem)];
}

function chainContradictions(
  chains: ParsedConfig['chains'],
  problem: (path: KeyPath, message: string, advice: string) => Problem,
): readonly Problem[] {
  return chains.flatMap(({ alias, models }, index) => {
    const path = ['chains', index, 'alias'];
    const first = chains.findIndex((other) => other.alias === alias);
    const message = `${printPath(path)} "${alias}" is taken by chains[${first}]`;
    const again = first < index ? [problem(path, message, 'Rename it, or put the models of both into one.')] : [];
    return [
      ...again,
      ...models.flatMap((entry, place) => impossible(entry, ['chains', index, 'models', place], problem)),
    ];
  });
}

/** A condition that no request fulfils. */
function impossible(
  { when }: ParsedConfig['chains'][number]['models'][number],
  path: KeyPath,
  problem: (path: KeyPath, message: string, advice: string) => Problem,
): readonly Problem[] {
  const { 'min-tokens': least = 0, 'max-tokens': most = least, has = [], lacks = [] } = when ?? {};
  const said = (key: string, fault: string, advice: string): Problem => {
    const here = [...path, 'when', key];
    return problem(here, `${printPath(here)} ${fault}: no request fits`, advice);
  };
  const both = has.find((word) => lacks.includes(word));
  return [
    ...(least > most ? [said('max-tokens', 'is below min-tokens', 'Exchange the two, or remove one.')] : []),
    ...(both ? [said('lacks', `names "${both}", as has does`, 'Remove it from one of the two.')] : []),
  ];
}
