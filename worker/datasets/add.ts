import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enterArtifact } from '../../artifacts/ledger/artifacts.ts';
import { registerDataset } from '../../artifacts/ledger/datasets.ts';
import { audit } from '../../artifacts/ledger/audit.ts';
import { terminal } from '../../configs/failure.ts';
import { IntakeTally, takeIn, type IntakeOrder } from '../../data/intake.ts';
import { readLines, writeLines } from '../../data/lines.ts';
import type { DatasetKind } from '../../configs/dataset-kinds.ts';
import type { Row } from '../../data/row.ts';
import { findFiles } from '../../data/sources/find.ts';
import { nameOf } from '../../data/sources/source.ts';
import { farFiles, SHORT_PATIENCE } from '../far.ts';
import { findDataset, type Reading, type Shelf } from './open.ts';

/** A dataset as it was brought in. */
export interface AddedDataset {
  ref: string;
  digest: string;
  kind: DatasetKind;
  rows: number;
  /** Rows that could not be read, and the first few reasons. */
  bad: number;
  notes: string[];
  /** False: the same rows had this version already. */
  isNew: boolean;
}

/** Brings files in as a dataset of its own, under the next version of a name. */
export async function addDataset(
  {
    uris,
    name,
    kind,
    maxBadShare,
    actor,
  }: { uris: readonly string[]; name: string; kind: DatasetKind; maxBadShare: number; actor: string },
  shelf: Shelf,
  reading: Reading,
): Promise<AddedDataset> {
  const { ledger, store } = shelf;
  const files = await findFiles(uris, farFiles(undefined, {}, SHORT_PATIENCE));
  const order: IntakeOrder = {
    uris: [],
    format: reading.format ?? 'auto',
    template: reading.template,
    label: reading.label,
    maxRowBytes: 2 ** 20,
  };
  const namesOf = files.map(nameOf);
  const folder = await mkdtemp(join(tmpdir(), 'anneal-add-'));
  const lines = writeLines(join(folder, 'rows.jsonl'));
  const tally = new IntakeTally(namesOf, order, maxBadShare);
  try {
    for await (const taken of takeIn(order, files)) {
      tally.add(taken);
      for (const row of taken.rows) lines.write(fitting(row, kind, namesOf[row.source] ?? ''));
    }
    lines.close();
    tally.check();
    const sources = [];
    for (const [i, { path, container, far }] of files.entries()) {
      const from = namesOf[i] as string;
      const seen = far ? { generation: far.generation } : {};
      const stored = await store.putFile(path);
      const { digest } = await enterArtifact(ledger, 'Source', stored, { from, container, ...seen });
      sources.push({ digest, from, ...tally.counts[i] });
    }
    const meta = { rows: tally.good, stage: 'added', kind, from: uris.join(', '), sources };
    const { digest } = await enterArtifact(ledger, 'Dataset', await store.putFile(lines.path), meta);
    const { version, isNew } = await registerDataset(ledger, { name, digest, kind, rows: tally.good, actor });
    return { ref: `${name}@v${version}`, digest, kind, rows: tally.good, bad: tally.bad, notes: tally.notes, isNew };
  } finally {
    lines.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rows of a dataset are of its kind. @throws TerminalError `WrongKind` with the line. */
function fitting(row: Row, kind: DatasetKind, file: string): Row {
  const isFit =
    kind === 'preference'
      ? row.chosen !== undefined
      : kind === 'grounding'
        ? row.document !== undefined
        : kind === 'feedback'
          ? row.feedback !== undefined
          : kind === 'prompts'
            ? row.messages.length > 0
            : row.messages.at(-1)?.role === 'assistant' && row.chosen === undefined;
  if (!isFit)
    throw terminal('WrongKind', `${file}:${row.line} is not a row of kind ${kind}: ${WANTED[kind]}`, {
      line: row.line,
    });
  const needsPerson = (kind === 'eval' || kind === 'adversarial') && row.origin && row.origin.confirmedBy === undefined;
  if (needsPerson)
    throw terminal(
      'UnconfirmedTestRows',
      `${file}:${row.line} is synthetic and nobody confirmed it: \`anneal data confirm\` does`,
      {
        line: row.line,
      },
    );
  return row;
}

const CONVERSATION = 'expected a conversation that ends with an answer';
const WANTED: Record<DatasetKind, string> = {
  sft: CONVERSATION,
  eval: CONVERSATION,
  adversarial: CONVERSATION,
  'few-shot': CONVERSATION,
  preference: 'expected a prompt with a chosen and a rejected answer',
  grounding: 'expected a document with a text',
  feedback: 'expected an answer with what a person thought of it',
  prompts: 'expected messages',
};

/** A person says that synthetic rows are right, after which they may be in a test set: a new version, and an audit row. */
export async function confirmDataset(
  what: string,
  { name, kind, why, actor }: { name: string; kind: DatasetKind; why: string; actor: string },
  shelf: Shelf,
): Promise<AddedDataset> {
  const { ledger, store } = shelf;
  const digest = await findDataset(shelf, what);
  if (digest === undefined)
    throw terminal('NoSuchData', `there is no dataset "${what}": \`anneal data list\` shows them`);
  const folder = await mkdtemp(join(tmpdir(), 'anneal-confirm-'));
  const lines = writeLines(join(folder, 'rows.jsonl'));
  try {
    for (const batch of readLines<Row>(await store.path(digest))) {
      for (const row of batch)
        lines.write(row.origin ? { ...row, origin: { ...row.origin, confirmedBy: actor } } : row);
    }
    lines.close();
    const meta = { rows: lines.count, stage: 'confirmed', kind, from: what, confirmedBy: actor, of: digest };
    const made = await enterArtifact(ledger, 'Dataset', await store.putFile(lines.path), meta);
    const registered = await registerDataset(ledger, { name, digest: made.digest, kind, rows: lines.count, actor });
    await audit(ledger, { actor, action: 'confirm-dataset', name, to: registered.version, why });
    const ref = `${name}@v${registered.version}`;
    return { ref, digest: made.digest, kind, rows: lines.count, bad: 0, notes: [], isNew: registered.isNew };
  } finally {
    lines.close();
    await rm(folder, { recursive: true, force: true });
  }
}
