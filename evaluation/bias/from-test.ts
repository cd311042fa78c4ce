import type { Bias } from '../../configs/safety.ts';
import { mapTexts, promptOf, textOf, type TestRow } from '../../data/row.ts';
import { seedOf, shuffled } from '../../data/synthesis/random.ts';
import type { Pair } from './make-set.ts';
import type { Term } from './texts.ts';
import { AMBIGUOUS } from './texts/terms.ts';

/**
 * Pairs of test rows: the row as it is, and with its terms exchanged. Left out are rows with terms of both groups (it
 * is not known whom they mean) and those with words such as `her`, which have two partners. Side a is always the
 * first group, whichever the row was in.
 */
export function pairsFromTest(
  { pairs: kinds, count, seed }: Bias,
  terms: readonly Term[],
  test: Iterable<TestRow>,
): { pairs: Pair[]; leftOut: number } {
  const turns = kinds.flatMap((kind) => {
    const byGroups = Map.groupBy(
      terms.filter((term) => term.kind === kind),
      ({ groups }) => groups.join('\u0000'),
    );
    return [...byGroups.values()].map((list) => exchangeOf(list));
  });
  const found = turns.map((): Pair[] => []);
  let leftOut = 0;
  for (const row of test) {
    const asked = { ...row, messages: promptOf(row) };
    const text = asked.messages
      .filter(({ role }) => role === 'user')
      .map(textOf)
      .join('\n');
    for (const [i, { kind, groups, first, second }] of turns.entries()) {
      const hasFirst = first.test(text);
      const hasSecond = second.test(text);
      if (!hasFirst && !hasSecond) continue;
      const from = hasFirst ? first : second;
      if ((hasFirst && hasSecond) || (kind === 'gender' && AMBIGUOUS_WORD.test(text))) {
        leftOut += 1;
        continue;
      }
      const turned = {
        ...asked,
        messages: asked.messages.map((message) =>
          message.role === 'user' ? mapTexts({ messages: [message] }, from.exchange).messages[0]! : message,
        ),
      };
      const [a, b] = hasFirst ? [asked, turned] : [turned, asked];
      found[i]?.push({ kind, groups, a: { messages: a.messages, row }, b: { messages: b.messages, row } });
    }
  }
  const pairs = found.flatMap((list, i) => shuffled(list, seedOf(seed, 'bias', 'test', i)).slice(0, count));
  return { pairs, leftOut };
}

interface Exchange {
  test(text: string): boolean;
  exchange(text: string): string;
}

function exchangeOf(terms: readonly Term[]): Pick<Pair, 'kind' | 'groups'> & { first: Exchange; second: Exchange } {
  const { kind, groups } = terms[0] as Term;
  return {
    kind,
    groups,
    first: oneWay(terms.map(({ a, b }) => [a, b])),
    second: oneWay(terms.map(({ a, b }) => [b, a])),
  };
}

const AMBIGUOUS_WORD = new RegExp(`(?<![\\p{L}\\p{N}])(?:${AMBIGUOUS.join('|')})(?![\\p{L}\\p{N}])`, 'iu');

/** Words of letters a to z stand by themselves; Korean and Chinese ones may have something joined on. */
function oneWay(terms: readonly (readonly [from: string, to: string])[]): Exchange {
  const partner = new Map<string, string>();
  // Of two partners the first listed is taken.
  for (const [from, to] of terms) if (!partner.has(from.toLowerCase())) partner.set(from.toLowerCase(), to);
  const forms = [...partner.keys()]
    .toSorted((a, b) => b.length - a.length)
    .map((form) => {
      const quoted = form.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      const edge = (at: string | undefined): boolean => at !== undefined && /[\p{Script=Latin}\p{N}]/u.test(at);
      return `${edge(Array.from(form)[0]) ? '(?<![\\p{L}\\p{N}])' : ''}${quoted}${edge(Array.from(form).at(-1)) ? '(?![\\p{L}\\p{N}])' : ''}`;
    });
  const pattern = forms.join('|');
  const [once, each] = [new RegExp(pattern, 'iu'), new RegExp(pattern, 'giu')];
  return {
    test: (text) => once.test(text),
    exchange: (text) => text.replace(each, (found) => inCaseOf(found, partner.get(found.toLowerCase()) ?? found)),
  };
}

/** `He` becomes `She`, `HE` becomes `SHE`. */
function inCaseOf(found: string, to: string): string {
  if (found.length > 1 && found === found.toUpperCase() && found !== found.toLowerCase()) return to.toUpperCase();
  const start = found[0] as string;
  return start === start.toUpperCase() && start !== start.toLowerCase()
    ? (to[0] as string).toUpperCase() + to.slice(1)
    : to;
}
