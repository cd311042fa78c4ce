import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { digestOf, hexOf } from '../../artifacts/canonical.ts';
import { generationPrice, type GivenPrice } from '../../configs/prices.ts';
import { parseMetric } from '../../metrics/registry.ts';
import { readObject } from '../google/storage/put.ts';
import { openAnswers } from '../remote/answers-file.ts';
import { askAll } from '../remote/ask-all.ts';
import { usdOf, type Prompt, type RemoteAsker } from '../remote/asker.ts';
import { inTurn } from '../remote/turn.ts';
import type { Collecting } from './collect.ts';
import { addressOf, asking } from './generator.ts';
import { baseOf, type TuningCheckpoint, type TuningJob } from './job.ts';

/** The checkpoint that answers rows best that were held out of training. */
export interface Choice {
  checkpoint: TuningCheckpoint;
  step: number;
  /** Rows that each checkpoint was asked. */
  rows: number;
  /** 1 minus the mean token F1 of its answers, by step. */
  dev: { step: number; loss: number }[];
  /** What asking cost, in US dollars. */
  usd: number;
}

/** Rows asked of each checkpoint: their interval is about 0.1 wide, and they cost little. */
const MOST_ROWS = 100;
/** Of the rows held out so many bytes are looked at: room for 100 long ones. */
const MOST_BYTES = 32 * 2 ** 20;
const AT_ONCE = 8;
const DECODING = { maxTokens: 512, temperature: 0, topP: 1, seed: 0, stop: [] };

const Turn = z.object({
  role: z.string().optional(),
  // A part of another kind than text makes a row that is not asked.
  parts: z.array(z.strictObject({ text: z.string() })),
});
const DevRow = z.object({ systemInstruction: Turn.optional(), contents: z.array(Turn) });

/** What asking checkpoints costs. @throws TerminalError `UnknownPrice` with the way to give it. */
export function askingPrice(base: string, given: GivenPrice | undefined): RemoteAsker['price'] {
  const { input, output } = generationPrice('tune.price', { model: base, given });
  return { inputPerMillion: input, outputPerMillion: output };
}

/**
 * Where the recipe wants the best checkpoint: each is asked the same rows held out of training, never the test set,
 * and the best answers by token F1 win; of equals the earlier. Undefined: the service's own choice is taken. Answers
 * are kept as they come, so that no worker, and no other run with the same job, asks and pays for them again.
 */
export async function chooseCheckpoint(job: TuningJob, at: Collecting): Promise<Choice | undefined> {
  const { settings, kept, signal } = at;
  const checkpoints = (job.tunedModel?.checkpoints ?? []).filter(({ endpoint }) => endpoint !== undefined);
  const uri = (job.supervisedTuningSpec as { validationDatasetUri?: unknown } | undefined)?.validationDatasetUri;
  if (settings.choose?.checkpoint !== 'best' || checkpoints.length === 0 || typeof uri !== 'string') return undefined;
  const rows = await devRows(uri, at);
  if (rows.length === 0) return undefined;
  const price = askingPrice(baseOf(job), settings.price);
  await mkdir(kept, { recursive: true });
  return inTurn(`${kept}.asking`, signal, async () => {
    const scored: (Scored & { checkpoint: TuningCheckpoint; step: number })[] = [];
    for (const [index, checkpoint] of checkpoints.entries()) {
      const found = await scoreOf(checkpoint.endpoint as string, rows, { ...at, price, base: baseOf(job) });
      scored.push({ checkpoint, step: checkpoint.step ?? index + 1, ...found });
    }
    const best = scored.reduce((first, next) => (next.score > first.score ? next : first));
    return {
      checkpoint: best.checkpoint,
      step: best.step,
      rows: rows.length,
      dev: scored.map(({ step, score }) => ({ step, loss: 1 - score })),
      usd: scored.reduce((sum, { usd }) => sum + usd, 0),
    };
  });
}

interface Scored {
  /** Mean token F1. */
  score: number;
  /** What its answers cost, those of an earlier worker included. */
  usd: number;
}

async function scoreOf(
  endpoint: string,
  rows: readonly DevQuestion[],
  { kept, settings, signal, price, base }: Collecting & { price: RemoteAsker['price']; base: string },
): Promise<Scored> {
  const address = await addressOf({ provider: 'vertex', model: endpoint, base }, settings.google);
  const ask = asking({ ...address, base }, DECODING);
  const answers = openAnswers(join(kept, `${hexOf(digestOf(endpoint)).slice(0, 16)}.jsonl`));
  try {
    const prompts = rows.map(({ prompt }) => prompt);
    const { maxTokens } = DECODING;
    await askAll(prompts, answers, { asker: { ask, price }, maxTokens, lanes: AT_ONCE, signal, progress: () => {} });
    const metric = parseMetric('tokenF1');
    let total = 0;
    for (const { prompt, reference } of rows) {
      const prediction = answers.known.get(prompt.id)?.text ?? null;
      total += (await metric.score({ prediction, references: [reference] })).value ?? 0;
    }
    const usd = [...answers.known.values()].reduce((sum, answer) => sum + usdOf(answer, price), 0);
    return { score: total / rows.length, usd };
  } finally {
    answers.close();
  }
}

interface DevQuestion {
  prompt: Prompt;
  reference: string;
}

async function devRows(uri: string, { settings, project }: Collecting): Promise<DevQuestion[]> {
  const text = await readObject(uri, { project, userProject: settings.google?.userProject }, MOST_BYTES);
  // The last line may be cut; a whole one ends with a line end.
  const lines = text.split('\n').slice(0, -1).slice(0, MOST_ROWS);
  return lines.flatMap((line, index) => {
    const row = DevRow.safeParse(JSON.parse(line));
    const { contents = [], systemInstruction: system } = row.data ?? {};
    const last = contents.at(-1);
    if (last?.role !== 'model') return [];
    const messages = [
      ...(system ? [{ role: 'system', content: textOf(system) }] : []),
      ...contents
        .slice(0, -1)
        .map((turn) => ({ role: turn.role === 'model' ? 'assistant' : 'user', content: textOf(turn) })),
    ];
    return [{ prompt: { id: String(index), messages }, reference: textOf(last) }];
  });
}

const textOf = ({ parts }: z.infer<typeof Turn>): string => parts.map(({ text }) => text).join('');
