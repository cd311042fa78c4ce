import { sql } from 'kysely';
import { mirroredOf } from './mirrored.ts';
import { namesOf } from './models.ts';
import type { Ledger } from './open.ts';

export type LineageNode =
  | {
      id: string;
      kind: 'artifact';
      type: string;
      bytes: number;
      createdAt: string;
      names: string[];
      meta: Record<string, unknown>;
      /** Names under which it is shown elsewhere, by kind (`model`, `endpoint`); absent: nowhere. */
      copies?: { kind: string; name: string }[];
    }
  | {
      id: string;
      kind: 'execution';
      type: string;
      run: string;
      status: string;
      cached: boolean;
      startedAt: string;
      endedAt: string | null;
    };

export interface LineageEdge {
  from: string;
  to: string;
  role: string;
}

/** A part of the lineage graph; edges point the way data flows. */
export interface Lineage {
  root: string;
  nodes: LineageNode[];
  edges: LineageEdge[];
}

export type Way = 'up' | 'down' | 'both';

/**
 * Everything an artifact came from (`up`), everything made out of it (`down`), or both.
 * Starts at one artifact, or at the outputs of one run.
 */
export async function traceLineage(
  ledger: Ledger,
  root: { digest: string } | { run: string },
  way: Way,
): Promise<Lineage> {
  const starts = 'digest' in root ? [root.digest] : await digestsOfRun(ledger, root.run);
  const executions = new Set<string>();
  if ('run' in root) {
    for (const { id } of await ledger
      .selectFrom('executions')
      .select('id')
      .where('run_id', '=', root.run)
      .where('status', '!=', 'skipped')
      .execute())
      executions.add(id);
  }
  for (const start of starts) {
    for (const direction of way === 'both' ? (['up', 'down'] as const) : [way]) {
      for (const id of await executionsFrom(ledger, start, direction)) executions.add(id);
    }
  }
  return graphOf(
    ledger,
    'digest' in root ? root.digest : root.run,
    [...executions],
    'digest' in root ? [root.digest] : [],
  );
}

/** Executions reachable from an artifact: the ones that made it and its inputs, or that used it and its outputs. */
async function executionsFrom(ledger: Ledger, digest: string, way: 'up' | 'down'): Promise<string[]> {
  const near = way === 'up' ? 'out' : 'in';
  const far = way === 'up' ? 'in' : 'out';
  const { rows } = await sql<{ id: string }>`
    with recursive reached(digest) as (
      select ${digest}
      union
      select far.digest from reached
      join edges near on near.digest = reached.digest and near.direction = ${near}
      join edges far on far.execution_id = near.execution_id and far.direction = ${far}
    )
    select distinct edges.execution_id as id from reached join edges on edges.digest = reached.digest and edges.direction = ${near}
  `.execute(ledger);
  return rows.map(({ id }) => id);
}

async function digestsOfRun(ledger: Ledger, run: string): Promise<string[]> {
  const rows = await ledger
    .selectFrom('edges')
    .innerJoin('executions', 'executions.id', 'edges.execution_id')
    .select('edges.digest')
    .distinct()
    .where('executions.run_id', '=', run)
    .where('edges.direction', '=', 'out')
    .execute();
  return rows.map(({ digest }) => digest);
}

async function graphOf(ledger: Ledger, root: string, executionIds: string[], artifacts: string[]): Promise<Lineage> {
  const edges: LineageEdge[] = [];
  const nodes: LineageNode[] = [];
  const digests = new Set(artifacts);
  for (const chunk of chunks(executionIds, 500)) {
    for (const row of await ledger
      .selectFrom('executions')
      .selectAll()
      .where('id', 'in', chunk)
      .orderBy('started_at')
      .execute()) {
      nodes.push({
        id: row.id,
        kind: 'execution',
        type: row.step,
        run: row.run_id,
        status: row.status,
        cached: row.cached_from !== null,
        startedAt: row.started_at,
        endedAt: row.ended_at,
      });
    }
    for (const { execution_id, direction, role, digest } of await ledger
      .selectFrom('edges')
      .selectAll()
      .where('execution_id', 'in', chunk)
      .orderBy('execution_id')
      .orderBy('role')
      .execute()) {
      digests.add(digest);
      edges.push(
        direction === 'in' ? { from: digest, to: execution_id, role } : { from: execution_id, to: digest, role },
      );
    }
  }
  for (const chunk of chunks([...digests], 500)) {
    for (const row of await ledger
      .selectFrom('artifacts')
      .selectAll()
      .where('digest', 'in', chunk)
      .orderBy('created_at')
      .execute()) {
      const isModel = row.type === 'Model';
      const names = isModel ? await namesOf(ledger, row.digest) : [];
      const copies = isModel ? await mirroredOf(ledger, [row.digest]) : [];
      nodes.push({
        id: row.digest,
        kind: 'artifact',
        type: row.type,
        bytes: row.bytes,
        createdAt: row.created_at,
        names,
        meta: JSON.parse(row.meta_json) as Record<string, unknown>,
        ...(copies.length > 0 ? { copies: copies.map(({ kind, name }) => ({ kind, name })) } : {}),
      });
    }
  }
  return { root, nodes, edges };
}

function chunks<T>(list: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
