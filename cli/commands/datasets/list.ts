import { listDatasets } from '../../../artifacts/ledger/datasets.ts';
import { paint, print, printJson, shortDigest, table } from '../../output.ts';
import { readState } from '../../state.ts';

export async function list(flags: { json: boolean }): Promise<void> {
  const found = await readState(
    ({ ledger }) => listDatasets(ledger),
    () => [],
  );
  if (flags.json) {
    return printJson({
      datasets: found.map(({ name, version, digest, kind, rows, created_at, actor, run_id }) => ({
        ref: `${name}@v${version}`,
        name,
        version,
        digest,
        kind,
        rows,
        createdAt: created_at,
        actor,
        runId: run_id,
      })),
    });
  }
  if (found.length === 0)
    return print('no dataset yet: `anneal data add FILE --name NAME --kind KIND`, or run a recipe');
  print(
    table([
      ['dataset', 'kind', 'rows', 'digest', 'by'].map((title) => paint('dim', title)),
      ...found.map(({ name, version, kind, rows, digest, actor, run_id }) => [
        `${name}@v${version}`,
        kind,
        String(rows),
        shortDigest(digest),
        run_id ?? actor,
      ]),
    ]),
  );
}
