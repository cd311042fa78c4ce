import { plain } from '../configs/plain.ts';
import { dollars, duration, factsLine, paint, print, shortDigest, table } from './output.ts';
import type { RunDocument, StepDocument } from './run-document.ts';
import type { Measure } from '../configs/refs.ts';

/** The end of a run, for people: what was made, what the gate said and why, and where to look. */
export function printRun(run: RunDocument): void {
  const { runId, status, verdict, model } = run;
  const colour = ({ completed: 'green', running: 'cyan', skipped: 'dim' } as const)[status as string] ?? 'red';
  const from = run.trigger === 'cli' ? '' : `, set going by ${plain(run.trigger)}`;
  print(
    `run ${runId} ${paint(colour, status)} in ${duration(run.seconds)}${run.rerunOf ? `, a rerun of ${run.rerunOf}` : ''}${from}`,
  );
  if (status === 'skipped') print(`reason   ${plain(run.reason ?? 'none was recorded')}`);
  if (run.period !== undefined) print(`period   ${plain(run.period)}`);
  if (run.waiting !== undefined)
    print(`  ${paint('yellow', 'waiting')}: ${plain(run.waiting)}${waitHint(run.waiting, runId)}`);
  if (run.error) print(`  ${run.error.type}: ${plain(run.error.message)}`);
  if (model) print(`model    ${model}${aliases(run)}`);
  if (status === 'completed') {
    const skipped = run.steps.find((step) => step.status === 'skipped');
    print(
      `verdict  ${verdict === null ? `none: ${skipped?.reason ?? ''}` : paint(verdict === 'promote' ? 'green' : 'yellow', verdict)}`,
    );
    if (run.reason && verdict !== null) for (const line of sentences(run.reason)) print(`  - ${line}`);
  }
  const metrics = metricRows(run.metrics);
  if (metrics.length > 1) print(`\n${table(metrics)}`);
  if (run.steps.length > 0) print(`\n${table(stepRows(run.steps))}`);
  print('\nwhere to look');
  print(`  anneal show ${runId} --json`);
  if (status === 'completed' && verdict !== null) print(`  anneal report ${runId}`);
  if (model) print(`  anneal lineage ${model} --up`);
  if (run.temporal.url) print(`  ${run.temporal.url}`);
}

/** What every step found, took in and gave. */
export function printStepDetails({ steps }: RunDocument): void {
  for (const step of steps) {
    const facts = factsLine(step.facts ?? {});
    const refs = [
      ...Object.entries(step.inputs).map(([role, digest]) => ['  in', role, shortDigest(digest)]),
      ...Object.entries(step.outputs).map(([role, digest]) => ['  out', role, shortDigest(digest)]),
    ];
    if (refs.length > 0) print(`\n${step.name}${facts && `: ${facts}`}\n${table(refs)}`);
  }
}

/** What a person can do about a run that waits, where the reason does not name it. */
const waitHint = (why: string, runId: string): string =>
  why.includes('`anneal ') || why.startsWith('waiting for the vendor')
    ? ''
    : `: \`anneal resume ${runId} --budget …\` lets it go on`;

function aliases({ names = [], model }: RunDocument): string {
  const others = names.filter((name) => name !== model && !/@v\d+$/.test(name));
  return others.length === 0 ? '' : ` (${others.join(', ')})`;
}

function stepRows(steps: readonly StepDocument[]): string[][] {
  // What is done on this machine sends no bill; what was taken from the cache, another run has paid.
  const usd = steps.map(({ cached, cost }) => (cached ? undefined : cost?.['usd']));
  const isBilled = usd.some((bill) => bill !== undefined);
  const rows = steps.map((step, index) => [
    step.name,
    step.status,
    step.status === 'skipped' ? '' : duration(step.seconds),
    step.attempts > 1 ? `${step.attempts}` : '',
    ...(isBilled ? [usd[index] === undefined ? '' : dollars(usd[index])] : []),
    plain(step.error?.message ?? step.reason ?? ''),
  ]);
  return [
    ['step', 'status', 'time', 'attempts', ...(isBilled ? ['cost'] : []), ''].map((title) => paint('dim', title)),
    ...rows,
  ];
}

function metricRows(metrics: Record<string, Measure>): string[][] {
  const names = Object.keys(metrics).filter((name) => `champion.${name}` in metrics);
  const cell = (measure: Measure | undefined): string =>
    measure ? `${measure.value.toFixed(4)} (${measure.ci[0].toFixed(4)} to ${measure.ci[1].toFixed(4)})` : '';
  const rows = names.map((name) => [
    name,
    cell(metrics[name]),
    cell(metrics[`champion.${name}`]),
    cell(metrics[`gain.${name}`]),
    String(metrics[name]?.n ?? ''),
  ]);
  return [
    ['metric (95 % interval)', 'candidate', 'compared with', 'gain', 'n'].map((title) => paint('dim', title)),
    ...rows,
  ];
}

const sentences = (text: string): string[] => plain(text).split(/(?<=[.!?]) (?=[A-Z])/);
