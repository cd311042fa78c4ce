import type { Format, RunReport } from '../../evaluation/report/model.ts';
import type { Compared, EvalReport } from '../evaluation/report.ts';
import type { GateVerdict } from '../gate.ts';

type Parts = Pick<RunReport, 'metrics' | 'differences' | 'guards' | 'slices'>;

/** What a report shows of the comparison: metrics, differences, guards and slices. */
export function comparedParts(report: EvalReport, verdict: GateVerdict | undefined): Parts {
  const roles = rolesOf(verdict);
  const metrics = Object.entries(report.metrics).map(([name, found]) => ({
    name,
    better: found.better,
    format: formatOf(found),
    candidate: found.candidate,
    champion: found.champion,
    signature: found.signature,
    role: roles.get(name) ?? 'shown only',
  }));
  if (!verdict) return { metrics };
  const format = formatOf(report.metrics[verdict.metric]);
  return {
    metrics,
    differences: {
      metric: verdict.metric,
      format,
      n: verdict.n,
      gain: { value: verdict.gain, lower: verdict.lower, upper: verdict.upper },
      minGain: verdict.minGain,
      minimumDetectableEffect: verdict.minimumDetectableEffect,
      confidence: verdict.confidence,
      look: {
        number: verdict.look,
        ...(verdict.settings.looks.planned === undefined ? {} : { planned: verdict.settings.looks.planned }),
        alpha: verdict.alpha,
      },
      better: verdict.better,
      worse: verdict.worse,
      equal: verdict.equal,
      unmeasured: verdict.unmeasured,
      method:
        verdict.mcnemarP === null
          ? verdict.method
          : `${verdict.method}, McNemar p = ${verdict.mcnemarP.toPrecision(3)}`,
    },
    ...(verdict.guards.length + verdict.floors.length > 0 ? { guards: guardsOf(report, verdict) } : {}),
    ...(verdict.slices.length > 0
      ? {
          slices: {
            metric: verdict.metric,
            format,
            rows: verdict.slices.map(({ slice, n, candidate, champion, gain, lower, upper }) => ({
              name: slice,
              n,
              candidate,
              champion,
              gain: { value: gain, n, ci: [lower, upper] as const },
            })),
            note: 'Slices are looked at, not decided on, unless a guard names them: of twenty, one looks worse by chance.',
          },
        }
      : {}),
  };
}

function rolesOf(verdict: GateVerdict | undefined): Map<string, string> {
  const roles = new Map<string, string>();
  for (const { metric } of verdict?.floors ?? []) roles.set(metric, 'floor');
  for (const { metric } of verdict?.guards ?? []) roles.set(metric, 'guard');
  for (const { metric } of verdict?.primaries ?? []) roles.set(metric, 'decides');
  return roles;
}

function guardsOf(report: EvalReport, { guards, floors, confidence }: GateVerdict): NonNullable<RunReport['guards']> {
  const nameOf = ({ metric, slice }: { metric: string; slice?: string | undefined }): string =>
    slice === undefined ? metric : `${metric} on ${slice}`;
  return [
    ...guards.map((guard) => ({
      name: nameOf(guard),
      kind: 'guard' as const,
      format: formatOf(report.metrics[guard.metric]),
      margin: guard.margin,
      seen: guard.gain,
      bound: guard.bound,
      n: guard.n,
      confidence,
      outcome: guard.outcome,
      words: guard.words,
    })),
    ...floors.map((floor) => ({
      name: nameOf(floor),
      kind: 'floor' as const,
      format: formatOf(report.metrics[floor.metric]),
      margin: floor.atLeast ?? floor.atMost ?? 0,
      seen: floor.value,
      bound: floor.bound,
      n: floor.n,
      confidence,
      outcome: floor.outcome,
      words: floor.words,
    })),
  ];
}

/** What lies between 0 and 1 is a share. */
export const formatOf = (found: Compared | undefined): Format =>
  found === undefined || (found.range[0] === 0 && found.range[1] === 1) ? 'share' : 'number';
