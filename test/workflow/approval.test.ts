import { randomUUID } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { notifierKinds } from '../../adapters/notify/kinds.ts';
import type { Notifier } from '../../adapters/contracts.ts';
import { approvalsOfRun, listApprovals, type Approval } from '../../artifacts/ledger/approvals.ts';
import { digestOfEvidence, type Evidence } from '../../artifacts/ledger/evidence.ts';
import { freeze } from '../../artifacts/ledger/frozen.ts';
import { listAudit } from '../../artifacts/ledger/audit.ts';
import { listModels, moveAlias } from '../../artifacts/ledger/models.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { Approve } from '../../configs/approve.ts';
import { Gate } from '../../configs/gate.ts';
import { Notify } from '../../configs/notify.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { decideApprovalUpdate, doubtEvidenceSignal, type DecisionTaken } from '../../workflows/approval.ts';
import type { Decision } from '../../workflows/decision-rules.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

const terminal = (): Notifier => notifierKinds(bench.ledger).terminal({ to: 'terminal', on: ['waiting'], skips: 1 });
const bench = makeBench({ notifiers: { terminal } });
const { world } = bench;

beforeEach(() => void Object.assign(world, calmWorld()));

/** Rows on which neither side is proved. */
const unclear = (model: 'base' | number, row: number): boolean =>
  model === 'base' ? row % 2 === 0 : row % 2 === 1 || row < 6;

async function recipe(
  name: string,
  approve: object = {},
  changed: Partial<Recipe> & { seed?: number } = {},
): Promise<Recipe> {
  const { seed, ...rest } = changed;
  const made = await fakeRecipe(bench.folder, name, seed === undefined ? {} : { seed });
  return { ...made, approve: Approve.parse(approve), ...rest };
}

/** The approval that a run waits for. */
async function asks(id: string, not?: string): Promise<Approval> {
  for (let tries = 0; tries < 800; tries += 1) {
    const [newest] = await approvalsOfRun(bench.ledger, id);
    const run = await findRun(bench.ledger, id);
    if (newest?.status === 'waiting' && newest.id !== not && run?.waiting?.includes('anneal approve')) return newest;
    if (run?.status === 'failed') throw new Error(`it failed: ${run.error_json}`);
    await sleep(25);
  }
  throw new Error('it asks nobody');
}

type Handle = Awaited<ReturnType<typeof bench.start>>['handle'];

/** What a decision led to, or why it was refused. */
const decide = (handle: Handle, approval: Approval, given: Partial<Decision>): Promise<DecisionTaken | string> =>
  handle
    .executeUpdate(decideApprovalUpdate, {
      args: [{ approval: approval.id, evidence: approval.evidence, decision: 'approve', actor: 'ann', ...given }],
      updateId: randomUUID(),
    })
    .catch((error: Error) => (error.cause as Error | undefined)?.message ?? error.message);

const champion = async (name: string): Promise<number | undefined> =>
  (await listModels(bench.ledger, name))[0]?.versions.find(({ aliases }) => aliases.includes('champion'))?.version;

const audited = async (name: string): Promise<string[]> =>
  (await listAudit(bench.ledger, name)).toReversed().map(({ action, actor, why }) => `${action} by ${actor}: ${why}`);

const steps = ({ steps: all }: { steps: { name: string; status: string }[] }): string[] =>
  all.slice(4).map(({ name, status }) => `${name} ${status}`);

