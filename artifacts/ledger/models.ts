import { terminal } from '../../configs/failure.ts';
import type { NamedVersion } from '../../configs/names.ts';
import { audit, durably } from './audit.ts';
import { frozenOf, refuseFrozen } from './frozen.ts';
import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { FrozenRow, VersionRow } from './schema.ts';
import type { Selectable } from 'kysely';

export type Version = Selectable<VersionRow>;

export interface NewVersion {
  name: string;
  digest: string;
  runId: string;
  executionId: string;
  verdict: string;
  card: string;
  actor: string;
}

/** Gives a model the next version number of its line; a model that has one keeps it. */
async function enterVersion(tx: Ledger, v: NewVersion): Promise<{ version: Version; isNew: boolean }> {
  const found = await tx
    .selectFrom('versions')
    .selectAll()
    .where('name', '=', v.name)
    .where('digest', '=', v.digest)
    .executeTakeFirst();
  if (found) return { version: found, isNew: false };
  const { last } = await tx
    .selectFrom('versions')
    .select((eb) => eb.fn.max('version').as('last'))
    .where('name', '=', v.name)
    .executeTakeFirstOrThrow();
  const version: Version = {
    name: v.name,
    version: Number(last ?? 0) + 1,
    digest: v.digest,
    run_id: v.runId,
    execution_id: v.executionId,
    verdict: v.verdict,
    card: v.card,
    created_at: now(),
  };
  await tx.insertInto('versions').values(version).execute();
  await audit(tx, {
    actor: v.actor,
    action: 'version',
    name: v.name,
    alias: null,
    from: null,
    to: version.version,
    why: `verdict ${v.verdict}`,
    runId: v.runId,
  });
  return { version, isNew: true };
}

/** What became of a candidate that was registered. */
export interface Registered {
  version: Version;
  isNew: boolean;
  moved: boolean;
  /** Set when the line is frozen: the alias stayed where it was. */
  frozen?: FrozenRow;
}

/**
 * Registers a candidate: the next version of its line and, where it was promoted, the alias by compare-and-set
 * against the champion it was compared with. Either both happen or neither. In a frozen line the alias stays.
 *
 * @param promotion Alias and the version it has to point to now (null: to none). Left out: no alias moves.
 * @param also What else happens with it, in the same transaction: a watermark that moves.
 * @throws TerminalError `AliasMoved`
 */
export async function registerVersion(
  ledger: Ledger,
  v: NewVersion,
  promotion?: { alias: string; expect: number | null; why: string },
  also?: (tx: Ledger, registered: Registered) => Promise<void>,
): Promise<Registered> {
  return durably(ledger, async (tx) => {
    const registered = await enterAndMove(tx, v, promotion);
    await also?.(tx, registered);
    return registered;
  });
}

async function enterAndMove(
  tx: Ledger,
  v: NewVersion,
  promotion: { alias: string; expect: number | null; why: string } | undefined,
): Promise<Registered> {
  const { version, isNew } = await enterVersion(tx, v);
  if (!promotion) return { version, isNew, moved: false };
  const frozen = await frozenOf(tx, v.name);
  if (frozen && (await versionAt(tx, v.name, promotion.alias))?.version !== version.version)
    return { version, isNew, moved: false, frozen };
  const { moved } = await move(tx, {
    name: v.name,
    to: version.version,
    actor: v.actor,
    action: 'promote',
    runId: v.runId,
    ...promotion,
  });
  return { version, isNew, moved };
}

export interface AliasMove {
  name: string;
  alias: string;
  /** The version the alias must point to now; null: it must not exist yet. Leave out to move it from wherever it is. */
  expect?: number | null;
  to: number;
  actor: string;
  action: 'promote' | 'rollback';
  why: string;
  runId?: string;
}

/**
 * Moves an alias by compare-and-set and writes the audit row in the same transaction.
 * @throws TerminalError `AliasMoved` when the alias points elsewhere than expected, `Frozen`, `NoSuchVersion`.
 */
export async function moveAlias(ledger: Ledger, wanted: AliasMove): Promise<{ from: number | null; moved: boolean }> {
  return durably(ledger, (tx) => move(tx, wanted));
}

