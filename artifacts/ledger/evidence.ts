import { canonicalJson } from '../../configs/canonical-json.ts';
import type { Refs } from '../../configs/refs.ts';
import { digestOf } from '../canonical.ts';
import type { Store } from '../store.ts';
import { findArtifact } from './artifacts.ts';
import { findRetired } from './judges.ts';
import { versionAt } from './models.ts';
import type { Ledger } from './open.ts';

/** What people are asked about, by the roles of `inputs`: model, base, test, report, verdict, forgetting. */
export interface Asked {
  run: string;
  round: number;
  /** The pipeline, and the name and alias under which it registers. */
  line: string;
  name: string;
  alias: string;
  /** The champion that would be replaced; null: there is none, and the base model was compared. */
  champion: { version: number; digest: string } | null;
  inputs: Refs;
}

/** Everything that a decision rests on, each part by its digest. A decision is bound to the digest of the whole. */
export interface Evidence {
  run: string;
  round: number;
  line: string;
  alias: string;
  model: { name: string; digest: string };
  /** What would be served: the folder, with the base model and the template and tokenizer that belong to it. */
  served: {
    digest: string;
    kind: string | null;
    base: string | null;
    chatTemplateSha256: string | null;
    tokenizerSha256: string | null;
  };
  /** Of the chat template. */
  template: string | null;
  tests: string[];
  /** Of the gate's settings. */
  gate: string;
  verdict: { digest: string; outcome: string };
  /** What the gate measured; in units of the metric. */
  gain: { metric: string; n: number; value: number; lower: number; upper: number; minGain: number } | null;
  report: string;
  forgetting: string | null;
  champion: { name: string; version: number; digest: string } | null;
  /** The model that was compared with: the champion, or the base model. */
  compared: string;
}

/** How evidence stands now. */
export interface EvidenceCheck {
  /** What changed, in one sentence; null: nothing. */
  changed: string | null;
  /** The champion is another: the comparison has to be made again. */
  championMoved: boolean;
}

type Shelf = { ledger: Ledger; store: Pick<Store, 'read' | 'condition'> };

/** As much of a verdict as counts here. */
interface Verdict {
  verdict: string;
  metric: string;
  test: string;
  champion: string;
  n: number;
  gain: number;
  lower: number;
  upper: number;
  minGain: number;
  judges?: Record<string, string>;
  settings?: unknown;
}

/** The digest that a decision is bound to. */
export const digestOfEvidence = (evidence: Evidence): string => digestOf(canonicalJson(evidence));

/** Puts together what a decision would rest on. @throws TerminalError for a verdict that is damaged or missing */
export async function assembleEvidence({ ledger, store }: Shelf, asked: Asked): Promise<Evidence> {
  const { inputs, champion, name } = asked;
  const model = digestIn(inputs, 'model');
  const meta = JSON.parse((await findArtifact(ledger, model))?.meta_json ?? '{}') as Record<string, unknown>;
  const text = (key: string): string | null => (typeof meta[key] === 'string' ? meta[key] : null);
  const verdict = await verdictOf(store, digestIn(inputs, 'verdict'));
  const form = {
    folder: model,
    kind: text('kind'),
    base: text('base'),
    chatTemplateSha256: text('chatTemplateSha256'),
    tokenizerSha256: text('tokenizerSha256'),
  };
  const { folder: _folder, ...served } = form;
  const { metric, n, gain, lower, upper, minGain } = verdict;
  return {
    run: asked.run,
    round: asked.round,
    line: asked.line,
    alias: asked.alias,
    model: { name, digest: model },
    served: { digest: digestOf(canonicalJson(form)), ...served },
    template: form.chatTemplateSha256,
    tests: [...new Set([verdict.test, digestIn(inputs, 'test')])],
    gate: digestOf(canonicalJson(verdict.settings ?? null)),
    verdict: { digest: digestIn(inputs, 'verdict'), outcome: verdict.verdict },
    gain: Number.isFinite(gain) ? { metric, n, value: gain, lower, upper, minGain } : null,
    report: digestIn(inputs, 'report'),
    forgetting: inputs['forgetting']?.digest ?? null,
    champion: champion && { name: `${name}@v${champion.version}`, ...champion },
    compared: verdict.champion,
  };
}

