import { expect, test } from 'vitest';
import { makePlace, TINY_RECIPE, until, writeTiny, type RunJson } from '../support/cli.ts';
import type { ApprovalDocument } from '../../cli/commands/approvals.ts';

const place = makePlace();

interface Done {
  run: string;
  approval: string;
  decision: string;
  actor: string;
  evidence: string;
  status: string;
  approved: number;
  quorum: number;
}

test('a run waits for people, is approved by two of them, and is told of at the next command', async () => {
  writeTiny(place);
  const approve = '{ when: always, quorum: 2, role: model-owner, requesterMayApprove: false }';
  place.write(
    'recipe.yaml',
    `${TINY_RECIPE}gate: { minGain: 0 }\napprove: ${approve}\nnotify: [{ to: terminal }, { to: webhook, url: 'http://127.0.0.1:9/', secret: NO_SUCH_SECRET, on: [failed] }]\n`,
  );
  const checked = await place.json<{ notes: string[] }>('check', 'recipe.yaml');
  expect(checked.notes.join('\n')).toContain(
    'notify.1.secret: the environment variable NO_SUCH_SECRET is not set here',
  );
  const started = await place.anneal('run', 'recipe.yaml', '--json');
  expect(started.code, started.stderr).toBe(3);
  const { runId, waiting } = JSON.parse(started.stdout) as RunJson & { waiting: string };
  expect(waiting).toContain(`\`anneal approve ${runId}\``);

  const shown = await place.anneal('approvals');
  // The next command tells of it, and only that one.
  expect(shown.stderr).toContain('tiny waiting: it waits for people to approve tiny');
  expect((await place.anneal('approvals')).stderr).toBe('');
  const listed = await place.json<ApprovalDocument[]>('approvals');
  expect(listed).toMatchObject([
    { run: runId, model: 'tiny', status: 'waiting', quorum: 2, approved: 0, role: 'model-owner' },
  ]);
  const [asked] = listed as [ApprovalDocument];
  for (const part of [
    runId,
    asked.evidence.slice(0, 19),
    asked.parts.model.digest.slice(0, 19),
    '0 of 2',
    'exactMatch',
  ])
    expect(shown.stdout).toContain(part);

  const refused = async (...args: string[]): Promise<[number | null, string]> => {
    const { code, stderr } = await place.anneal(...args);
    return [code, stderr];
  };
  expect(await refused('resume', runId, '--budget', '1')).toEqual([
    2,
    expect.stringContaining('but for people to approve'),
  ]);
  expect(await refused('approve', runId, '--role', 'model-owner')).toEqual([
    2,
    expect.stringContaining('tester started the run, and the recipe wants somebody else to approve it'),
  ]);
  expect(await refused('approve', runId, '--as', 'ann')).toEqual([2, expect.stringContaining('--role model-owner')]);
  expect((await place.anneal('reject', runId, '--as', 'ann')).code).toBe(2);
  expect(await refused('approve', 'no-such-run')).toEqual([
    2,
    expect.stringContaining('there is no run "no-such-run"'),
  ]);

  const prefix = runId.slice(0, -2);
  const first = await place.json<Done>('approve', prefix, '--as', 'ann', '--role', 'model-owner', '--note', 'read all');
  const { id: approval, evidence } = asked;
  const said = { run: runId, approval, decision: 'approve', evidence, quorum: 2 };
  expect(first).toMatchObject({ ...said, actor: 'ann', status: 'waiting', approved: 1 });
  expect(await place.json<Done>('approve', runId, '--as', 'ANN', '--role', 'model-owner')).toMatchObject({
    approved: 1,
  });
  const second = await place.json<Done>('approve', runId, '--as', 'bob', '--role', 'model-owner');
  expect(second).toMatchObject({ ...said, actor: 'bob', status: 'approved', approved: 2 });

  await until('the run ends', async () => {
    const run = await place.json<RunJson>('show', runId);
    return run.status === 'completed' || undefined;
  });
  const models = await place.json<{ name: string; versions: { aliases: string[] }[] }[]>('models');
  expect(JSON.stringify(models)).toContain('champion');
  // The same again is no harm; anything else comes too late.
  const again = await place.anneal('approve', runId, '--as', 'ann', '--json');
  expect([again.code, (JSON.parse(again.stdout) as Done).status]).toEqual([0, 'approved']);
  expect(await refused('reject', runId, '--reason', 'no', '--as', 'cleo')).toEqual([
    2,
    expect.stringContaining('no longer asks for an approval, it was approved'),
  ]);
  expect((await place.json<ApprovalDocument[]>('approvals')).length).toBe(0);
  expect(await place.json<ApprovalDocument[]>('approvals', '--all')).toMatchObject([
    { status: 'approved', decisions: [{ actor: 'ann', note: 'read all' }, { actor: 'bob' }] },
  ]);
}, 240_000);

test('an approval of evidence that changed is refused, and the run compares again', async () => {
  const run = await place.anneal('run', 'recipe.yaml', '--set', 'tune.seed=7', '--json');
  expect(run.code, run.stderr).toBe(3);
  const { runId } = JSON.parse(run.stdout) as RunJson;
  const [asked] = await place.json<ApprovalDocument[]>('approvals');
  expect(asked?.parts.champion?.name).toBe('tiny@v1');
  // A champion that was there before is gone by the time of the answer.
  const third = await place.anneal('run', 'recipe.yaml', '--set', 'tune.seed=8', '--set', 'approve.quorum=1', '--json');
  const other = JSON.parse(third.stdout) as RunJson;
  await place.anneal('approve', other.runId, '--as', 'ann', '--role', 'model-owner');
  const promoted = await until('the other is registered', async () => {
    const shown = await place.json<RunJson>('show', other.runId);
    return shown.status === 'completed' ? shown.model : undefined;
  });
  expect(promoted).toBe('tiny@v2');
  const { code, stderr } = await place.anneal('approve', runId, '--as', 'ann', '--role', 'model-owner');
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('tiny@champion is v2 by now, and the candidate was compared while it was v1'),
  ]);
  const again = await until('it asks again', async () => {
    const [newest] = await place.json<ApprovalDocument[]>('approvals');
    return newest && newest.id !== asked?.id ? newest : undefined;
  });
  expect(again.parts.champion?.name).toBe('tiny@v2');
  const rejected = await place.json<Done>(
    'reject',
    runId,
    '--reason',
    'one is enough',
    '--as',
    'ann',
    '--role',
    'model-owner',
  );
  expect(rejected).toMatchObject({ decision: 'reject', status: 'rejected' });
}, 240_000);
