import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../../configs/failure.ts';

/** What a job's program has written so far. It may be another's program: only so much of it is ever read. */

/** One line of progress. */
const ProgressLine = z.object({
  event: z.enum(['start', 'step', 'checkpoint', 'done', 'error']),
  at: z.string().optional(),
  step: z.number().optional(),
  steps: z.number().optional(),
  loss: z.number().nullish(),
  tokensPerSecond: z.number().nullish(),
  etaSeconds: z.number().nullish(),
  resumedFrom: z.number().nullish(),
  type: z.string().optional(),
  message: z.string().optional(),
});
export type ProgressLine = z.infer<typeof ProgressLine>;

/** Most of a log or of progress lines that is read: programs of others may write without end. */
const LOG_BYTES = 64 * 2 ** 10;
const PROGRESS_BYTES = 16 * 2 ** 20;

/** What the program wrote as its result, checked. */
export async function readResult<T>(folder: string, shape: z.ZodType<T>): Promise<T> {
  return shape.parse(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')));
}

/** Events of the program so far; a line torn by a crash is passed over. */
export async function readProgress(folder: string): Promise<ProgressLine[]> {
  const text = await readTail(join(folder, 'progress.jsonl'), PROGRESS_BYTES);
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = ProgressLine.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}

/** Step and loss as reported so far, oldest first. After a crash some steps are done again; the later report counts. */
export async function curveOf(folder: string): Promise<{ step: number; loss: number }[]> {
  const curve = (await readProgress(folder)).flatMap(({ event, step, loss }) =>
    event === 'step' && step !== undefined && loss != null ? [{ step, loss }] : [],
  );
  return [...new Map(curve.map((point) => [point.step, point])).values()].toSorted((x, y) => x.step - y.step);
}

/** The last lines the program printed. */
export async function readLog(folder: string, lines = 40): Promise<string> {
  return (await readTail(join(folder, 'log.txt'), LOG_BYTES)).trimEnd().split('\n').slice(-lines).join('\n');
}

/** The end of a file, or all of it; empty when there is none. */
async function readTail(path: string, most: number): Promise<string> {
  const file = await open(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, most));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A small file; empty when there is none. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return '';
    throw error;
  }
}
