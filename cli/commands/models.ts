import { listAudit } from '../../artifacts/ledger/audit.ts';
import { frozenInWords, listFrozen } from '../../artifacts/ledger/frozen.ts';
import { listModels } from '../../artifacts/ledger/models.ts';
import { UsageError } from '../command.ts';
import { plain } from '../../configs/plain.ts';
import { noteText, paint, print, printJson, shortDigest, table } from '../output.ts';
import { readState } from '../state.ts';

export async function models(flags: { json: boolean }, name?: string): Promise<void> {
  const { lines, frozen, audit } = await readState(
    async ({ ledger }) => ({
      lines: await listModels(ledger, name),
      frozen: await listFrozen(ledger),
      audit: name === undefined ? [] : await listAudit(ledger, name),
    }),
    () => ({ lines: [], frozen: [], audit: [] }),
  );
  if (name !== undefined && lines.length === 0)
    throw new UsageError(`there is no line of models "${name}": \`anneal models\` lists them`);
  const isShown = new Set(lines.map((line) => line.name));
  const stopped = new Map(frozen.filter((row) => isShown.has(row.name)).map((row) => [row.name, row]));
  if (flags.json)
    return printJson(
      lines.map((line) => {
        const row = stopped.get(line.name);
        return row ? { ...line, frozen: row } : line;
      }),
    );
  if (lines.length === 0) return print('no models yet: `anneal run RECIPE` registers what it tunes');
  const rows = lines.flatMap(({ name: line, versions }) =>
    versions.map(({ version, aliases, verdict, digest, runId, createdAt }) => [
      `${line}@v${version}`,
      aliases.join(', '),
      verdict,
      shortDigest(digest),
      runId,
      createdAt.slice(0, 19).replace('T', ' '),
    ]),
  );
  print(
    table([
      ['model', 'aliases', 'verdict', 'digest', 'run', 'registered (UTC)'].map((title) => paint('dim', title)),
      ...rows,
    ]),
  );
  for (const row of stopped.values()) print(`\n${paint('yellow', 'frozen')}: ${noteText(frozenInWords(row))}`);
  if (audit.length === 0) return;
  const said = (version: number | null): string => (version === null ? '' : `v${version}`);
  print(
    `\naudit\n${table(audit.map((row) => [`  ${row.at.slice(0, 19).replace('T', ' ')}`, plain(row.actor), row.action, row.alias ?? '', [said(row.from_version), said(row.to_version)].filter(Boolean).join(' → '), plain(row.why)]))}`,
  );
}
