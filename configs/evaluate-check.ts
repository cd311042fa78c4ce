import { EMBEDDING_SIMILARITY, metricName, METRICS, OPERATIONAL, PROBED } from './metric-names.ts';

interface Problem {
  path: string[];
  message: string;
}

/**
 * What has to hold between the fields of `evaluate` and `gate`. Takes whatever was written, right or wrong: what a
 * single field gets wrong is reported elsewhere.
 */
export function crossCheckEvaluation(evaluate: unknown, gate: unknown): Problem[] {
  const measured = measuredBy(isObject(evaluate) ? evaluate : {});
  return [...checkNames(evaluate), ...(isObject(gate) ? checkGate(gate, measured) : checkPrimary({}, measured))];
}

interface Measured {
  /** As written in evaluate.metrics; undefined: not a list of texts. */
  metrics: readonly string[] | undefined;
  isDefault: boolean;
  own: readonly string[];
  /** Judges with their kinds. */
  judges: ReadonlyMap<string, string>;
  probed: readonly string[];
  hasPrice: boolean;
}

function measuredBy(evaluate: Record<string, unknown>): Measured {
  const { metrics, custom, embeddings, judges, safety, bias, price } = evaluate;
  const keys = (value: unknown): string[] => (isObject(value) ? Object.keys(value) : []);
  const hasRefusals = isObject(safety) && safety['overRefusal'] !== false;
  return {
    metrics: metrics === undefined ? ['exactMatch', 'tokenF1'] : isTexts(metrics) ? metrics : undefined,
    isDefault: metrics === undefined,
    own: [...keys(custom), ...keys(judges), ...(embeddings === undefined ? [] : [EMBEDDING_SIMILARITY])],
    judges: new Map(
      Object.entries(isObject(judges) ? judges : {}).map(([name, one]) => [
        name,
        isObject(one) ? String(one['kind']) : '',
      ]),
    ),
    probed: [
      ...(safety === undefined ? [] : ['attackSuccess']),
      ...(hasRefusals ? ['overRefusal'] : []),
      ...(bias === undefined ? [] : ['biasGap']),
    ],
    hasPrice: price !== undefined,
  };
}

/** Names of a person's own that we use ourselves would say two things. */
function checkNames(evaluate: unknown): Problem[] {
  if (!isObject(evaluate)) return [];
  const taken = { ...METRICS, ...OPERATIONAL, ...PROBED, [EMBEDDING_SIMILARITY]: '' };
  const seen = new Set<string>();
  return (['custom', 'judges'] as const).flatMap((group) => {
    const names = evaluate[group];
    if (!isObject(names)) return [];
    return Object.entries(names).flatMap(([name, one]) => {
      const path = ['evaluate', group, name];
      const isTwice = seen.has(name);
      seen.add(name);
      if (Object.hasOwn(taken, name))
        return [{ path, message: `"${name}" is a metric of its own: choose another name` }];
      if (isTwice)
        return [{ path, message: `"${name}" is named twice, as a metric and as a judge: choose another name` }];
      return group === 'judges' ? checkTie(path, one) : [];
    });
  });
}

/** Measures that look at contexts and reference alone are the same for both models: nothing can be decided on them. */
const TIED = ['contextPrecision', 'contextRecall'];

function checkTie(path: string[], judge: unknown): Problem[] {
  if (!isObject(judge) || judge['calibration'] !== 'waived' || !TIED.includes(String(judge['measure']))) return [];
  const message = `${String(judge['measure'])} does not look at the answer, so both models always tie: it can be shown, and decides nothing`;
  return [{ path: [...path, 'calibration'], message }];
}