/**
 * Looks whether evidence still holds: everything that it names is in the store and hashes right, the champion is the
 * one that was compared, the line is not frozen, no judge that the verdict rests on was retired, and put together
 * again it is the same.
 */
export async function checkEvidence(shelf: Shelf, evidence: Evidence): Promise<EvidenceCheck> {
  const { ledger } = shelf;
  const moved = await movedChampion(ledger, evidence);
  if (moved !== undefined) return { changed: moved, championMoved: true };
  const changed =
    (await frozenLine(ledger, evidence)) ??
    (await damagedPart(shelf, evidence)) ??
    (await retiredJudge(shelf, evidence)) ??
    (await otherParts(shelf, evidence));
  return { changed: changed ?? null, championMoved: false };
}

async function movedChampion(ledger: Ledger, { model, alias, champion }: Evidence): Promise<string | undefined> {
  const now = await versionAt(ledger, model.name, alias);
  if ((now?.digest ?? null) === (champion?.digest ?? null) && (now?.version ?? null) === (champion?.version ?? null))
    return undefined;
  const said = (version: number | undefined): string => (version === undefined ? 'nothing' : `v${version}`);
  return `${model.name}@${alias} is ${said(now?.version)} by now, and the candidate was compared while it was ${said(champion?.version)}`;
}

async function frozenLine(ledger: Ledger, { line, model }: Evidence): Promise<string | undefined> {
  const frozen = await ledger
    .selectFrom('frozen')
    .selectAll()
    .where('name', 'in', [line, model.name])
    .executeTakeFirst();
  return frozen && `${frozen.name} was frozen by ${frozen.actor} (${frozen.reason})`;
}

async function damagedPart({ store }: Shelf, evidence: Evidence): Promise<string | undefined> {
  const { model, served, verdict, report, forgetting, champion, compared, tests } = evidence;
  const parts: [what: string, digest: string | null | undefined][] = [
    ['the candidate', model.digest],
    ['the verdict', verdict.digest],
    ['the report', report],
    ['the report on forgetting', forgetting],
    ...tests.map((test): [string, string] => ['the test set', test]),
    ['the champion', champion?.digest],
    ['the model that it was compared with', compared],
    ['the base model', served.base],
  ];
  const seen = new Set<string>();
  for (const [what, digest] of parts) {
    if (digest == null || seen.has(digest)) continue;
    seen.add(digest);
    const condition = await store.condition(digest);
    if (condition === 'missing') return `${what} ${digest} is no longer in the store`;
    if (condition === 'corrupt') return `${what} ${digest} is damaged in the store`;
  }
  return undefined;
}

async function retiredJudge({ ledger, store }: Shelf, { verdict }: Evidence): Promise<string | undefined> {
  const { judges = {} } = await verdictOf(store, verdict.digest);
  for (const [name, digest] of Object.entries(judges)) {
    const retired = await findRetired(ledger, digest);
    if (retired)
      return `the judge ${name}, on which the verdict rests, was retired by ${retired.actor} (${retired.why})`;
  }
  return undefined;
}

async function otherParts(shelf: Shelf, evidence: Evidence): Promise<string | undefined> {
  const { run, round, line, alias, model, report, forgetting, champion, tests, verdict } = evidence;
  const again = await assembleEvidence(shelf, {
    run,
    round,
    line,
    alias,
    name: model.name,
    champion: champion && { version: champion.version, digest: champion.digest },
    inputs: {
      model: { digest: model.digest, type: 'Model' },
      test: { digest: tests.at(-1) ?? '', type: 'Dataset' },
      report: { digest: report, type: 'EvalReport' },
      verdict: { digest: verdict.digest, type: 'GateVerdict' },
      ...(forgetting === null ? {} : { forgetting: { digest: forgetting, type: 'ForgettingReport' } }),
    },
  });
  const differing = (Object.keys(evidence) as (keyof Evidence)[]).filter(
    (part) => canonicalJson(again[part]) !== canonicalJson(evidence[part]),
  );
  return differing.length === 0 ? undefined : `what the ledger notes of it is another by now: ${differing.join(', ')}`;
}

const verdictOf = async (store: Pick<Store, 'read'>, digest: string): Promise<Verdict> =>
  JSON.parse((await store.read(digest)).toString('utf8')) as Verdict;

function digestIn(inputs: Refs, role: string): string {
  const found = inputs[role];
  if (!found) throw new Error(`a decision needs the ${role}`);
  return found.digest;
}
