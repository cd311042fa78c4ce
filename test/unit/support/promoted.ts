import { enterArtifact } from '../../../artifacts/ledger/artifacts.ts';
import { beginExecution, completeExecution } from '../../../artifacts/ledger/executions.ts';
import { moveAlias, registerVersion } from '../../../artifacts/ledger/models.ts';
import type { Ledger } from '../../../artifacts/ledger/open.ts';
import { openRun } from '../../../artifacts/ledger/runs.ts';
import type { Store } from '../../../artifacts/store.ts';
import type { ArtifactRef } from '../../../configs/refs.ts';
import { artifact, beginning, newRun } from './ledger.ts';

/** A judge of made-up words, entered. */
export async function judgeCalled(shelf: { ledger: Ledger; store: Store }, name: string): Promise<ArtifactRef> {
  const text = JSON.stringify({ kind: 'pointwise', words: { task: name }, model: { model: null } });
  return enterArtifact(shelf.ledger, 'Judge', await shelf.store.putBytes(text), { name, model: `${name}-model` });
}

/** A run whose gate decided on judges, with its registration. */
export async function decidedRun(
  { ledger, store }: { ledger: Ledger; store: Store },
  id: string,
  { judges, verdict = 'promote' }: { judges: Record<string, ArtifactRef>; verdict?: string },
): Promise<{ model: string }> {
  await openRun(ledger, newRun(id));
  const candidate = await artifact(ledger, 'Model', `${id} candidate`);
  const [champion, base, test] = [
    await artifact(ledger, 'Model', 'champion'),
    await artifact(ledger, 'Model', 'base'),
    await artifact(ledger, 'Dataset', 'test'),
  ];
  const text = JSON.stringify({
    verdict,
    candidate: candidate.digest,
    champion: champion.digest,
    test: test.digest,
    judges: Object.fromEntries(Object.entries(judges).map(([name, { digest }]) => [name, digest])),
    run: id,
  });
  const ref = await enterArtifact(ledger, 'GateVerdict', await store.putBytes(text));
  const gate = await beginExecution(ledger, beginning(id, 'gate'));
  await completeExecution(ledger, gate.id, { outputs: { verdict: ref }, metrics: {}, facts: { verdict }, cost: {} });
  const inputs = { model: candidate, base, test, verdict: ref };
  const register = await beginExecution(ledger, beginning(id, 'register', { inputs }));
  const name = 'support-triage';
  const { version } = await registerVersion(ledger, {
    name,
    digest: candidate.digest,
    runId: id,
    executionId: register.id,
    verdict,
    card: (await artifact(ledger, 'ModelCard', id)).digest,
    actor: 'someone',
  });
  const promoted = verdict === 'promote';
  if (promoted)
    await moveAlias(ledger, {
      name,
      alias: 'champion',
      to: version.version,
      actor: 'a',
      action: 'promote',
      why: 'better',
    });
  const model = `${name}@v${version.version}`;
  await completeExecution(ledger, register.id, { outputs: {}, metrics: {}, facts: { model, promoted }, cost: {} });
  return { model };
}
