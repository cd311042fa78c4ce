import { z } from 'zod';
import { generationPrice } from '../../configs/prices.ts';
import { parseMetric } from '../../metrics/registry.ts';
import { googleFetch } from '../google/rest.ts';
import { readObject } from '../google/storage/put.ts';
import type { Collecting } from './collect.ts';
import type { TuningCheckpoint, TuningJob } from './job.ts';

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
const AT_ONCE = 8;
const ANSWER_TOKENS = 512;

const DevRow = z.looseObject({
  systemInstruction: z.unknown().optional(),
  contents: z.array(
    z.looseObject({ role: z.string().optional(), parts: z.array(z.looseObject({ text: z.string().optional() })) }),
  ),
});
const Answer = z.looseObject({
  candidates: z
    .array(
      z.looseObject({
        content: z
          .looseObject({ parts: z.array(z.looseObject({ text: z.string().optional() })).optional() })
          .optional(),
      }),
    )
    .optional(),
  usageMetadata: z
    .looseObject({ promptTokenCount: z.number().optional(), candidatesTokenCount: z.number().optional() })
    .optional(),
});

/**
 * Where the recipe wants the best checkpoint: each is asked the same rows held out of training, never the test set,
 * and the best answers by token F1 win; of equals the earlier. Undefined: the service's own choice is taken.
 */
export async function chooseCheckpoint(job: TuningJob, at: Collecting): Promise<Choice | undefined> {
  const { settings } = at;
  const checkpoints = (job.tunedModel?.checkpoints ?? []).filter(({ endpoint }) => endpoint !== undefined);
  const uri = (job.supervisedTuningSpec as { validationDatasetUri?: unknown } | undefined)?.validationDatasetUri;
  if (settings.choose?.checkpoint !== 'best' || checkpoints.length === 0 || typeof uri !== 'string') return undefined;
  const rows = await devRows(uri, at);
  const price = generationPrice('tune', { model: baseName(job), given: settings.price });
  const tokens = { prompt: 0, answer: 0 };
  const metric = parseMetric('tokenF1');
  const scored: { checkpoint: TuningCheckpoint; step: number; score: number }[] = [];
  for (const [index, checkpoint] of checkpoints.entries()) {
    const scores: number[] = [];
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      const batch = rows.slice(from, from + AT_ONCE);
      const answers = await Promise.all(batch.map((row) => ask(checkpoint.endpoint as string, row, at, tokens)));
      for (const [i, answer] of answers.entries()) {
        const { value } = await metric.score({ prediction: answer, references: [batch[i]?.reference ?? ''] });
        scores.push(value ?? 0);
      }
    }
    const score = scores.reduce((sum, value) => sum + value, 0) / Math.max(1, scores.length);
    scored.push({ checkpoint, step: checkpoint.step ?? index + 1, score });
  }
  const best = scored.reduce((first, next) => (next.score > first.score ? next : first));
  return {
    checkpoint: best.checkpoint,
    step: best.step,
    rows: rows.length,
    dev: scored.map(({ step, score }) => ({ step, loss: 1 - score })),
    usd: (tokens.prompt * price.input + tokens.answer * price.output) / 1e6,
  };
}

interface DevQuestion {
  contents: unknown[];
  system: unknown;
  reference: string;
}

async function devRows(uri: string, { settings, project }: Collecting): Promise<DevQuestion[]> {
  const text = await readObject(uri, { project, userProject: settings.google?.userProject });
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .slice(0, MOST_ROWS);
  return lines.flatMap((line) => {
    const { contents, systemInstruction } = DevRow.parse(JSON.parse(line));
    const last = contents.at(-1);
    if (last?.role !== 'model') return [];
    const reference = last.parts.map((part) => part.text ?? '').join('');
    return [{ contents: contents.slice(0, -1), system: systemInstruction, reference }];
  });
}

async function ask(
  endpoint: string,
  { contents, system }: DevQuestion,
  { address, signal }: Collecting,
  tokens: { prompt: number; answer: number },
): Promise<string | null> {
  const reply = await googleFetch({
    url: address(`${endpoint}:generateContent`),
    body: {
      contents,
      ...(system === undefined ? {} : { systemInstruction: system }),
      generationConfig: { temperature: 0, maxOutputTokens: ANSWER_TOKENS },
    },
    signal,
    isRead: true,
    reply: Answer,
  });
  tokens.prompt += reply.usageMetadata?.promptTokenCount ?? 0;
  tokens.answer += reply.usageMetadata?.candidatesTokenCount ?? 0;
  const parts = reply.candidates?.[0]?.content?.parts;
  return parts ? parts.map(({ text }) => text ?? '').join('') : null;
}

const baseName = (job: TuningJob): string => String((job as { baseModel?: unknown }).baseModel ?? '');
