import { html, table } from '../../../data/report/html.ts';
import { facts, figure } from '../../../data/report/page.ts';
import { differenceBars, differenceChart } from '../charts/difference-chart.ts';
import { intervalChart } from '../charts/interval-chart.ts';
import type { Rule } from '../charts/interval-chart.ts';
import type { PairedDifferences } from '../model.ts';
import { confidence, count, signed } from '../numbers.ts';
import type { Part, Sides } from '../part.ts';

/** Item by item, how the two sides differ, and what the gate makes of the mean. */
export function differencesPart(of: PairedDifferences, sides: Sides): Part {
  const { format = 'number', gain, minGain, values } = of;
  const unit = format === 'share' ? 'points' : 'gain';
  const scale = format === 'share' ? 100 : 1;
  const counts: [string, string][] = [['Items', count(of.n)]];
  for (const name of ['better', 'equal', 'worse', 'unmeasured'] as const)
    if (of[name] !== undefined) counts.push([`${name[0]!.toUpperCase()}${name.slice(1)}`, count(of[name])]);
  const rules: Rule[] = [{ at: 0, name: minGain === 0 ? 'no gain, and the gain asked for' : 'no gain' }];
  if (minGain !== undefined && minGain !== 0) rules.push({ at: minGain, name: 'asked for', isDashed: true });
  const isDrawn = values !== undefined && values.length > 0;
  return {
    id: 'differences',
    title: 'Paired differences',
    content: html`
      <p class="soft">
        ${of.metric}: ${sides.candidate} less ${sides.champion} on the same item, signed so that more is better.
      </p>
      ${facts(counts)}
      <div class="charts below">
        ${
          Number.isFinite(gain.value) &&
          figure(
            'Mean gain',
            intervalChart(
              [
                {
                  name: 'mean gain',
                  value: gain.value,
                  ci: [gain.lower ?? Number.NEGATIVE_INFINITY, gain.upper ?? Number.POSITIVE_INFINITY],
                  color: 'a',
                  text: signed(gain.value, format),
                },
              ],
              { alt: `Mean gain ${signed(gain.value, format)} with its bounds`, unit, scale, rules },
            ),
            `Bounds are one-sided, each at ${confidence(of.confidence)}. A bound that reaches the edge is not known.`,
          )
        }
        ${
          isDrawn &&
          figure(
            'Items by difference',
            differenceChart(differenceBars(values), { alt: 'Items by the difference of their scores', unit, scale }),
            `Items in bars of one width; the grey one is about 0.`,
          )
        }
      </div>
      ${table(['What', 'Value'], rowsOf(of), {
        numeric: [1],
        label: 'The gain and what could be found',
        rowHeads: true,
        isNarrow: true,
      })}
    `,
  };
}

function rowsOf(of: PairedDifferences): string[][] {
  const { format = 'number', gain, minimumDetectableEffect: effect, look } = of;
  const sure = confidence(of.confidence);
  const rows = [
    ['Mean gain', signed(gain.value, format)],
    [`Lower bound, ${sure} one-sided`, gain.lower === null ? 'none' : signed(gain.lower, format)],
    [`Upper bound, ${sure} one-sided`, gain.upper === null ? 'none' : signed(gain.upper, format)],
  ];
  if (of.minGain !== undefined) rows.push(['Gain asked for', `more than ${signed(of.minGain, format)}`]);
  if (effect !== undefined)
    rows.push([
      `Smallest true gain found with probability ${confidence(of.power ?? 0.8)}`,
      effect === null ? 'not known: all differences are equal' : signed((of.minGain ?? 0) + effect, format),
    ]);
  rows.push(['Alpha, one-sided', confidence(look?.alpha ?? 1 - of.confidence)]);
  if (look)
    rows.push([
      'Look at this test set',
      look.planned === undefined ? count(look.number) : `${count(look.number)} of ${count(look.planned)} planned`,
    ]);
  if (of.method !== undefined) rows.push(['Method', of.method]);
  return rows;
}
