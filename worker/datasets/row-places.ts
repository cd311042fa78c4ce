import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { refsOf } from '../../artifacts/ledger/executions.ts';
import type { Row } from '../../data/row.ts';
import type { Shelf } from './open.ts';

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

/** Where rows of datasets come from, whatever was made of them since. */
export interface RowPlaces {
  rootOf(digest: string): Promise<Root>;
  /**
   * Names the place of each row of a dataset: file and line, so that line 5 of the training file is not line 5 of
   * the test file; a synthetic row has none and is named by what it says.
   */
  keysOf(digest: string): Promise<(row: Pick<Row, 'source' | 'line' | 'origin' | 'id'>) => string>;
}

/** Looks the places up in the ledger, each dataset once. */
export function createRowPlaces({ ledger }: Shelf): RowPlaces {
  const roots = new Map<string, Promise<Root>>();

  const find = async (digest: string, depth: number): Promise<Root> => {
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
    return from ? find(from.digest, depth - 1) : { digest, sources: meta.sources ?? [] };
  };

  const rootOf = (digest: string): Promise<Root> => {
    const known = roots.get(digest) ?? find(digest, 8);
    roots.set(digest, known);
    return known;
  };

  return {
    rootOf,
    keysOf: async (digest) => {
      const root = await rootOf(digest);
      return ({ source, line, origin, id }) =>
        origin ? `row ${id}` : `${root.sources[source]?.digest ?? `${root.digest}/${source}`}:${line}`;
    },
  };
}
