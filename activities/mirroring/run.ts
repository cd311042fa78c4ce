import type { MirrorOptions, MirrorResult } from '../../adapters/mirror.ts';
import { digestOf } from '../../artifacts/canonical.ts';
import { toOpenLineage } from '../../artifacts/export/openlineage.ts';
import { traceLineage, type Lineage } from '../../artifacts/ledger/lineage.ts';
import { mirroredAs, noteMirrored } from '../../artifacts/ledger/mirrored.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import type { GoogleMirror } from '../../configs/google-mirror.ts';
import type { Google } from '../../configs/google.ts';
import type { Mirroring } from './deps.ts';
import { wantedGraph } from './graph.ts';

/** Shows a run in ML Metadata, Experiments and Dataplex, as far as the recipe asks for each. */
export async function syncRun(
  deps: Mirroring,
  run: RunRow,
  { google, settings }: { google: Google; settings: GoogleMirror },
  options: MirrorOptions,
): Promise<MirrorResult[]> {
  const { metadata, experiments, openLineage } = settings;
  if (!metadata && !experiments && !openLineage) return [];
  const place = await deps.placeOf(google);
  const results: MirrorResult[] = [];
  if (metadata || experiments) {
    const graph = await wantedGraph(deps.ledger, run, { metadata, experiments });
    const shown = await deps.mirror.graph(place, graph, options);
    const digest = digestOf(canonicalJson(graph));
    for (const { kind, key, name } of shown)
      if (name !== undefined && !options.dryRun) await noteMirrored(deps.ledger, { kind, key, digest, name });
    results.push(...shown);
  }
  if (openLineage)
    for (const { key, id, body } of await eventsOf(deps.ledger, run)) {
      const digest = digestOf(canonicalJson(body));
      const known = await mirroredAs(deps.ledger, 'lineage', key);
      const sent = known?.digest === digest ? known.name : undefined;
      const result = await deps.mirror.event(place, { key, id, body, sent }, options);
      if (result.name !== undefined && !options.dryRun)
        await noteMirrored(deps.ledger, { kind: 'lineage', key, digest, name: result.name });
      results.push(result);
    }
  return results;
}

/** Events of the steps of a run that have ended, one for each. An alias that moves later changes none of them. */
async function eventsOf(ledger: Ledger, run: RunRow): Promise<{ key: string; id: string; body: unknown }[]> {
  const whole = await traceLineage(ledger, { run: run.id }, 'up');
  const own = whole.nodes.flatMap((node) =>
    node.kind === 'execution' && node.run === run.id && node.endedAt !== null ? [node] : [],
  );
  const artifacts = whole.nodes.flatMap((node) =>
    node.kind === 'artifact' ? [{ ...node, names: node.names.filter((name) => /@v\d+$/.test(name)) }] : [],
  );
  return own.flatMap((execution) => {
    const edges = whole.edges.filter(({ from, to }) => from === execution.id || to === execution.id);
    const part: Lineage = {
      root: whole.root,
      nodes: [execution, ...artifacts],
      edges,
    };
    return toOpenLineage(part).map((body) => ({ key: execution.id, id: body.run.runId, body }));
  });
}
