import { findByPrefix } from '../artifacts/ledger/artifacts.ts';
import { versionAt, versionByNumber } from '../artifacts/ledger/models.ts';
import type { Ledger } from '../artifacts/ledger/open.ts';
import { findRun } from '../artifacts/ledger/runs.ts';
import { UsageError } from './command.ts';
import { shortDigest } from './output.ts';

/** What a reference on the command line stands for. */
export type Resolved = { digest: string } | { run: string };

const NAMED = /^(?<name>[a-z0-9][a-z0-9._-]*)@(?:v(?<version>\d+)|(?<alias>[a-z][a-z0-9-]*))$/;
/** Shorter beginnings of a digest are more likely a slip than a wish. */
const SHORTEST_PREFIX = 4;

/** A digest, a unique beginning of one, `name@v3`, `name@champion`, or a run. @throws UsageError */
export async function resolveRef(ledger: Ledger, ref: string): Promise<Resolved> {
  const named = NAMED.exec(ref)?.groups;
  if (named) return { digest: (await versionOf(ledger, ref)).digest };
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
  const { name = '', version, alias } = NAMED.exec(ref)?.groups ?? {};
  const found =
    version !== undefined
      ? await versionByNumber(ledger, name, Number(version))
      : alias === undefined
        ? undefined
        : await versionAt(ledger, name, alias);
  if (found) return found;
  throw new UsageError(`there is no ${ref}: \`anneal models\` lists what there is, as name@v3 or name@champion`);
}
