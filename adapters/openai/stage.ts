import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { OpenAiTuning } from '../../configs/tune-openai.ts';
import type { TuneOrder } from '../contracts.ts';
import { startOf } from './check.ts';
import type { Caller } from './client.ts';
import { malformed } from './failures.ts';
import { findFile } from './files.ts';
import { fileName } from './labels.ts';
import { StoredFile } from './replies.ts';
import { devShareOf, formedRows, objectiveOf, placeOf, rowsFile, type Objective, type RowsFile } from './rows.ts';
import type { Server } from './server.ts';
import { epochsOf, passTokens } from './tokens.ts';

/** What a job is ordered with, and what is known of it beside; kept in the ledger. */
export const Staged = z.object({
  /** Body of the request that creates the job, but for its labels. */
  body: z.looseObject({ model: z.string(), training_file: z.string(), suffix: z.string().optional() }),
  base: z.string(),
  /** Rows to train on, and rows held out. */
  rows: z.int(),
  devRows: z.int(),
  /** Rows that the form cannot hold. */
  leftOut: z.int(),
  reasons: z.array(z.string()),
  /** Tokens of the training, guessed, for servers that do not say. */
  tokens: z.number(),
});
export type Staged = z.infer<typeof Staged>;

/** Files above this many bytes are sent as a stream, which some servers take less well than a body of known length. */
const STREAM_ABOVE = 32 * 2 ** 20;
/** For an upload, in ms: 512 MB over a slow line. */
const UPLOAD_MS = 60 * 60_000;
const REASONS_KEPT = 20;

/** Writes and uploads the rows of an order; done again, it finds the files of the first time. */
export async function stageOrder(
  { server, call }: { server: Server; call: Caller },
  order: TuneOrder,
  label: string,
  signal: AbortSignal,
): Promise<Staged> {
  const { settings, train } = order;
  const { base, model } = await startOf(server, order);
  const objective = objectiveOf(settings);
  const folder = await mkdtemp(join(tmpdir(), 'anneal-openai-'));
  try {
    const count = await passTokens(base, { exact: false });
    const [learned, held] = [await rowsFile(join(folder, 'train.jsonl')), await rowsFile(join(folder, 'dev.jsonl'))];
    const reasons: string[] = [];
    let [leftOut, tokens] = [0, 0];
    for await (const formed of formedRows(train, { objective, devShare: devShareOf(settings) })) {
      if (typeof formed.value === 'string') {
        leftOut += 1;
        if (reasons.length < REASONS_KEPT) reasons.push(`${placeOf(formed)} ${formed.value}`);
        continue;
      }
      if (!formed.isDev) tokens += count(formed.row);
      await (formed.isDev ? held : learned).add(formed.value);
    }
    const [trainFile, devFile] = [await learned.close(), await held.close()];
    const upload = (file: RowsFile): Promise<string> => stored({ server, call }, file, label, signal);
    const training = await upload(trainFile);
    const validation = devFile.rows === 0 ? undefined : await upload(devFile);
    return {
      body: {
        model,
        training_file: training,
        ...(validation === undefined ? {} : { validation_file: validation }),
        method: methodOf(objective, server.tuning),
        seed: settings.seed,
        ...(server.tuning.suffix === undefined ? {} : { suffix: server.tuning.suffix }),
      },
      base,
      rows: trainFile.rows,
      devRows: devFile.rows,
      leftOut,
      reasons,
      tokens: tokens * epochsOf(server.tuning.epochs, trainFile.rows),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tokens that a training of these rows is billed for. */
export async function billedTokens(server: Server, order: TuneOrder): Promise<number> {
  const { base } = await startOf(server, order);
  const count = await passTokens(base, { exact: true });
  let [tokens, rows] = [0, 0];
  const how = { objective: objectiveOf(order.settings), devShare: devShareOf(order.settings) };
  for await (const { row, value, isDev } of formedRows(order.train, how)) {
    if (isDev || typeof value === 'string') continue;
    rows += 1;
    tokens += count(row);
  }
  return tokens * epochsOf(server.tuning.epochs, rows);
}

function methodOf(objective: Objective, tuning: OpenAiTuning): Record<string, unknown> {
  const { epochs, batchSize, learningRateMultiplier, beta } = tuning;
  const hyperparameters = {
    ...(epochs === undefined ? {} : { n_epochs: epochs }),
    ...(batchSize === undefined ? {} : { batch_size: batchSize }),
    ...(learningRateMultiplier === undefined ? {} : { learning_rate_multiplier: learningRateMultiplier }),
    ...(objective === 'sft' || beta === undefined ? {} : { beta }),
  };
  return objective === 'sft'
    ? { type: 'supervised', supervised: { hyperparameters } }
    : { type: 'dpo', dpo: { hyperparameters } };
}

/** Uploads a file unless the server has it, and says by which id it goes. */
async function stored(
  { server, call }: { server: Server; call: Caller },
  file: RowsFile,
  label: string,
  signal: AbortSignal,
): Promise<string> {
  const name = fileName(label, file.sha256);
  const known = await findFile({ server, call }, { name, bytes: file.bytes }, signal);
  if (known !== undefined) return known;
  const { toStreamingFile } = await import('openai');
  const type = 'application/jsonl';
  const stream = file.bytes > STREAM_ABOVE ? createReadStream(file.path) : undefined;
  const content = stream
    ? toStreamingFile(stream, name, { type })
    : new File([await readFile(file.path)], name, { type });
  let reply: unknown;
  try {
    reply = await call({ what: 'upload' }, signal, (client, options) =>
      client.files.create({ file: content, purpose: 'fine-tune' }, { ...options, timeout: UPLOAD_MS }),
    );
  } finally {
    stream?.destroy();
  }
  const parsed = StoredFile.safeParse(reply);
  if (!parsed.success) throw malformed(server, { what: 'upload' }, 'something that names no uploaded file');
  return parsed.data.id;
}
