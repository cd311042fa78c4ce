import { findArtifact } from './artifacts.ts';
import { refsOf } from './executions.ts';
import type { Ledger } from './open.ts';

/** A file behind a dataset. */
export interface RowSource {
  from: string;
  digest?: string;
}

/** The dataset in which rows were first taken in, and its files by number. */
export interface Root {
  digest: string;
  sources: readonly RowSource[];
}

/** Steps are followed upwards so far. */
const MAX_STEPS = 8;

/**
 * Finds the dataset that the rows of another were taken in with, whatever a preparation or synthesis made of them. Rows
 * of several periods have no single one: a mixed dataset names its files itself.
 */
export async function rootOf(ledger: Ledger, digest: string, depth = MAX_STEPS): Promise<Root> {
  const meta = JSON.parse((await findArtifact(ledger, digest))?.meta_json ?? '{}') as {
    stage?: string;
    sources?: RowSource[];
  };
  const made = await ledger
    .selectFrom('edges')
    .innerJoin('executions', 'executions.id', 'edges.execution_id')
    .select(['executions.id', 'executions.step', 'edges.role'])
    .where('edges.digest', '=', digest)
    .where('edges.direction', '=', 'out')
    .where('executions.step', 'in', ['prepare', 'synthesize'])
    .executeTakeFirst();
  if (!made || meta.stage === 'ingested' || meta.stage === 'added' || depth === 0)
    return { digest, sources: meta.sources ?? [] };
  const inputs = await refsOf(ledger, made.id, 'in');
  // Without a source of its own the test set was taken out of the training rows.
  const from = made.step === 'prepare' && made.role === 'test' && inputs['test'] ? inputs['test'] : inputs['train'];
  return from ? rootOf(ledger, from.digest, depth - 1) : { digest, sources: meta.sources ?? [] };
}
