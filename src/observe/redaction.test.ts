import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedaction } from './redaction.ts';

const learned = (...secrets: string[]) => {
  const redaction = createRedaction();
  redaction.learn(secrets);
  return redaction;
};

describe('redaction', () => {
  it('leaves no learned secret in any text, wherever it stands and however many there are', () => {
    const secret = fc.string({ minLength: 8, maxLength: 40, unit: fc.constantFrom(...'abcXYZ019-_.') });
    fc.assert(
      fc.property(
        fc.uniqueArray(secret, { minLength: 1, maxLength: 30 }),
        fc.array(fc.oneof(fc.string(), fc.nat(29)), { maxLength: 20 }),
        (secrets, pieces) => {
          const text = pieces.map((piece) => (typeof piece === 'number' ? (secrets[piece] ?? '') : piece)).join('');
          const clean = learned(...secrets).of(text);
          // A secret within another goes with it; the mark itself is not made of their letters.
          for (const one of secrets) expect(clean.replaceAll('[redacted]', '\n')).not.toContain(one);
        },
      ),
    );
  });

  it('finds them among thousands, in many lines at once, and takes nothing from one line into the next', () => {
    const all = Array.from(
      { length: 3000 },
      (_, index) => `${['sk-planted-', 'AI', '', 'gsk_'][index % 4]}${index * 7919 + 10_000_000}`,
    );
    const lines = all.flatMap((secret) => [
      JSON.stringify({ said: `Bearer`, url: 'http://user:' }),
      JSON.stringify({ secret, more: `x${secret}y` }),
    ]);
    expect(learned(...all).of(lines.join('\n'))).toBe(
      all.map(() => '{"said":"Bearer","url":"http://user:"}\n{"secret":"[redacted]","more":"x[redacted]y"}').join('\n'),
    );
  });

  it('takes the longest of several that begin alike', () => {
    expect(learned('planted-key', 'planted-key-and-more').of('x planted-key-and-more, planted-key.')).toBe(
      'x [redacted], [redacted].',
    );
  });

  it('knows keys by their looks, and leaves everything else as it is', () => {
    const { of } = createRedaction();
    const hidden: readonly (readonly [string, string])[] = [
      ['Incorrect API key provided: sk-proj-abcdefghijk', 'Incorrect API key provided: [redacted]'],
      ['Authorization: Bearer abc.def-ghi_jkl', 'Authorization: Bearer [redacted]'],
      ['authorization: bearer \t abc.def-ghi_jkl', 'authorization: bearer \t [redacted]'],
      ['GET /v1beta/models?alt=sse&key=AIzaSyA1234567890', 'GET /v1beta/models?alt=sse&key=[redacted]'],
      ['socks5://user:pa55word@10.0.0.1:1080 refused', 'socks5://user:[redacted]@10.0.0.1:1080 refused'],
    ];
    for (const [text, clean] of hidden) expect(of(text)).toBe(clean);
    const plain = 'https://api.example.com:443/v1 said 401: task-force mask-1234 at 12:30:00, user@example.com';
    expect(of(plain)).toBe(plain);
  });

  it('keeps JSON JSON', () => {
    const { of } = learned('planted-secret-1');
    const line = JSON.stringify({ message: 'say "planted-secret-1" or ?key=abcdefgh"', url: 'http://u:p4ssw0rd@h/' });
    expect(JSON.parse(of(line))).toEqual({
      message: 'say "[redacted]" or ?key=[redacted]"',
      url: 'http://u:[redacted]@h/',
    });
  });

  it.each([
    ['spaces', 'https://x', ' '],
    ['spaces after each word', '', 'Bearer '],
    ['one long run of spaces', 'Bearer', ' '],
    ['a key that goes on', 'sk-', 'sk-'],
    ['a key that is too short', '', 'sk-x '],
    ['addresses', '', '://'],
    ['names in addresses', '', '://user:'],
    ['one long name in an address', '://', 'x'],
    ['a password without an end', '://x:', 'x:'],
    ['colons', 'https://', ':'],
    ['queries', '', '?key='],
  ])('takes no longer for a megabyte of %s than for other text', (_, start, rest) => {
    const { of } = learned('planted-secret-1');
    const text = start + rest.repeat((1 << 20) / rest.length);
    // What costs the square of this takes hours.
    expect(of(`${text} planted-secret-1`)).toMatch(/ \[redacted\]$/);
  });

  it.each(['{"token":"planted-secret-1"}', 'planted\\secret"1'])(
    'finds %s on lines that are JSON, and in JSON that they tell of',
    (secret) => {
      const { of } = learned(secret);
      for (const detail of [secret, JSON.stringify({ secret })]) {
        const shown = detail === secret ? '[redacted]' : '{"secret":"[redacted]"}';
        expect(JSON.parse(of(JSON.stringify({ detail })))).toEqual({ detail: shown });
      }
    },
  );

  it('hides the secrets of the configuration before, too, and ignores words', () => {
    const redaction = learned('first-secret', 'short');
    redaction.learn(['second-secret']);
    expect(redaction.of('first-secret second-secret short')).toBe('[redacted] [redacted] short');
    redaction.learn(['third-secret']);
    expect(redaction.of('first-secret second-secret')).toBe('first-secret [redacted]');
  });
});
