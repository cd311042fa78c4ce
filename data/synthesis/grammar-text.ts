/** What a text of a grammar is made of. */
export type Piece =
  | { kind: 'text'; text: string }
  /** `{rule}`, `{rule|modifier}`, `{name=rule}`; `at` is the place in the text. */
  | { kind: 'reference'; word: string; rule?: string; modifiers: string[]; at: number };

const REFERENCE = /^\s*([\p{L}_][\p{L}\p{N}_-]*)\s*(?:=\s*([\p{L}_][\p{L}\p{N}_-]*)\s*)?((?:\|[^|{}]*)*)$/u;

/** Takes a text apart; `{{` and `}}` stand for braces. Problems come with their place in the text. */
export function piecesOf(text: string): { pieces: Piece[]; problems: { at: number; message: string }[] } {
  const pieces: Piece[] = [];
  const problems: { at: number; message: string }[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') pieces.push({ kind: 'text', text: plain });
    plain = '';
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character !== '{' && character !== '}') plain += character;
    else if (text[at + 1] === character) {
      plain += character;
      at++;
    } else if (character === '}') problems.push({ at, message: 'a "}" without its "{": write "}}" for a brace' });
    else {
      const end = text.indexOf('}', at);
      if (end < 0) {
        problems.push({ at, message: 'a "{" without its "}": write "{{" for a brace' });
        break;
      }
      const inner = text.slice(at + 1, end);
      const match = REFERENCE.exec(inner);
      if (!match)
        problems.push({
          at,
          message: `expected {rule}, {rule|modifier} or {name=rule}, found ${JSON.stringify(`{${inner}}`.slice(0, 60))}`,
        });
      else {
        flush();
        const modifiers = (match[3] as string).split('|').slice(1);
        pieces.push({
          kind: 'reference',
          word: match[1] as string,
          ...(match[2] === undefined ? {} : { rule: match[2] }),
          modifiers: modifiers.map((modifier) => modifier.trim()),
          at,
        });
      }
      at = end;
    }
  }
  flush();
  return { pieces, problems };
}

/** What can be done to a text that a rule gave; English where it depends on the language. */
export const MODIFIERS: Record<string, (text: string) => string> = {
  capitalize: (text) => text.replace(/^\p{Ll}/u, (first) => first.toUpperCase()),
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  a: (text) => `${/^[aeiou]/i.test(text) ? 'an' : 'a'} ${text}`,
  plural: pluralOf,
};

function pluralOf(text: string): string {
  if (/(?:s|x|z|ch|sh)$/i.test(text)) return `${text}es`;
  if (/[^aeiou]y$/i.test(text)) return `${text.slice(0, -1)}ies`;
  return `${text}s`;
}