describe('a run that people have to approve', () => {
  test('waits, is approved, registers and promotes, and leaves the decision in audit, card and run', async () => {
    world.right = unclear;
    const { id, handle } = await bench.start(await recipe('approved', { when: 'always' }));
    const asked = await asks(id);
    const evidence = JSON.parse(asked.evidence_json) as Evidence;
    expect(digestOfEvidence(evidence)).toBe(asked.evidence);
    expect(evidence).toMatchObject({
      run: id,
      line: 'approved',
      model: { name: 'approved' },
      served: { kind: 'adapter', chatTemplateSha256: '0'.repeat(64), tokenizerSha256: '0'.repeat(64) },
      template: '0'.repeat(64),
      verdict: { outcome: 'inconclusive' },
      gain: { metric: 'exactMatch', n: 60 },
      champion: null,
      forgetting: null,
    });
    const document = await bench.document(id);
    const outputs = Object.assign({}, ...document.steps.map((step) => step.outputs)) as Record<string, string>;
    expect(evidence).toMatchObject({
      model: { digest: outputs['model'] },
      report: outputs['report'],
      verdict: { digest: outputs['verdict'] },
      compared: outputs['base'],
      tests: [outputs['test']],
    });
    expect(outputs['request']).toBe(asked.evidence);
    expect(document.waiting).toMatch(
      /^people to approve approved \(verdict inconclusive\), 0 of 1 so far, until .* UTC: `anneal approve /,
    );
    expect(await listApprovals(bench.ledger, { all: false })).toHaveLength(1);
    expect(await decide(handle, asked, { note: 'read twenty answers' })).toEqual({
      status: 'approved',
      approved: 1,
      quorum: 1,
      why: 'approved by ann ("read twenty answers")',
    });
    // The verdict stays what the gate said.
    expect(await handle.result()).toEqual({ verdict: 'inconclusive', model: 'approved@v1' });
    expect(await champion('approved')).toBe(1);
    const run = await bench.document(id);
    expect(steps(run)).toEqual(['gate completed', 'approval completed', 'register completed']);
    expect(run.waiting).toBeUndefined();
    expect((await findRun(bench.ledger, id))?.reason).toBe('approved by ann ("read twenty answers")');
    const register = run.steps.at(-1);
    expect(register?.facts).toMatchObject({ promoted: true, people: 'approved ann' });
    const store = createFileStore(join(bench.folder, 'store'));
    expect((await store.read(register?.outputs['card'] ?? '')).toString()).toContain(
      `- People: approved. approved by ann ("read twenty answers") (approval \`${id}/approval\`).`,
    );
    expect((await audited('approved')).map((line) => line.replace(/(until|evidence) \S+/, '$1 …'))).toEqual([
      'ask-approval by tester: verdict inconclusive: one person to approve until …',
      'approve by ann: read twenty answers; evidence …',
      'approved by ann: approved by ann ("read twenty answers")',
      'version by tester: verdict inconclusive',
      expect.stringMatching(
        /^promote by tester: approved by ann \("read twenty answers"\)\. Gate: inconclusive\. Of 60/,
      ),
    ]);
    expect(await listApprovals(bench.ledger, { all: false })).toEqual([]);
  });

  test('is rejected by one person, and registers without promotion', async () => {
    const { id, handle } = await bench.start(await recipe('rejected', { quorum: 2 }));
    const asked = await asks(id);
    expect(await decide(handle, asked, { actor: 'bob' })).toMatchObject({ status: 'waiting', approved: 1, quorum: 2 });
    expect((await asks(id)).decisions).toHaveLength(1);
    expect(await decide(handle, asked, { decision: 'reject', note: ' ' })).toBe('expected a reason for rejecting it');
    expect(await decide(handle, asked, { decision: 'reject', note: 'worse on refunds' })).toMatchObject({
      status: 'rejected',
      why: 'ann rejected it: worse on refunds',
    });
    expect(await handle.result()).toEqual({ verdict: 'promote', model: 'rejected@v1' });
    expect(await champion('rejected')).toBeUndefined();
  });

  test('takes a quorum of different people, each answer once', async () => {
    const { id, handle } = await bench.start(await recipe('quorum', { quorum: 2 }));
    const asked = await asks(id);
    expect(await decide(handle, asked, { actor: 'Ann' })).toMatchObject({ status: 'waiting', approved: 1 });
    // The same answer again is no second one, however the name is typed.
    expect(await decide(handle, asked, { actor: ' ann' })).toMatchObject({ status: 'waiting', approved: 1 });
    expect(await decide(handle, asked, { decision: 'reject', note: 'after all not' })).toBe(
      'Ann has said approve already, and what was said stays',
    );
    expect(await decide(handle, asked, { actor: 'bob' })).toMatchObject({ status: 'approved', approved: 2 });
    await handle.result();
    expect((await approvalsOfRun(bench.ledger, id))[0]?.decisions.map(({ actor }) => actor)).toEqual(['Ann', 'bob']);
    expect(await champion('quorum')).toBe(1);
  });

  test('refuses who started it, who has not the role, other evidence, and malformed decisions', async () => {
    const rules = { requesterMayApprove: false, role: 'model-owner' };
    const { id, handle } = await bench.start(await recipe('refused', rules));
    const asked = await asks(id);
    const roles = ['model-owner'];
    expect([
      await decide(handle, asked, { actor: 'Tester', roles }),
      await decide(handle, asked, { roles: ['other'] }),
      await decide(handle, asked, { roles, evidence: `sha256:${'1'.repeat(64)}` }),
      await decide(handle, asked, { roles, approval: `${id}/approval#9` }),
      await decide(handle, asked, { roles, actor: 'two\nlines' }),
      await decide(handle, asked, { roles, actor: '' }),
      await decide(handle, asked, { roles, decision: 'maybe' as 'approve' }),
      await decide(handle, asked, { roles, note: 'x'.repeat(3000) }),
    ]).toEqual([
      'Tester started the run, and the recipe wants somebody else to approve it',
      'this takes the role model-owner: say it with --role model-owner or in ANNEAL_ROLES, if you have it',
      'the evidence changed since you saw it: look again',
      'the run does not wait for this approval: it went on, or asked again; look again',
      'expected a name of 1 to 200 characters on one line',
      'expected a name of 1 to 200 characters on one line',
      'expected approve or reject',
      'expected a note of at most 2000 characters',
    ]);
    expect((await approvalsOfRun(bench.ledger, id))[0]?.decisions).toEqual([]);
    expect(await decide(handle, asked, { roles })).toMatchObject({ status: 'approved' });
    await handle.result();
    expect((await approvalsOfRun(bench.ledger, id))[0]?.decisions).toMatchObject([
      { actor: 'ann', role: 'model-owner' },
    ]);
  });

  test('lets only those decide whom the recipe names', async () => {
    const { id, handle } = await bench.start(
      await recipe('members', { role: 'model-owner', members: ['Bob', 'cleo'] }),
    );
    const asked = await asks(id);
    expect(await decide(handle, asked, { roles: ['model-owner'] })).toBe(
      'ann is not among those who decide as model-owner: Bob, cleo',
    );
    expect(await decide(handle, asked, { actor: 'bob' })).toMatchObject({ status: 'approved' });
    await handle.result();
  });

  test('goes on after the workers were started anew, and takes what comes then', async () => {
    const { id, handle } = await bench.start(await recipe('restarted', { quorum: 2 }));
    const asked = await asks(id);
    expect(await decide(handle, asked, { actor: 'bob' })).toMatchObject({ approved: 1 });
    await bench.restart();
    expect(await decide(handle, asked, { actor: 'bob' })).toMatchObject({ status: 'waiting', approved: 1 });
    expect(await decide(handle, asked, { actor: 'ann' })).toMatchObject({ status: 'approved', approved: 2 });
    expect(await handle.result()).toEqual({ verdict: 'promote', model: 'restarted@v1' });
    expect((await audited('restarted')).filter((line) => line.startsWith('approve by'))).toHaveLength(2);
  });

  test('that is cancelled meanwhile leaves no approval open', async () => {
    const { id, handle } = await bench.start(await recipe('cancelled'));
    await asks(id);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(/cancel/i);
    expect(await approvalsOfRun(bench.ledger, id)).toMatchObject([{ status: 'voided', why: 'the run was cancelled' }]);
    expect(await listApprovals(bench.ledger, { all: false })).toEqual([]);
  });
});

describe('evidence that changes while people think', () => {
  test('by another champion voids the approval, and the candidate is compared and asked about again', async () => {
    world.right = (model, row) => (model === 1 ? row % 4 === 0 : model === 2 ? row % 2 === 0 : model === 3);
    const line = async (seed: number): Promise<Recipe> => fakeRecipe(bench.folder, 'moved', { seed });
    await bench.run(await line(1));
    await bench.run(await line(2));
    const { id, handle } = await bench.start({ ...(await line(3)), approve: Approve.parse({}) });
    const asked = await asks(id);
    expect(JSON.parse(asked.evidence_json)).toMatchObject({ champion: { name: 'moved@v2', version: 2 } });
    const move = { name: 'moved', alias: 'champion', to: 1, actor: 'other', action: 'promote', why: 'test' } as const;
    await moveAlias(bench.ledger, move);
    const why =
      'the evidence changed after it was asked about: moved@champion is v1 by now, and the candidate was compared while it was v2';
    expect(await decide(handle, asked, {})).toEqual({ status: 'voided', approved: 1, quorum: 1, why });
    const again = await asks(id, asked.id);
    expect(again.id).toBe(`${id}/approval#2`);
    expect(JSON.parse(again.evidence_json)).toMatchObject({ champion: { name: 'moved@v1', version: 1 } });
    // What was said of the first does not count for the second.
    expect(await decide(handle, asked, { actor: 'bob' })).toBe(`it is too late: it was voided already (${why})`);
    expect(await decide(handle, { ...asked, id: again.id }, {})).toBe(
      'the evidence changed since you saw it: look again',
    );
    expect(await decide(handle, again, {})).toMatchObject({ status: 'approved' });
    expect(await handle.result()).toEqual({ verdict: 'promote', model: 'moved@v3' });
    expect(await champion('moved')).toBe(3);
    expect(steps(await bench.document(id)).slice(-4)).toEqual([
      'evaluate#2 completed',
      'gate#2 completed',
      'approval#2 completed',
      'register#2 completed',
    ]);
  });

  test('by a damaged candidate voids the approval, and the champion stays', async () => {
    const { id, handle } = await bench.start(await recipe('damaged'));
    const asked = await asks(id);
    const { model } = JSON.parse(asked.evidence_json) as Evidence;
    const store = createFileStore(join(bench.folder, 'store'));
    const [member = ''] = await store.members(model.digest);
    const file = join(bench.folder, 'store', 'blobs', member.slice(7, 9), member.slice(9));
    const before = await readFile(file);
    await chmod(file, 0o644);
    await writeFile(file, 'damaged');
    const why = `the evidence changed after it was asked about: the candidate ${model.digest} is damaged in the store`;
    expect(await decide(handle, asked, {})).toMatchObject({ status: 'voided', why });
    await writeFile(file, before);
    expect(await handle.result()).toEqual({ verdict: 'promote', model: 'damaged@v1' });
    expect(await champion('damaged')).toBeUndefined();
    expect((await findRun(bench.ledger, id))?.reason).toBe(why);
  });

  test('by a line that was frozen voids the approval as soon as somebody says so', async () => {
    const { id, handle } = await bench.start(await recipe('iced'));
    const asked = await asks(id);
    await handle.signal(doubtEvidenceSignal, { approval: asked.id });
    await sleep(300);
    expect((await asks(id)).id).toBe(asked.id);
    await freeze(bench.ledger, { name: 'iced', reason: 'an incident', actor: 'ops' });
    await handle.signal(doubtEvidenceSignal, { approval: asked.id });
    expect(await handle.result()).toEqual({ verdict: 'promote', model: 'iced@v1' });
    expect(await approvalsOfRun(bench.ledger, id)).toMatchObject([
      { status: 'voided', why: 'the evidence changed after it was asked about: iced was frozen by ops (an incident)' },
    ]);
    expect(await champion('iced')).toBeUndefined();
  });
});

describe('an approval that nobody gives', () => {
  test('expires, and the champion stays; what comes later is refused', async () => {
    const { id, handle } = await bench.start(await recipe('expired', { expiresIn: '2s', quorum: 2 }));
    const asked = await asks(id);
    await decide(handle, asked, {});
    expect(await handle.result()).toEqual({ verdict: 'promote', model: 'expired@v1' });
    expect(await champion('expired')).toBeUndefined();
    expect(await approvalsOfRun(bench.ledger, id)).toMatchObject([
      { status: 'expired', why: '1 of 2 approved within 2s, and the champion stays' },
    ]);
    expect(await decide(handle, asked, { actor: 'bob' })).toMatch(/completed|not found/i);
  });

  test('is promoted then where the recipe says so and the gate said promote', async () => {
    const rules = { expiresIn: '1s', onExpiry: 'promote' };
    const { handle } = await bench.start(await recipe('default-yes', rules));
    expect(await handle.result()).toEqual({ verdict: 'promote', model: 'default-yes@v1' });
    expect(await champion('default-yes')).toBe(1);
    world.right = unclear;
    const second = await bench.start(await recipe('default-no', rules));
    expect((await second.handle.result()).verdict).toBe('inconclusive');
    expect(await champion('default-no')).toBeUndefined();
  });

  test('is reminded of, warned about, and told of at the end', async () => {
    const notify = Notify.parse([{ to: 'terminal' }]);
    const { id, handle } = await bench.start(
      await recipe('reminded', { expiresIn: '12s', remindAfter: '5s' }, { notify }),
    );
    await handle.result();
    const told = async (): Promise<string[]> => {
      const rows = await bench.ledger
        .selectFrom('notices')
        .selectAll()
        .where('run_id', '=', id)
        .orderBy('at')
        .execute();
      return rows.map(({ kind, message }) => `${kind}: ${message.replace(/until .* UTC/, 'until …')}`);
    };
    for (let tries = 0; tries < 100 && (await told()).length < 5; tries += 1) await sleep(50);
    const waits = 'it waits for people to approve reminded (verdict promote), 0 of 1 so far, until …';
    expect(await told()).toEqual([
      `waiting: ${waits}`,
      `waiting: ${waits}`,
      `waiting: ${waits}`,
      `expiring: the time is nearly up: ${waits}`,
      'rejected: reminded@v1 was not promoted: the gate says promote; 0 of 1 approved within 12s, and the champion stays',
    ]);
  });
});

describe('which verdicts are put to people', () => {
  const isAsked = async (name: string, approve: object, changed: Partial<Recipe> = {}): Promise<boolean> => {
    const { handle, id } = await bench.start(await recipe(name, { expiresIn: '1s', ...approve }, changed));
    await handle.result();
    return (await approvalsOfRun(bench.ledger, id)).length > 0;
  };

  test('always: promote and inconclusive, not reject', async () => {
    expect(await isAsked('always-promote', { when: 'always' })).toBe(true);
    world.right = (model) => model === 'base';
    expect(await isAsked('always-reject', { when: 'always' })).toBe(false);
  });

  test('inconclusive: that one alone', async () => {
    expect(await isAsked('only-promote', { when: 'inconclusive' })).toBe(false);
    expect(await champion('only-promote')).toBe(1);
    world.right = unclear;
    expect(await isAsked('only-inconclusive', { when: 'inconclusive' })).toBe(true);
  });

  test('guards: where they alone stand against a proved gain', async () => {
    const gate = Gate.parse({ floors: [{ metric: 'exactMatch', atLeast: 0.999 }] });
    expect(await isAsked('guards-held', { when: 'guards' }, { gate })).toBe(true);
    expect(await isAsked('guards-none', { when: 'guards' })).toBe(false);
    world.right = unclear;
    expect(await isAsked('guards-unproved', { when: 'guards' }, { gate })).toBe(false);
  });

  test('guards: what people approve is promoted against the gate', async () => {
    const gate = Gate.parse({ floors: [{ metric: 'exactMatch', atLeast: 0.999 }] });
    const { id, handle } = await bench.start(await recipe('overruled', { when: 'guards' }, { gate }));
    const asked = await asks(id);
    expect(await decide(handle, asked, { note: 'known rows' })).toMatchObject({ status: 'approved' });
    const { verdict } = await handle.result();
    expect(verdict).not.toBe('promote');
    expect(await champion('overruled')).toBe(1);
  });
});
