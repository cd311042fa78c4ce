import { moveAlias } from '../../artifacts/ledger/models.ts';
import { UsageError } from '../command.ts';
import { print, printJson } from '../output.ts';
import { versionOf } from '../refs.ts';
import { actor, noState, readState } from '../state.ts';

interface Flags {
  alias?: string;
  expect?: string;
  why?: string;
  json: boolean;
}

export async function promote(flags: Flags, ref: string): Promise<void> {
  const { alias = 'champion', why = 'promoted by hand' } = flags;
  const expect = expected(flags.expect);
  await readState(async ({ ledger }) => {
    const { name, version } = await versionOf(ledger, ref);
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
    report(flags.json, { name, alias, from, to: version, moved });
  }, noState);
}

/** What became of an alias. */
export function report(
  json: boolean,
  move: { name: string; alias: string; from: number | null; to: number; moved: boolean },
): void {
  if (json) return printJson(move);
  const { name, alias, from, to, moved } = move;
  print(moved ? `${name}@${alias}: ${from === null ? '' : `v${from} → `}v${to}` : `${name}@${alias} is v${to} already`);
}

function expected(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  const version = /^v?(\d+)$/.exec(text)?.[1];
  if (version === undefined) throw new UsageError(`--expect ${text}: expected a version such as v2, or "none"`);
  return Number(version);
}
