import { formatProblem, readRecipe } from '../../../configs/recipe-file.ts';
import { plain } from '../../../configs/plain.ts';
import {
  cancelOrphan,
  findOrphans,
  goesOn,
  type Found,
  type Orphan,
  type Scope,
} from '../../../worker/jobs/orphans.ts';
import { EXIT, UsageError } from '../../command.ts';
import { complain, noteText, print, printJson } from '../../output.ts';
import { withState, type State } from '../../state.ts';

interface Flags {
  cancel: boolean;
  unknown: boolean;
  recipe?: string;
  json: boolean;
}

interface Outcome {
  orphan: Orphan;
  /** Undefined: it was left alone. */
  cancelled?: boolean;
  why?: string | undefined;
}

const WHAT: Record<Orphan['kind'], string> = {
  ended: 'all its runs have ended, and it goes on',
  double: 'a second job of one order',
  unknown: 'not of this state folder: a run of another one may wait for it',
};

/** Finds jobs at vendors that no unfinished run owns. */
export async function orphans(flags: Flags): Promise<number> {
  if (flags.unknown && !flags.cancel) throw new UsageError('--unknown says what --cancel may cancel, too: give both');
  const further = flags.recipe === undefined ? [] : [scopeIn(flags.recipe)];
  return withState(async ({ ledger }) => {
    const found = await findOrphans(ledger, further);
    const outcomes: Outcome[] = [];
    for (const orphan of found.orphans) {
      const outcome = flags.cancel ? await cancelled(ledger, orphan, flags.unknown) : { orphan };
      outcomes.push(outcome);
      if (!flags.json) print(noteText(lineOf(outcome)));
    }
    if (flags.json) printJson(documentOf(found, outcomes));
    else conclude(found, outcomes, flags);
    const isBad = found.problems.length > 0 || outcomes.some(({ cancelled: is }) => is === false);
    return isBad ? EXIT.failed : EXIT.done;
  });
}

function scopeIn(file: string): Scope {
  const { recipe, problems } = readRecipe(file);
  if (!recipe) throw new UsageError(problems.map(formatProblem).join('\n'), problems);
  const { tune, store, google } = recipe;
  return { provider: tune.tuner, settings: { ...tune, store, google } };
}

async function cancelled(ledger: State['ledger'], orphan: Orphan, alsoUnknown: boolean): Promise<Outcome> {
  if (!goesOn(orphan) || (orphan.kind === 'unknown' && !alsoUnknown)) return { orphan };
  const why = await cancelOrphan(ledger, orphan);
  return why === undefined ? { orphan, cancelled: true } : { orphan, cancelled: false, why };
}

function lineOf({ orphan, cancelled: is, why }: Outcome): string {
  const { job, kind } = orphan;
  const { name, vendorState, labels } = job;
  const did = is === undefined ? '' : is ? 'cancelled: ' : 'NOT cancelled: ';
  const end = why === undefined ? '' : ` (${why})`;
  return plain(`${did}${name}, ${vendorState}, of run ${labels['anneal_run'] ?? '?'}: ${WHAT[kind]}${end}`);
}

function conclude({ scopes, problems }: Found, outcomes: readonly Outcome[], { cancel, unknown }: Flags): void {
  const going = outcomes.filter(({ orphan }) => goesOn(orphan));
  const asked = `asked ${scopes.length === 0 ? 'nobody: no job was ever ordered here, and no --recipe is given' : scopes.join(', ')}`;
  print(`${outcomes.length} orphans, ${going.length} of them go on; ${asked}`);
  if (!cancel && going.length > 0)
    print('`anneal jobs orphans --cancel` cancels those of this state folder that go on');
  if (cancel && !unknown && going.some(({ orphan }) => orphan.kind === 'unknown'))
    print('jobs that are not of this state folder were left alone: `--cancel --unknown` cancels them, too');
  for (const { scope, message } of problems) complain(`${scope} could not be asked: ${message}`);
}

function documentOf({ scopes, problems }: Found, outcomes: readonly Outcome[]) {
  return {
    ok: problems.length === 0 && outcomes.every(({ cancelled: is }) => is !== false),
    scopes,
    problems,
    orphans: outcomes.map(({ orphan: { kind, scope, provider, job, row }, cancelled: is, why }) => ({
      kind,
      provider,
      scope,
      name: job.name,
      state: job.state,
      vendorState: job.vendorState,
      key: job.labels['anneal_key'] ?? null,
      try: job.labels['anneal_try'] ?? null,
      run: job.labels['anneal_run'] ?? null,
      line: job.labels['anneal_line'] ?? null,
      job: row?.label ?? null,
      createdAt: job.createdAt ?? null,
      url: job.url ?? null,
      ...(is === undefined ? {} : { cancelled: is }),
      ...(why === undefined ? {} : { why }),
    })),
  };
}
