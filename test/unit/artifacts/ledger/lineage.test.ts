import { beforeEach, expect, test } from 'vitest';
import { beginExecution, skipExecutions } from '../../../../artifacts/ledger/executions.ts';
import { traceLineage, type Lineage } from '../../../../artifacts/ledger/lineage.ts';
import { registerVersion } from '../../../../artifacts/ledger/models.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import type { ArtifactRef } from '../../../../configs/refs.ts';
import { artifact, beginning, finishStep, newLedger } from '../../support/ledger.ts';

let ledger: Ledger;
let at: Record<'source' | 'other' | 'train' | 'test' | 'base' | 'model1' | 'model2' | 'report', ArtifactRef>;

/**
 * r1: source → prepare → train, test; train + base → tune → model1.
 * r2: the same training set is tuned again (model2), which is evaluated on the test set.
 * r3: another source, which nothing of the above came from.
 */
beforeEach(async () => {
  ledger = await newLedger();
  at = {
    source: await artifact(ledger, 'Source', 'source'),
    other: await artifact(ledger, 'Source', 'other'),
    train: await artifact(ledger, 'Dataset', 'train'),
    test: await artifact(ledger, 'Dataset', 'test'),
    base: await artifact(ledger, 'Model', 'base'),
    model1: await artifact(ledger, 'Model', 'model1', { kind: 'adapter' }),
    model2: await artifact(ledger, 'Model', 'model2'),
    report: await artifact(ledger, 'EvalReport', 'report'),
  };
  await finishStep(ledger, 'r1', 'prepare', { source: at.source }, { train: at.train, test: at.test });
  await finishStep(ledger, 'r1', 'tune', { train: at.train, base: at.base }, { model: at.model1 });
  await finishStep(ledger, 'r2', 'tune', { train: at.train, base: at.base }, { model: at.model2 });
  await finishStep(ledger, 'r2', 'evaluate', { candidate: at.model2, test: at.test }, { report: at.report });
  await skipExecutions(ledger, 'r2', ['register'], 'rejected', 'worker-1');
  await finishStep(ledger, 'r3', 'ingest', { file: at.other }, {});
});

/** The graph by readable names: nodes sorted, edges as `from -role-> to`. */
function drawn({ nodes, edges }: Lineage): { nodes: string[]; edges: string[] } {
  const names = new Map(Object.entries(at).map(([name, { digest }]) => [digest, name]));
  const name = (id: string): string => names.get(id) ?? id;
  return {
    nodes: nodes.map(({ id }) => name(id)).toSorted(),
    edges: edges.map(({ from, to, role }) => `${name(from)} -${role}-> ${name(to)}`).toSorted(),
  };
}

test('up: everything that an artifact came from, and nothing else', async () => {
  expect(drawn(await traceLineage(ledger, { digest: at.model1.digest }, 'up'))).toEqual({
    nodes: ['base', 'model1', 'r1/prepare', 'r1/tune', 'source', 'test', 'train'],
    edges: [
      'base -base-> r1/tune',
      'r1/prepare -test-> test',
      'r1/prepare -train-> train',
      'r1/tune -model-> model1',
      'source -source-> r1/prepare',
      'train -train-> r1/tune',
    ],
  });
});

test('down: everything that was made out of it', async () => {
  const { nodes } = drawn(await traceLineage(ledger, { digest: at.test.digest }, 'down'));
  expect(nodes).toEqual(['model2', 'r2/evaluate', 'report', 'test']);
  const all = drawn(await traceLineage(ledger, { digest: at.source.digest }, 'down'));
  expect(all.nodes).toEqual([
    'base',
    'model1',
    'model2',
    'r1/prepare',
    'r1/tune',
    'r2/evaluate',
    'r2/tune',
    'report',
    'source',
    'test',
    'train',
  ]);
});

test('both ways from the middle', async () => {
  const { nodes } = drawn(await traceLineage(ledger, { digest: at.model2.digest }, 'both'));
  expect(nodes).toEqual([
    'base',
    'model2',
    'r1/prepare',
    'r2/evaluate',
    'r2/tune',
    'report',
    'source',
    'test',
    'train',
  ]);
});

test('from a run: its steps and what they came from, without skipped ones', async () => {
  const { root, nodes, edges } = await traceLineage(ledger, { run: 'r2' }, 'up');
  expect(root).toBe('r2');
  expect(drawn({ root, nodes, edges }).nodes).toEqual([
    'base',
    'model2',
    'r1/prepare',
    'r2/evaluate',
    'r2/tune',
    'report',
    'source',
    'test',
    'train',
  ]);
});

test('a run that is at work shows what it has taken so far', async () => {
  await beginExecution(ledger, beginning('r4', 'tune', { inputs: { train: at.train } }));
  const { nodes, edges } = drawn(await traceLineage(ledger, { run: 'r4' }, 'up'));
  expect(nodes).toEqual(['r4/tune', 'train']);
  expect(edges).toEqual(['train -train-> r4/tune']);
});

test('an artifact that nothing was made of stands alone', async () => {
  const alone = await artifact(ledger, 'Dataset', 'alone');
  const { nodes, edges } = await traceLineage(ledger, { digest: alone.digest }, 'both');
  expect(nodes.map(({ id }) => id)).toEqual([alone.digest]);
  expect(edges).toEqual([]);
});

test('nodes tell what they are, models with their names', async () => {
  const { version } = await registerVersion(
    ledger,
    {
      name: 'triage',
      digest: at.model1.digest,
      runId: 'r1',
      executionId: 'r1/register',
      verdict: 'promote',
      card: '',
      actor: 'a',
    },
    { alias: 'champion', expect: null, why: 'first' },
  );
  expect(version.version).toBe(1);
  const { nodes } = await traceLineage(ledger, { digest: at.model1.digest }, 'up');
  expect(nodes.find(({ id }) => id === at.model1.digest)).toMatchObject({
    kind: 'artifact',
    type: 'Model',
    names: ['triage@v1', 'triage@champion'],
    meta: { kind: 'adapter' },
  });
  expect(nodes.find(({ id }) => id === 'r1/tune')).toMatchObject({
    kind: 'execution',
    type: 'tune',
    run: 'r1',
    status: 'completed',
    cached: false,
  });
});

test('a model tuned from a model of its own line comes to an end', async () => {
  await finishStep(ledger, 'r5', 'tune', { base: at.model1 }, { model: at.model1 });
  const { nodes } = drawn(await traceLineage(ledger, { digest: at.model1.digest }, 'both'));
  expect(nodes).toContain('r5/tune');
});

test('long lines of runs are followed to their end', async () => {
  let last = at.model1;
  for (let i = 0; i < 120; i++) {
    const next = await artifact(ledger, 'Model', `generation ${i}`);
    await finishStep(ledger, `g${i}`, 'tune', { base: last }, { model: next });
    last = next;
  }
  const { nodes } = await traceLineage(ledger, { digest: last.digest }, 'up');
  expect(nodes.filter(({ kind }) => kind === 'execution')).toHaveLength(122);
});
