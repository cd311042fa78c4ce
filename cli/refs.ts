import { findByPrefix } from '../artifacts/ledger/artifacts.ts';
import { versionNamed } from '../artifacts/ledger/models.ts';
import type { Ledger } from '../artifacts/ledger/open.ts';
import { findRun } from '../artifacts/ledger/runs.ts';
import { parseName } from '../configs/names.ts';
import { UsageError } from './command.ts';
import { shortDigest } from './output.ts';

/** What a reference on the command line stands for. */
export type Resolved = { digest: string } | { run: string };

/** Shorter beginnings of a digest are more likely a slip than a wish. */
const SHORTEST_PREFIX = 4;

/** A digest, a unique beginning of one, `name@v3`, `name@champion`, or a run. @throws UsageError */
export async function resolveRef(ledger: Ledger, ref: string): Promise<Resolved> {
  if (parseName(ref)) return { digest: (await versionOf(ledger, ref)).digest };
  const hex = ref.replace(/^sha256:/, '').toLowerCase();
  if (/^[0-9a-f]+$/.test(hex) && hex.length >= SHORTEST_PREFIX) {
    const found = await findByPrefix(ledger, hex);
    if (found.length === 1) return { digest: (found[0] as { digest: string }).digest };
    if (found.length > 1) {
      throw new UsageError(
        `"${ref}" is the beginning of several digests (${found.map(({ digest }) => shortDigest(digest)).join(', ')}, …): give more of it`,
      );
    }
  }
  const run = await findRun(ledger, ref);
  if (run) return { run: run.id };
  throw new UsageError(
    `nothing is called "${ref}": give a digest (or a beginning of one), name@v3, name@champion, or a run; \`anneal models\` and \`anneal runs\` list them`,
  );
}

/** The version that `name@v3` or `name@champion` stands for. @throws UsageError */
export async function versionOf(
  ledger: Ledger,
  ref: string,
): Promise<{ name: string; version: number; digest: string }> {
  const named = parseName(ref);
  const found = named && (await versionNamed(ledger, named));
  if (found) return found;
  throw new UsageError(`there is no ${ref}: \`anneal models\` lists what there is, as name@v3 or name@champion`);
}
