import { moveAlias } from '../../artifacts/ledger/models.ts';
import { refuseDamaged, reopenedBecause } from '../../artifacts/ledger/rollback.ts';
import { noteAlias } from '../../artifacts/note-alias.ts';
import { terminal } from '../../configs/failure.ts';
import { UsageError } from '../command.ts';
import { noteText, print, printJson, tell } from '../output.ts';
import { versionOf } from '../refs.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { actor, noState, readState } from '../state.ts';

interface Flags {
  alias?: string;
  expect?: string;
  why?: string;
  reason?: string;
  force: boolean;
  json: boolean;
}

export async function promote(flags: Flags, ref: string): Promise<void> {
  const { alias = 'champion' } = flags;
  const why = reasonOf(flags) ?? 'promoted by hand';
  const expect = expected(flags.expect);
  await readState(async ({ home, ledger }) => {
    const target = await versionOf(ledger, ref);
    const { name, version } = target;
    const store = openShelfStore(home, ledger);
    await refuseDamaged(store.condition, target);
    const reopened = flags.force ? undefined : await reopenedBecause(ledger, name, version);
    if (reopened !== undefined)
      throw terminal(
        'Reopened',
        `${name}@v${version} is not promoted: ${reopened}; \`--force\` promotes it all the same`,
      );
    const move = {
      name,
      alias,
      to: version,
      actor: actor(),
      action: 'promote' as const,
      why,
      ...(expect === undefined ? {} : { expect }),
    };
    const { from, moved } = await moveAlias(ledger, move);
    const unnoted = await noteAlias({ ledger, store }, name, alias);
    if (unnoted !== undefined) tell(unnoted);
    report(flags.json, { name, alias, from, to: version, moved });
  }, noState);
}

/** The reason for the audit, under either of its names. */
export function reasonOf({ why, reason }: { why?: string; reason?: string }): string | undefined {
  if (why !== undefined && reason !== undefined)
    throw new UsageError('give one of --why and --reason: they are the same');
  return why ?? reason;
}

interface Move {
  name: string;
  alias: string;
  from: number | null;
  to: number;
  moved: boolean;
  /** Earlier champions that were passed over. */
  skipped?: { version: number; why: string }[];
}

/** What became of an alias. */
export function report(json: boolean, move: Move): void {
  if (json) return printJson(move);
  const { name, alias, from, to, moved, skipped = [] } = move;
  for (const { version, why } of skipped) print(`v${version} is passed over: ${noteText(why)}`);
  print(moved ? `${name}@${alias}: ${from === null ? '' : `v${from} → `}v${to}` : `${name}@${alias} is v${to} already`);
}

function expected(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  return versionNumber('expect', text, ', or "none"');
}

/** A version as given on the command line: `v2` or `2`. @throws UsageError */
export function versionNumber(flag: string, text: string, or = ''): number {
  const version = /^v?(\d+)$/.exec(text)?.[1];
  if (version === undefined) throw new UsageError(`--${flag} ${text}: expected a version such as v2${or}`);
  return Number(version);
}
