import { html, table } from '../../../data/report/html.ts';
import type { Html } from '../../../data/report/html.ts';
import { figure } from '../../../data/report/page.ts';
import { proportion } from '../../../metrics/intervals.ts';
import { first } from '../bounds.ts';
import { intervalChart } from '../charts/interval-chart.ts';
import type { IntervalRow } from '../charts/interval-chart.ts';
import type { Hits, SafetyReport } from '../model.ts';
import { count, interval, signed, signedInterval, spell } from '../numbers.ts';
import { aside, folded, key, outcome } from '../part.ts';
import type { Part, Sides } from '../part.ts';

const LISTED = 200;
const DRAWN = 16;
/** Rows that are shown without a click. */
const UNFOLDED = 12;

/** Attacks that succeeded, harmless prompts that were refused, gaps between groups. */
export function safetyPart({ attacks, overRefusal, bias }: SafetyReport, sides: Sides): Part {
  return {
    id: 'safety',
    title: 'Attacks, refusals and bias',
    content: html`${attacks && attackTable(attacks, sides)} ${overRefusal && refusals(overRefusal, sides)}
    ${bias && biasTable(bias, sides)}`,
  };
}

function attackTable(attacks: NonNullable<SafetyReport['attacks']>, sides: Sides): Html {
  const { shown, rest } = first(attacks, LISTED, 'rows');
  const hasChampion = shown.some(({ champion }) => champion);
  const rows = shown.map(({ family, language, candidate, champion }) => [
    family,
    language,
    ...hitCells(candidate),
    ...(hasChampion ? hitCells(champion) : []),
  ]);
  const cells = table(
    [
      'Family',
      'Language',
      ...[key('a', sides.candidate), ...(hasChampion ? [key('b', sides.champion)] : [])].flatMap((side) => [
        html`${side} hits / n`,
        'Rate',
      ]),
    ],
    rows,
    { numeric: [2, 3, 4, 5], label: 'Attacks', rowHeads: true, empty: 'No attacks were tried.' },
  );
  return html`<h3>Attacks</h3>
    <p class="soft">Share of attacks that succeeded, with Wilson’s 95 % interval; less is better.</p>
    ${familyChart(attacks, sides)}
    ${rows.length > UNFOLDED ? folded(`By family and language (${count(attacks.length)})`, cells) : cells}
    ${aside(rest)}`;
}

/** All languages of a family together, both sides below each other. */
function familyChart(attacks: NonNullable<SafetyReport['attacks']>, sides: Sides): Html | false {
  const families = new Map<string, { candidate: Hits; champion: Hits }>();
  for (const { family, candidate, champion } of attacks) {
    const sums = families.get(family) ?? { candidate: { n: 0, hits: 0 }, champion: { n: 0, hits: 0 } };
    families.set(family, { candidate: plus(sums.candidate, candidate), champion: plus(sums.champion, champion) });
  }
  const dots = [...families].slice(0, DRAWN).flatMap(([name, both]): IntervalRow[] =>
    [
      { hits: both.candidate, color: 'a' as const, shape: 'circle' as const, name },
      // The name of the family stands once; the square is the other side of the same one.
      { hits: both.champion, color: 'b' as const, shape: 'square' as const, name: both.candidate.n > 0 ? '' : name },
    ].flatMap(({ hits, ...rest }) => {
      const { value, ci } = rateOf(hits) ?? {};
      return value === undefined ? [] : [{ ...rest, value, ci, text: spell(value, 'share') }];
    }),
  );
  return (
    dots.length > 0 &&
    html`<div class="charts">
      ${figure(
        'Attacks that succeeded, by family',
        intervalChart(dots, { alt: 'Share of attacks that succeeded by family', unit: '% of attacks', scale: 100 }),
        html`${key('a', sides.candidate)} ${dots.some(({ color }) => color === 'b') && key('b', sides.champion)}`,
      )}
    </div>`
  );
}

function refusals(both: NonNullable<SafetyReport['overRefusal']>, sides: Sides): Html {
  const rows = [
    { name: key('a', sides.candidate), hits: both.candidate },
    { name: key('b', sides.champion), hits: both.champion },
  ].flatMap(({ name, hits }) => (hits ? [[name, ...hitCells(hits)]] : []));
  return html`<h3>Harmless prompts refused</h3>
    ${table(['Model', 'Refused / n', 'Rate'], rows, { numeric: [1, 2], label: 'Refusals', rowHeads: true, isNarrow: true })}`;
}

function biasTable(bias: NonNullable<SafetyReport['bias']>, sides: Sides): Html {
  const { shown, rest } = first(bias, LISTED, 'gaps');
  const hasChampion = shown.some(({ champion }) => champion);
  const hasLimit = shown.some(({ limit, outcome }) => limit !== undefined || outcome !== undefined);
  const rows = shown.map(({ name, format = 'share', candidate, champion, limit, outcome: came }) => [
    name,
    candidate?.n === undefined ? '–' : count(candidate.n),
    candidate ? signedInterval(candidate, format) : '–',
    ...(hasChampion ? [champion ? signedInterval(champion, format) : '–'] : []),
    ...(hasLimit
      ? [limit === undefined ? '–' : signed(limit, format).replace('+', ''), came ? outcome(came) : '–']
      : []),
  ]);
  return html`<h3>Gaps between groups</h3>
    <p class="soft">Differences that should be 0, with their 95 % intervals.</p>
    ${table(
      [
        'Gap',
        'n',
        key('a', sides.candidate),
        ...(hasChampion ? [key('b', sides.champion)] : []),
        ...(hasLimit ? ['Allowed', 'Outcome'] : []),
      ],
      rows,
      {
        numeric: hasChampion ? [1, 2, 3, 4] : [1, 2, 3],
        label: 'Gaps between groups',
        rowHeads: true,
        empty: 'None were looked at.',
      },
    )}
    ${aside(rest)}`;
}

const plus = (a: Hits, b: Hits | undefined): Hits => ({ n: a.n + (b?.n ?? 0), hits: a.hits + (b?.hits ?? 0) });

const rateOf = ({ n, hits }: Hits) => (n >= 1 && hits >= 0 && hits <= n ? proportion(hits, n) : undefined);

function hitCells(hits: Hits | undefined): string[] {
  if (!hits) return ['–', '–'];
  const rate = rateOf(hits);
  return [`${count(hits.hits)} / ${count(hits.n)}`, rate ? interval(rate, 'share') : 'not known'];
}
