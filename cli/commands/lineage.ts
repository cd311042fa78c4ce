import { traceLineage, type Lineage, type Way } from '../../artifacts/ledger/lineage.ts';
import { toMermaid } from '../../artifacts/export/mermaid.ts';
import { toOpenLineage } from '../../artifacts/export/openlineage.ts';
import { toTree } from '../../artifacts/export/tree.ts';
import { UsageError } from '../command.ts';
import { print, printJson } from '../output.ts';
import { resolveRef } from '../refs.ts';
import { noState, readState } from '../state.ts';

interface Flags {
  up: boolean;
  down: boolean;
  json: boolean;
  mermaid: boolean;
  openlineage: boolean;
}

export async function lineage(flags: Flags, ref: string): Promise<void> {
  if ([flags.json, flags.mermaid, flags.openlineage].filter(Boolean).length > 1) {
    throw new UsageError('give one of --json, --mermaid and --openlineage');
  }
  const way: Way = flags.up === flags.down ? 'both' : flags.up ? 'up' : 'down';
  await readState(async ({ ledger }) => {
    const found = await traceLineage(ledger, await resolveRef(ledger, ref), way);
    if (flags.json) printJson(found);
    else if (flags.mermaid) print(toMermaid(found));
    else if (flags.openlineage) for (const event of toOpenLineage(found)) print(JSON.stringify(event));
    else printTree(found, way);
  }, noState);
}

function printTree(found: Lineage, way: Way): void {
  for (const direction of way === 'both' ? (['up', 'down'] as const) : [way]) {
    print(direction === 'up' ? 'made from' : 'made into');
    print(toTree(found, direction));
  }
}
