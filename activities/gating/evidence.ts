import { terminal } from '../../configs/failure.ts';
import type { Refs } from '../../configs/refs.ts';
import { breathing } from '../../data/lines.ts';
import type { MetricFacts, PairedItem } from '../../metrics/gate/tally.ts';
import type { JudgeReport } from '../../evaluation/judges/report.ts';
import type { ProbeReport } from '../evaluation/probe.ts';
import type { EvalReport, ScoredItem } from '../evaluation/report.ts';
import type { Deps } from '../step/deps.ts';

/** What a gate decides on. */
export interface Evidence {
  test: string;
  candidate: string;
  champion: string;
  facts: Record<string, MetricFacts>;
  /** Scores of all rows, one after the other: the test set's, added ones, and those of attacks and pairs. */
  items(): AsyncIterable<PairedItem>;
}

/**
 * Opens the evidence of a gate by the roles of its inputs: `report` and `scores`, further ones with a number behind
 * them, `probing` and `probes`.
 *
 * @throws TerminalError `MissingInput`, and `TestSetChanged` when the parts are not of one comparison.
 */
export async function openEvidence({ store }: Pick<Deps, 'store'>, inputs: Refs): Promise<Evidence> {
  const read = async <T>(role: string): Promise<T> =>
    JSON.parse((await store.read(inputs[role]?.digest ?? '')).toString('utf8')) as T;
  const reports = await Promise.all(rolesLike(inputs, 'report').map((role) => read<EvalReport>(role)));
  const [first] = reports;
  if (!first) throw terminal('MissingInput', 'a gate needs the report of an evaluation');
  const { test, candidate, champion } = first;
  const isStrange = reports.some(
    (report) => report.test !== test || report.candidate !== candidate || report.champion !== champion,
  );
  if (isStrange || (inputs['test'] && inputs['test'].digest !== test))
    throw terminal(
      'TestSetChanged',
      'candidate and champion were not measured on one and the same test set: evaluate both again',
    );
  const judging = await Promise.all(rolesLike(inputs, 'judging').map((role) => read<JudgeReport>(role)));
  const probing = inputs['probing'] ? [await read<ProbeReport>('probing')] : [];
  return {
    test,
    candidate,
    champion,
    facts: { ...factsOf([...reports, ...probing]), ...factsOfJudges(judging) },
    async *items() {
      const roles = [...rolesLike(inputs, 'scores'), ...(inputs['probes'] ? ['probes'] : [])];
      const judgements = rolesLike(inputs, 'judgements');
      const slicesOf = new Map<string, string[]>();
      for (const role of roles)
        for await (const item of breathing<ScoredItem>(await store.path(inputs[role]?.digest ?? ''))) {
          if (judgements.length > 0 && item.slices) slicesOf.set(item.id, item.slices);
          yield item;
        }
      // What judges say of a row belongs to the slices of that row.
      for (const role of judgements)
        for await (const item of breathing<ScoredItem>(await store.path(inputs[role]?.digest ?? ''))) {
          const slices = slicesOf.get(item.id);
          yield slices ? { ...item, slices } : item;
        }
      if (inputs['scores']) return;
      // Evaluations of earlier versions have their items in the report.
      const { items } = first as unknown as { items: unknown };
      if (!Array.isArray(items)) throw terminal('MissingInput', 'a gate needs the scores of an evaluation');
      yield* items as PairedItem[];
    },
  };
}

/** `report`, `report1`, `report2` …, in their order. */
const rolesLike = (inputs: Refs, role: string): string[] =>
  Object.keys(inputs)
    .filter((name) => name.startsWith(role) && /^\d*$/.test(name.slice(role.length)))
    .toSorted((a, b) => Number(a.slice(role.length)) - Number(b.slice(role.length)));

const factsOfJudges = (reports: readonly JudgeReport[]): Record<string, MetricFacts> =>
  Object.fromEntries(
    reports.flatMap(({ judges }) =>
      Object.keys(judges).map((name) => [name, { range: [0, 1], better: 'higher', isBinary: false }]),
    ),
  );

/** What is known of every metric. */
function factsOf(reports: readonly { metrics: Record<string, object> }[]): Record<string, MetricFacts> {
  const facts: Record<string, MetricFacts> = {};
  for (const { metrics } of reports)
    for (const [name, found] of Object.entries(metrics)) {
      // Reports of earlier versions do not say: they know two metrics, both shares.
      const {
        range = [0, 1] as const,
        better = 'higher',
        isBinary = name === 'exactMatch',
      } = found as Partial<MetricFacts>;
      const known = facts[name];
      // What has no upper end has the largest that was seen.
      const [low, high] = known ? [Math.min(known.range[0], range[0]), Math.max(known.range[1], range[1])] : range;
      facts[name] = { range: [low, high], better, isBinary };
    }
  return facts;
}
