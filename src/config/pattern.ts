// Regular expressions of operators, also as other gateways' engines write them: flags and named groups in their way, punctuation escaped.

/** Compiles a pattern. Throws SyntaxError with the reason. */
export function readPattern(text: string): RegExp {
  const [, flags = '', rest = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(text) ?? [];
  return new RegExp(plainPunctuation(rest).replaceAll('(?P<', '(?<'), `${[...new Set(flags)].join('')}u`);
}

/** `\-` and `\"` mean the character itself, also where this engine does not let them be escaped. */
function plainPunctuation(text: string): string {
  return text.replace(/\\(.)/gs, (whole, escaped: string) =>
    /[!"#%&',:;<=>@`~ _-]/.test(escaped) ? `\\x${escaped.charCodeAt(0).toString(16).padStart(2, '0')}` : whole,
  );
}

/** Why a pattern cannot be compiled; undefined when it can. */
export function patternFault(text: string): string | undefined {
  try {
    readPattern(text);
    return undefined;
  } catch (error) {
    // The engine shows the pattern as it was given to it, which is not as it is written.
    return error instanceof Error ? error.message.replace(/^.*\/[a-z]*: /s, '') : String(error);
  }
}
