import { terminal } from '../../configs/failure.ts';
import type { Condition } from '../store.ts';
import { listAudit, type Audit } from './audit.ts';
import { moveAlias, versionAt, versionByNumber, type AliasMove } from './models.ts';
import type { Ledger } from './open.ts';

/** An earlier champion that was passed over, and why. */
export interface Skipped {
  version: number;
  why: string;
}

/** An earlier champion; `blemish`: why it is no place to go back to. */
export interface Ancestor {
  version: number;
  blemish?: string;
}

/**
 * Versions that an alias pointed to before its present one, newest first, each once. One that was rolled back from,
 * or whose promotion was re-opened, has a blemish until somebody or a gate gives it the alias again.
 *
 * @param trail Audit of the line, newest first.
 */
export function earlierChampions(trail: readonly Audit[], alias: string, present: number): Ancestor[] {
  const seen = new Set([present]);
  const found: Ancestor[] = [];
  for (const { from_version: version } of trail.filter((row) => row.alias === alias)) {
    if (version === null || seen.has(version)) continue;
    seen.add(version);
    const blemish = blemishOf(trail, version, alias);
    found.push({ version, ...(blemish === undefined ? {} : { blemish }) });
  }
  return found;
}

/** Why a version is not clean: what was held against it since it was last given the alias. */
export function blemishOf(trail: readonly Audit[], version: number, alias: string): string | undefined {
  for (const row of trail) {
    if (row.action === 'reopened' && row.to_version === version)
      return `its promotion was re-opened on ${dayOf(row)}: ${row.why}`;
    if (row.alias !== alias) continue;
    if (row.action === 'rollback' && row.from_version === version)
      return `it was rolled back from on ${dayOf(row)} by ${row.actor}: ${row.why}`;
    if (row.to_version === version) return undefined;
  }
  return undefined;
}

const dayOf = ({ at }: Audit): string => at.slice(0, 10);

/** The re-opening that stands against a version, in words; undefined: none. */
export async function reopenedBecause(ledger: Ledger, name: string, version: number): Promise<string | undefined> {
  const trail = await listAudit(ledger, name);
  const last = trail.find(
    ({ action, to_version }) => to_version === version && ['reopened', 'promote', 'rollback'].includes(action),
  );
  return last?.action === 'reopened' ? `its promotion was re-opened on ${dayOf(last)}: ${last.why}` : undefined;
}

/** Says what the store has of a model. */
type Look = (digest: string) => Promise<Condition>;

/**
 * Refuses a version whose model is not whole in the store: it could not be served.
 * @throws TerminalError `DamagedModel`
 */
export async function refuseDamaged(look: Look, { name, version, digest }: Named): Promise<void> {
  const condition = await look(digest);
  if (condition !== 'ok') {
    const said = `its model ${digest} is ${condition === 'missing' ? 'missing from the store' : 'damaged'}`;
    const remedy = 'take another version, or run its recipe again, which makes what is damaged anew';
    throw terminal('DamagedModel', `no alias is pointed at ${name}@v${version}: ${said}; ${remedy}`, { digest });
  }
}

interface Named {
  name: string;
  version: number;
  digest: string;
}

/**
 * Points an alias back: at a named version, or at the newest earlier champion that is clean and whole. Again and
 * again leads back step by step.
 *
 * @throws TerminalError `NoSuchAlias`, `NothingBefore`, `NoSuchVersion`, `DamagedModel`, `AliasMoved`, `Frozen`
 */
export async function rollbackAlias(
  ledger: Ledger,
  look: Look,
  wanted: Pick<AliasMove, 'name' | 'alias' | 'actor' | 'why'> & { to?: number },
): Promise<{ from: number; to: number; moved: boolean; skipped: Skipped[] }> {
  const { name, alias } = wanted;
  const present = await versionAt(ledger, name, alias);
  if (!present) {
    throw terminal('NoSuchAlias', `there is no ${name}@${alias} to roll back: \`anneal models\` lists what there is`);
  }
  const from = present.version;
  const { to, skipped } =
    wanted.to === undefined
      ? await cleanAncestor(ledger, look, { name, alias, from })
      : { to: await wholeVersion(ledger, look, name, wanted.to), skipped: [] };
  const { actor, why } = wanted;
  const { moved } = await moveAlias(ledger, { name, alias, to, expect: from, actor, action: 'rollback', why });
  return { from, to, moved, skipped };
}

async function wholeVersion(ledger: Ledger, look: Look, name: string, version: number): Promise<number> {
  const found = await versionByNumber(ledger, name, version);
  // One that is not there is refused where aliases are moved.
  if (found) await refuseDamaged(look, found);
  return version;
}

async function cleanAncestor(
  ledger: Ledger,
  look: Look,
  { name, alias, from }: { name: string; alias: string; from: number },
): Promise<{ to: number; skipped: Skipped[] }> {
  const skipped: Skipped[] = [];
  for (const { version, blemish } of earlierChampions(await listAudit(ledger, name), alias, from)) {
    const why = blemish ?? (await damageOf(ledger, look, name, version));
    if (why === undefined) return { to: version, skipped };
    skipped.push({ version, why });
  }
  const none = skipped.length === 0 ? 'there was none before' : 'none of the earlier ones is clean';
  const list = skipped.map(({ version, why }) => `v${version}: ${why}`).join('; ');
  throw terminal(
    'NothingBefore',
    `${name}@${alias} is v${from}, and ${none}${list && ` (${list})`}: point it at a version with \`anneal rollback ${name} --to vN\` or \`anneal promote ${name}@vN\``,
    { skipped },
  );
}

async function damageOf(ledger: Ledger, look: Look, name: string, version: number): Promise<string | undefined> {
  const found = await versionByNumber(ledger, name, version);
  const condition = found ? await look(found.digest) : 'missing';
  if (condition === 'ok') return undefined;
  return condition === 'missing' ? 'its model is missing from the store' : 'its model is damaged';
}
