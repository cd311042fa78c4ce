import type { PlanLine } from './plan.ts';

/** Adds what a line of a plan says, in sentences. */
export function planInWords(line: Omit<PlanLine, 'words'>, minGain: number): PlanLine {
  return {
    ...line,
    words: [...(line.role === 'primary' ? primary(line, minGain) : guard(line)), ...basis(line)].join(' '),
  };
}

type Line = Omit<PlanLine, 'words'>;

function primary({ metric, n, alpha, effect, wanted, power, needed }: Line, minGain: number): string[] {
  if (alpha === 0) return [`${metric}: the test set has been used up: bring fresh rows.`];
  const found =
    effect === null
      ? `${metric}: with ${n} items no gain at all is found with 80 % probability.`
      : `${metric}: with ${n} items a true gain of ${decimals(effect)} or more is found with 80 % probability.`;
  if (wanted === null || power === null) return [found];
  if (wanted <= minGain)
    return [
      found,
      `A gain of ${decimals(wanted)} is not more than the ${decimals(minGain)} asked for: it is not to be found.`,
    ];
  return [
    found,
    `A gain of ${decimals(wanted)} is found with ${percent(power)} probability;`,
    needed === null ? 'no number of items would do for 80 %.' : `it needs ${needed} items for 80 %.`,
  ];
}

function guard({ metric, slice, n, effect, wanted, power, needed }: Line): string[] {
  const name = slice === undefined ? metric : `${metric} on ${slice}`;
  if (effect === null)
    return [`${name}: with ${n} ${n === 1 ? 'item' : 'items'} nothing is proved, whatever the margin.`];
  const found = `${name}: with ${n} items two equal models keep a margin of ${decimals(effect)} with 80 % probability.`;
  if (wanted === null || power === null)
    return [found, "The margin is a share of the champion's mean, which is not known yet."];
  return [
    found,
    `The margin of ${decimals(wanted)} is kept with ${percent(power)} probability;`,
    needed === null ? 'no number of items would do for 80 %.' : `it needs ${needed} items for 80 %.`,
  ];
}

const basis = ({ basis: from, deviation }: Line): string[] => [
  from === 'assumed'
    ? `Assumed: differences with a deviation of ${decimals(deviation)} per item, as nothing is known yet.`
    : `Differences had a deviation of ${decimals(deviation)} per item in an earlier gate.`,
];

const decimals = (value: number): string => `${value < 0 ? '−' : ''}${+Math.abs(value).toFixed(4)}`;
const percent = (share: number): string => `${+(share * 100).toFixed(0)} %`;
