import { resolve } from 'node:path';
import { nearest } from '../../../configs/nearest.ts';
import { isFarUri } from '../../../configs/source-paths.ts';
import { addDataset, confirmDataset, type AddedDataset } from '../../../worker/datasets/add.ts';
import { DATASET_KINDS, type DatasetKind } from '../../../configs/dataset-kinds.ts';
import { UsageError } from '../../command.ts';
import { noteText, print, printJson, shortDigest } from '../../output.ts';
import { makeShelf, needShelf, readingOf, type ReadingFlags } from '../../shelf.ts';
import { actor } from '../../state.ts';

interface Flags extends ReadingFlags {
  name: string;
  kind: string;
  maxBadShare?: string;
  json: boolean;
}

export async function add(flags: Flags, ...files: string[]): Promise<void> {
  const kind = kindNamed(flags.kind);
  const maxBadShare = flags.maxBadShare === undefined ? 0 : Number(flags.maxBadShare);
  if (!(maxBadShare >= 0 && maxBadShare <= 1))
    throw new UsageError(`--max-bad-share: expected a number from 0 to 1, found "${flags.maxBadShare}"`);
  if (files.length === 0) throw new UsageError('expected at least one file, glob or folder');
  const order = {
    uris: files.map((file) => (isFarUri(file) ? file : resolve(file))),
    name: nameOf(flags.name),
    kind,
    maxBadShare,
    actor: actor(),
  };
  const added = await makeShelf((shelf) => addDataset(order, shelf, readingOf(flags)));
  tellOf(added, flags.json);
}

export async function confirm(
  flags: { name: string; kind: string; why: string; json: boolean },
  ref: string,
): Promise<void> {
  const order = { name: nameOf(flags.name), kind: kindNamed(flags.kind), why: flags.why, actor: actor() };
  tellOf(await needShelf((shelf) => confirmDataset(ref, order, shelf)), flags.json);
}

function tellOf(added: AddedDataset, json: boolean): void {
  if (json) return printJson(added);
  const { ref, digest, kind, rows, bad, notes, isNew } = added;
  print(
    `${ref}  ${kind}, ${rows} rows${bad > 0 ? `, ${bad} put aside` : ''}  ${shortDigest(digest)}${isNew ? '' : '  (unchanged)'}`,
  );
  for (const note of notes) print(`  note: ${noteText(note, '  ')}`);
}

function kindNamed(name: string): DatasetKind {
  const found = DATASET_KINDS.find((kind) => kind === name);
  if (found) return found;
  const near = nearest(name, DATASET_KINDS);
  throw new UsageError(
    `there is no kind of dataset "${name}": ${near ? `did you mean "${near}"?` : `the kinds are ${DATASET_KINDS.join(', ')}`}`,
  );
}

function nameOf(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return name;
  throw new UsageError(
    `--name: expected lower-case letters, digits, ".", "_" and "-", at most 63 characters, found "${name}"`,
  );
}