async function move(tx: Ledger, wanted: AliasMove): Promise<{ from: number | null; moved: boolean }> {
  const { name, alias, to } = wanted;
  const target = await tx
    .selectFrom('versions')
    .select('version')
    .where('name', '=', name)
    .where('version', '=', to)
    .executeTakeFirst();
  if (!target) throw terminal('NoSuchVersion', `there is no ${name}@v${to}: \`anneal models\` lists what there is`);
  const row = await tx
    .selectFrom('aliases')
    .select('version')
    .where('name', '=', name)
    .where('alias', '=', alias)
    .executeTakeFirst();
  const from = row?.version ?? null;
  if (from === to) return { from, moved: false };
  await refuseFrozen(tx, name);
  if (wanted.expect !== undefined && from !== wanted.expect) {
    const said = (version: number | null): string => (version === null ? 'nothing' : `v${version}`);
    throw terminal(
      'AliasMoved',
      `${name}@${alias} points to ${said(from)}, not to ${said(wanted.expect)} that was expected: look again, then decide`,
      { from },
    );
  }
  await tx
    .insertInto('aliases')
    .values({ name, alias, version: to, updated_at: now() })
    .onConflict((conflict) => conflict.columns(['name', 'alias']).doUpdateSet({ version: to, updated_at: now() }))
    .execute();
  await audit(tx, {
    actor: wanted.actor,
    action: wanted.action,
    name,
    alias,
    from,
    to,
    why: wanted.why,
    runId: wanted.runId ?? null,
  });
  return { from, moved: true };
}

/** The version an alias points to. */
export async function versionAt(ledger: Ledger, name: string, alias: string): Promise<Version | undefined> {
  return ledger
    .selectFrom('aliases')
    .innerJoin('versions', (join) =>
      join.onRef('versions.name', '=', 'aliases.name').onRef('versions.version', '=', 'aliases.version'),
    )
    .selectAll('versions')
    .where('aliases.name', '=', name)
    .where('aliases.alias', '=', alias)
    .executeTakeFirst();
}

export async function versionByNumber(ledger: Ledger, name: string, version: number): Promise<Version | undefined> {
  return ledger
    .selectFrom('versions')
    .selectAll()
    .where('name', '=', name)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** Names (`support-triage@v3`, `support-triage@champion`) that point to a model. */
export async function namesOf(ledger: Ledger, digest: string): Promise<string[]> {
  const versions = await ledger
    .selectFrom('versions')
    .select(['name', 'version'])
    .where('digest', '=', digest)
    .orderBy('version')
    .execute();
  const names: string[] = [];
  for (const { name, version } of versions) {
    names.push(`${name}@v${version}`);
    const aliases = await ledger
      .selectFrom('aliases')
      .select('alias')
      .where('name', '=', name)
      .where('version', '=', version)
      .orderBy('alias')
      .execute();
    names.push(...aliases.map(({ alias }) => `${name}@${alias}`));
  }
  return names;
}

export interface ModelLine {
  name: string;
  versions: { version: number; digest: string; aliases: string[]; runId: string; verdict: string; createdAt: string }[];
}

/** Every line of models with its versions, oldest first. */
export async function listModels(ledger: Ledger, name?: string): Promise<ModelLine[]> {
  const versions = await ledger
    .selectFrom('versions')
    .selectAll()
    .$if(name !== undefined, (query) => query.where('name', '=', name as string))
    .orderBy('name')
    .orderBy('version')
    .execute();
  const aliases = await ledger.selectFrom('aliases').selectAll().orderBy('alias').execute();
  const lines = new Map<string, ModelLine>();
  for (const row of versions) {
    const line = lines.get(row.name) ?? { name: row.name, versions: [] };
    lines.set(row.name, line);
    line.versions.push({
      version: row.version,
      digest: row.digest,
      aliases: aliases
        .filter((alias) => alias.name === row.name && alias.version === row.version)
        .map(({ alias }) => alias),
      runId: row.run_id,
      verdict: row.verdict,
      createdAt: row.created_at,
    });
  }
  return [...lines.values()];
}

/** The version that a name stands for, by its number or by an alias. */
export async function versionNamed(
  ledger: Ledger,
  { name, version, alias }: NamedVersion,
): Promise<Version | undefined> {
  if (version !== undefined) return versionByNumber(ledger, name, version);
  return alias === undefined ? undefined : versionAt(ledger, name, alias);
}