function checkGate(gate: Record<string, unknown>, measured: Measured): Problem[] {
  const { primaries, guards, floors, looks, reserve, confirm, onInconclusive } = gate;
  const problems = primaries === undefined ? [...checkPrimary(gate, measured), ...checkGain(gate, ['gate'])] : [];
  const problem = (path: string[], message: string): void => void problems.push({ path: ['gate', ...path], message });
  if (primaries !== undefined) {
    for (const field of ['metric', 'minGain'])
      if (gate[field] !== undefined) problem([field], `expected either ${field} or primaries, found both: remove one`);
    for (const [i, { metric }] of entries(primaries))
      if (typeof metric === 'string' && !isMeasured(metric, measured))
        problem(['primaries', i, 'metric'], notMeasured(metric, measured));
  }
  for (const [i, guard] of entries(guards)) {
    const { metric, margin, marginShare } = guard;
    if ((margin === undefined) === (marginShare === undefined))
      problem(
        ['guards', i],
        'expected either margin (in units of the metric) or marginShare (a share of the champion)',
      );
    if (typeof metric === 'string') {
      const wrong = whyNot(metric, measured, Object.keys(OPERATIONAL));
      if (wrong) problem(['guards', i, 'metric'], wrong);
    }
  }
  for (const [i, floor] of entries(floors)) {
    const { metric, atLeast, atMost } = floor;
    if (atLeast === undefined && atMost === undefined) problem(['floors', i], 'missing: expected atLeast or atMost');
    if (typeof metric === 'string') {
      const wrong = whyNot(metric, measured, [...Object.keys(OPERATIONAL), ...Object.keys(PROBED)]);
      if (wrong) problem(['floors', i, 'metric'], wrong);
    }
  }
  if (isObject(looks) && looks['spend'] === 'planned' && looks['planned'] === undefined)
    problem(['looks'], 'missing: expected planned, the number of gates that this test set is meant for');
  const hasReserve = typeof reserve === 'number' && reserve > 0;
  if (confirm === true && !hasReserve)
    problem(['confirm'], 'needs gate.reserve, a share of the test rows that is kept back: set it, e.g. to 0.3');
  if (onInconclusive === 'gather') {
    const what = isObject(gate['gather']) ? (gate['gather']['what'] ?? 'items') : 'items';
    if (what === 'items' && !hasReserve)
      problem(
        ['onInconclusive'],
        'needs gate.reserve, a share of the test rows that is kept back: set it, e.g. to 0.3',
      );
    if (what === 'items' && confirm === true)
      problem(['confirm'], 'the rows kept back can either confirm a promotion or be gathered: choose one');
    if (what === 'labels' && confirm === true)
      problem(['confirm'], 'nobody has rated the rows kept back: a promotion by labels is not confirmed on them');
    if (what === 'labels') problems.push(...checkLabels(gate, measured));
    if (what === 'votes' && measured.judges.size === 0)
      problem(['gather', 'what'], 'votes are cast by judges: add one to evaluate.judges');
  }
  return problems;
}

/** People say which of two answers is better, and so does a judge in pairs; the two are put together. */
function checkLabels({ metric = 'exactMatch', primaries }: Record<string, unknown>, { judges }: Measured): Problem[] {
  const path = ['gate', 'gather', 'what'];
  const needs = 'labels by people need gate.metric to name a judge of evaluate.judges whose kind is pairwise';
  if (primaries !== undefined) return [{ path, message: `${needs}, found primaries: choose one metric` }];
  const kind = judges.get(String(metric));
  if (kind === 'pairwise') return [];
  const found = kind === undefined ? String(metric) : `${String(metric)}, which is ${kind}`;
  return [{ path, message: `${needs}, found ${found}` }];
}

/** The one metric that decides; its default counts as written where evaluate.metrics leaves it out. */
function checkPrimary(gate: Record<string, unknown>, measured: Measured): Problem[] {
  const deciding = gate['metric'] ?? 'exactMatch';
  if (typeof deciding !== 'string' || isMeasured(deciding, measured)) return [];
  const path = gate['metric'] === undefined ? ['evaluate', 'metrics'] : ['gate', 'metric'];
  return [{ path, message: notMeasured(deciding, measured) }];
}

/** Metrics on a scale of 100. */
const OF_100 = ['bleu', 'chrf', 'chrf++', 'ter'];

/** No gain is larger than the metric's range. */
function checkGain({ metric = 'exactMatch', minGain }: Record<string, unknown>, path: string[]): Problem[] {
  const name = metricName(String(metric));
  const most = !Object.hasOwn(METRICS, name) || OF_100.includes(name) ? 100 : 1;
  if (typeof minGain !== 'number' || minGain <= most || minGain > 100) return [];
  return [{ path: [...path, 'minGain'], message: `expected at most ${most}, found ${minGain}` }];
}

const isMeasured = (metric: string, { metrics, own }: Measured): boolean =>
  metrics === undefined || metrics.includes(metric) || own.includes(metric);

function notMeasured(metric: string, { metrics = [], own }: Measured): string {
  const found = [...metrics, ...own].join(', ');
  return `the gate decides on ${metric}, which evaluate.metrics (${found}) does not measure: add it there or name another`;
}

function whyNot(metric: string, measured: Measured, further: readonly string[]): string | undefined {
  if (isMeasured(metric, measured)) return undefined;
  if (!further.includes(metric))
    return `the gate looks at ${metric}, which is not measured: add it to evaluate.metrics, or name one of ${[...(measured.metrics ?? []), ...measured.own, ...further].join(', ')}`;
  if (metric === 'cost' && !measured.hasPrice) return 'the cost of an answer needs evaluate.price: add it';
  if (Object.hasOwn(PROBED, metric) && !measured.probed.includes(metric))
    return `${metric} is measured by evaluate.${metric === 'biasGap' ? 'bias' : 'safety'}: add it`;
  return undefined;
}

const entries = (list: unknown): [string, Record<string, unknown>][] =>
  Array.isArray(list) ? list.flatMap((value, i) => (isObject(value) ? [[String(i), value]] : [])) : [];

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
