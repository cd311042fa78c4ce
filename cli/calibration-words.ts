import type { KeptCalibration } from '../worker/judging/calibrate.ts';

type Measured = NonNullable<KeptCalibration['kappa']>;

const number = (value: number): string => value.toFixed(3);

const measured = ({ value, ci, n }: Measured): string =>
  `${number(value)} (95 % interval ${number(ci[0])} to ${number(ci[1])}, n ${n})`;

/** A comparison of a judge with people, sentence by sentence. */
export function calibrationInWords(found: KeptCalibration): string[] {
  const { n, unmeasured, raters, kappa, weights, alpha, alphaOfPeople, agreement, bias, slices, corrected } = found;
  return [
    `${n} items have labels by ${raters} ${raters === 1 ? 'person' : 'people'} and a verdict; ${unmeasured === 0 ? 'none lacks' : `${unmeasured} more ${unmeasured === 1 ? 'lacks' : 'lack'}`} a verdict.${found.skipped === 0 ? '' : ` ${found.skipped} rows were passed over.`}`,
    kappa === null
      ? 'Kappa with people is not defined: nobody ever said but one thing.'
      : `Kappa with people (${weights === 'none' ? 'unweighted' : 'quadratic weights'}) is ${measured(kappa)}.`,
    ...(alpha === null
      ? []
      : [
          `Krippendorff's alpha of judge and people is ${number(alpha)}${alphaOfPeople === null ? '' : `; of the people alone it is ${number(alphaOfPeople)}`}.`,
        ]),
    ...(agreement === null ? [] : [`They say the same on a share of ${measured(agreement)}.`]),
    ...(bias === null ? [] : [`The judge gives ${measured(bias)} more than people (scores from 0 to 1).`]),
    ...Object.entries(slices).map(([slice, one]) => `In the slice ${slice} it gives ${measured(one)} more.`),
    ...lengthInWords(found),
    ...(found.selfPreference === null
      ? []
      : [`It is ${measured(found.selfPreference)} kinder to answers of its own family.`]),
    ...(corrected === null
      ? []
      : [
          `The mean that people would give, by PPI++ out of ${found.unlabelled} answers without labels: ${number(corrected.estimate)} (95 % interval ${number(corrected.ci[0])} to ${number(corrected.ci[1])}).`,
        ]),
    found.passed
      ? `Passed: it may decide until ${found.expires.slice(0, 10)}.`
      : `Not passed, it may not decide: ${found.reasons.join('; ')}.`,
  ];
}

function lengthInWords({ length }: KeptCalibration): string[] {
  if (!length) return [];
  const { correlation, shorter, longer } = length;
  return [
    ...(correlation === null ? [] : [`Its kindness goes with length by a rank correlation of ${number(correlation)}.`]),
    ...(shorter && longer
      ? [`It gives ${measured(shorter)} more to the shorter half, ${measured(longer)} more to the longer.`]
      : []),
  ];
}
